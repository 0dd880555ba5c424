import type { OptionRow } from './option.ts';

export const linesOption: OptionRow = {
  name: 'lines',
  group: 'Token',
  summary: 'many tokens on standard input, one a line; a line of JSON for each',
};

export const cachedOption: OptionRow = {
  name: 'cached',
  group: 'Token',
  summary: 'take the token from the cache; the server is not asked for one',
};

/** RFC 7009 section 2.1 and RFC 7662 section 2.1. */
export const tokenTypeHintOption: OptionRow = {
  name: 'token-type-hint',
  value: 'TYPE',
  group: 'Token',
  summary: 'tell the server what the token is: access_token, refresh_token',
};
