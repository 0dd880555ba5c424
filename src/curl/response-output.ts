import { closeSync, openSync } from 'node:fs';
import { absolutePath } from '../absolute-path.ts';
import type { Context } from '../context.ts';
import { OutputError } from '../errors.ts';
import { decodedBody } from '../http/body.ts';
import type { HttpResponse } from '../http/types.ts';
import { fileOutput } from '../io/file-output.ts';
import type { OutputStream } from '../io/io.ts';
import { readAhead } from './read-ahead.ts';
import { writerOf } from './terminal-writer.ts';

/** Where the parts of a response go, as files (`-` for standard output) or nowhere. */
export interface OutputPlan {
  /** Undefined for standard output. */
  readonly bodyFile: string | undefined;
  readonly headerFile: string | undefined;
  readonly showsHeaders: boolean;
  readonly showsBody: boolean;
  /** Whether the Content-Encoding is taken off. */
  readonly decodes: boolean;
}

/** Bytes of the body that wait while others are being written. */
const aheadLimit = 512 * 1024;

/**
 * Writes a response, the body byte for byte as it comes; on a terminal control characters are escaped.
 * @returns bytes of the body
 * @throws OutputError; ClosedPipeError; NetworkError when the body breaks off
 */
export async function outputResponse(response: HttpResponse, plan: OutputPlan, ctx: Context): Promise<number> {
  const head = plan.showsHeaders || plan.headerFile !== undefined ? headOf(response) : '';
  if (plan.headerFile !== undefined) await withOutput(plan.headerFile, ctx, (output) => writerOf(output).write(head));
  let size = 0;
  await withOutput(plan.bodyFile ?? '-', ctx, async (output) => {
    const writer = writerOf(output);
    if (plan.showsHeaders) await writer.write(head);
    if (!plan.showsBody) return;
    const body = plan.decodes ? await decodedBody(response) : response.body;
    for await (const pieces of readAhead(body, aheadLimit)) {
      for (const { length } of pieces) size += length;
      await writer.write(pieces);
    }
    await writer.end();
  });
  return size;
}

function headOf({ status, statusText, headers }: HttpResponse): string {
  const lines = [...headers].map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${statusText}\r\n${lines.join('')}\r\n`;
}

async function withOutput(
  file: string,
  { io, host }: Context,
  task: (output: OutputStream) => Promise<void>,
): Promise<void> {
  if (file === '-') return task(io.stdout);
  const descriptor = open(absolutePath(file, host));
  try {
    await task(fileOutput(descriptor));
  } finally {
    closeSync(descriptor);
  }
}

function open(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (error) {
    throw new OutputError(`${path} cannot be written (${(error as NodeJS.ErrnoException).code})`);
  }
}
