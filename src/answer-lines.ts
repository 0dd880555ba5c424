import type { Context } from './context.ts';
import { ClosedPipeError, ReportedError, UsageError } from './errors.ts';
import { createLineWriter } from './render/json.ts';
import { errorJson } from './report-error.ts';
import { Text, text } from './text.ts';

/** What a command says of one of many tokens. */
export interface LineAnswer {
  readonly value: object;
  readonly isValid: boolean;
}

/**
 * Answers each token with a line of JSON on standard output, in the order of the tokens; a token that is no
 * JWT with its error. While one batch is answered the next one is read and begun, and no more than that.
 * @throws ReportedError token_not_valid if any token is not valid, else not_a_jwt if any is no JWT
 */
export async function answerLines(
  batches: AsyncIterable<readonly string[]>,
  answer: (token: string) => LineAnswer | Promise<LineAnswer>,
  { io }: Context,
): Promise<void> {
  const tally = { tokens: 0, notValid: 0, notJwt: 0 };
  const write = createLineWriter();

  function toLine({ value, isValid }: LineAnswer): Text {
    if (!isValid) tally.notValid += 1;
    return write(value);
  }

  function toErrorLine(error: unknown): Text {
    if (!(error instanceof UsageError) || error.code !== 'not_a_jwt') throw error;
    tally.notJwt += 1;
    return errorJson(error, io);
  }

  /** A promise only where the answer is one: ten thousand of them take as long as decoding a thousand tokens. */
  function answerOne(token: string): Text | Promise<Text> {
    try {
      const answered = answer(token);
      return answered instanceof Promise ? answered.then(toLine).catch(toErrorLine) : toLine(answered);
    } catch (error) {
      return toErrorLine(error);
    }
  }

  async function answerAll(tokens: readonly string[], before: Promise<void>): Promise<void> {
    const answers = tokens.map(answerOne);
    const isReady = answers.every((line) => line instanceof Text);
    const [lines] = await Promise.all([isReady ? answers : Promise.all(answers), before]);
    tally.tokens += tokens.length;
    await io.print(lines.map(({ value }) => value).join('\n'));
  }

  try {
    let before = Promise.resolve();
    for await (const tokens of batches) {
      const written = answerAll(tokens, before);
      // Its failure is met in the next round, which may come after more input.
      written.catch(() => {});
      await before;
      before = written;
    }
    await before;
  } catch (error) {
    // What nobody reads is not looked at; what was looked at keeps its exit code.
    if (!(error instanceof ClosedPipeError) || tally.notValid + tally.notJwt === 0) throw error;
    throw failure(tally);
  }
  if (tally.notValid + tally.notJwt === 0) return;
  io.note(summary(tally));
  throw failure(tally);
}

interface Tally {
  readonly tokens: number;
  readonly notValid: number;
  readonly notJwt: number;
}

function failure({ notValid }: Tally): ReportedError {
  return new ReportedError(notValid > 0 ? 'token_not_valid' : 'not_a_jwt');
}

function summary({ tokens, notValid, notJwt }: Tally): Text {
  const of = tokens === 1 ? '1 token' : `${tokens} tokens`;
  const parts = [
    ...(notValid > 0 ? [`${notValid} of ${of} ${notValid === 1 ? 'is' : 'are'} not valid`] : []),
    ...(notJwt > 0 ? [`${notJwt} of ${of} ${notJwt === 1 ? 'is' : 'are'} not a JWT`] : []),
  ];
  return text`${parts.join(', ')}`;
}
