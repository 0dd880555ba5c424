import type { OptionRow } from './option.ts';

/** RFC 7009 section 2.1 and RFC 7662 section 2.1. */
export const tokenTypeHintOption: OptionRow = {
  name: 'token-type-hint',
  value: 'TYPE',
  group: 'Token',
  summary: 'tell the server what the token is: access_token, refresh_token',
};
