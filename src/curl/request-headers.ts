import { UsageError } from '../errors.ts';
import { HttpHeaders } from '../http/headers.ts';

/**
 * Applies `-H` lines to the headers that are sent anyway, as curl does: `Name: value` replaces or adds,
 * `Name:` takes away, `Name;` sends without a value.
 * @throws UsageError usage; its message never quotes a value
 */
export function applyHeaderLines(defaults: HttpHeaders, lines: readonly string[]): HttpHeaders {
  const given = lines.map(parseLine);
  const named = new Set(given.map(({ name }) => name.toLowerCase()));
  const kept = [...defaults].filter(([name]) => !named.has(name.toLowerCase()));
  const added = given.flatMap(({ name, value }): [string, string][] => (value === undefined ? [] : [[name, value]]));
  return new HttpHeaders([...kept, ...added]);
}

/** Headers that say how a message is framed: a wrong one would make another message of it. */
const connectionHeaders = new Set([
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'upgrade',
  'expect',
]);

function parseLine(line: string): { name: string; value: string | undefined } {
  const [, name, separator, value = ''] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*([:;])(.*)$/s.exec(line) ?? [];
  const rest = value.trim();
  if (name === undefined || (separator === ';' && rest !== '')) {
    throw new UsageError('usage', "--header takes 'Name: value'", { hint: "for example -H 'Accept: text/csv'" });
  }
  // A line feed in a value would begin a header of its own.
  if (/(?!\t)\p{Cc}/u.test(rest))
    throw new UsageError('usage', `the value of header ${name} holds a control character`);
  if (/[\u{100}-\u{10ffff}]/u.test(rest))
    throw new UsageError('usage', `the value of header ${name} holds characters that a header cannot carry`);
  if (name.toLowerCase() === 'authorization') {
    throw new UsageError('usage', 'the Authorization header is ours: it carries the access token', {
      hint: 'a token from elsewhere comes from --token-file FILE',
    });
  }
  if (name.toLowerCase() === 'dpop') {
    throw new UsageError('usage', 'the DPoP header is ours: each request needs a proof of its own', {
      hint: 'for a token that is bound to a key say --dpop, or --dpop-key FILE',
    });
  }
  if (connectionHeaders.has(name.toLowerCase()) && rest !== '') {
    throw new UsageError('usage', `the header ${name} follows from the request and cannot be given`);
  }
  if (separator === ':' && rest === '') return { name, value: undefined };
  return { name, value: rest };
}
