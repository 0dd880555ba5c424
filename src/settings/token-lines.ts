import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';
import type { TypedOptions } from '../options/option.ts';
import { outputFormat } from '../options/output-options.ts';
import type { Settings } from './settings.ts';
import { claimStandardInput } from './standard-input.ts';
import { cleanToken } from './token-operand.ts';

/** Options that are for one token alone. */
const forOneToken = ['cached', 'raw', 'introspect'];

/** Bytes of white space, quotes and scheme that may stand around a token of the greatest length. */
const roomAround = 1024;

/**
 * The tokens of standard input, one a line, as many at a time as one read gave. White space around them and
 * lines without anything else do not count. Of a line too long for a token its beginning alone is kept,
 * longer than the limit too.
 * @param limit characters that the longest token has
 * @throws UsageError usage, missing_token, standard_input_conflict
 */
export function readTokenLines(
  operand: string | undefined,
  typed: TypedOptions,
  settings: Settings,
  limit: number,
  { io: { stdin } }: Context,
): AsyncIterable<readonly string[]> {
  if (operand !== undefined && operand !== '-') {
    throw new UsageError('usage', 'an operand is given, and --lines takes the tokens from standard input', {
      hint: 'for those in a file: --lines < FILE',
    });
  }
  const other = forOneToken.find((name) => settings.flag(name));
  if (other !== undefined) throw new UsageError('usage', `--${other} is for one token, and --lines for many`);
  if (outputFormat(typed) === 'text') {
    throw new UsageError('usage', '--lines answers in lines of JSON, not in text', { hint: 'leave --format out' });
  }
  claimStandardInput(settings, 'the tokens');
  if (stdin.isTerminal) throw missingTokens('standard input is a terminal');
  return splitLines(stdin.stream(), limit);
}

async function* splitLines(pieces: AsyncIterable<Uint8Array>, limit: number): AsyncGenerator<readonly string[]> {
  const line = new Line(limit);
  let isEmpty = true;
  for await (const bytes of pieces) {
    const piece = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const tokens: string[] = [];
    let start = 0;
    for (let end = piece.indexOf(lineFeed); end !== -1; end = piece.indexOf(lineFeed, start)) {
      const token = line.end(piece, start, end);
      if (token !== undefined) tokens.push(token);
      start = end + 1;
    }
    line.append(piece.subarray(start));
    if (tokens.length === 0) continue;
    isEmpty = false;
    yield tokens;
  }
  const last = line.end(Buffer.of(), 0, 0);
  if (last !== undefined) yield [last];
  else if (isEmpty) throw missingTokens('standard input is empty');
}

const lineFeed = 0x0a;

/** A line while its pieces come in; never much longer than a token may be. */
class Line {
  readonly #tokenLimit: number;
  readonly #limit: number;
  #pieces: Buffer[] = [];
  #length = 0;

  constructor(tokenLimit: number) {
    this.#tokenLimit = tokenLimit;
    this.#limit = tokenLimit + roomAround;
  }

  append(piece: Buffer): void {
    if (piece.length === 0 || this.#length > this.#limit) return;
    this.#pieces.push(piece);
    this.#length += piece.length;
  }

  /** The token of the line that ends in this piece, undefined if all of it is white space; the next line begins. */
  end(piece: Buffer, start: number, end: number): string | undefined {
    if (this.#length === 0 && end - start <= this.#limit) return tokenOf(piece.toString('utf8', start, end));
    this.append(piece.subarray(start, end));
    const bytes = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#length = 0;
    // Nothing is taken from the beginning of a cut line, which would else become a shorter token that nobody sent.
    return bytes.length > this.#limit ? bytes.toString('latin1', 0, this.#tokenLimit + 1) : tokenOf(bytes.toString());
  }
}

function tokenOf(line: string): string | undefined {
  const content = line.trim();
  return content === '' ? undefined : cleanToken(content);
}

function missingTokens(message: string): UsageError {
  return new UsageError('missing_token', message, { hint: 'pipe the tokens in, one a line' });
}
