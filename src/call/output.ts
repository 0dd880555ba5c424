import type { Context } from '../context.ts';
import type { Exchanged } from '../curl/exchange.ts';
import type { OutputPlan } from '../curl/response-output.ts';
import { outputResponse } from '../curl/response-output.ts';
import { writerOf } from '../curl/terminal-writer.ts';
import { writeOut } from '../curl/write-out.ts';
import type { Settings } from '../settings/settings.ts';
import { text } from '../text.ts';

/**
 * Writes the response where the options say, and then what `--write-out` asks for.
 * @param start when the first request went out, by `ctx.elapsed()`
 */
export async function output(exchanged: Exchanged, start: number, settings: Settings, ctx: Context): Promise<void> {
  const { response } = exchanged;
  const size = await outputResponse(response, outputPlan(response.status, settings), ctx);
  await report(exchanged, size, ctx.elapsed() - start, settings, ctx);
}

function outputPlan(status: number, settings: Settings): OutputPlan {
  const isHead = settings.flag('head');
  return {
    bodyFile: settings.text('output')?.value,
    headerFile: settings.text('dump-header')?.value,
    showsHeaders: settings.flag('include') || isHead,
    showsBody: !isHead && !(settings.flag('fail') && !settings.flag('fail-with-body') && status >= 400),
    decodes: settings.flag('compressed'),
  };
}

async function report(
  { request, response, ...rest }: Exchanged,
  size: number,
  total: number,
  settings: Settings,
  { io }: Context,
): Promise<void> {
  const format = settings.text('write-out')?.value;
  if (format === undefined) return;
  const { stdout, stderr, unknown } = writeOut(format, {
    method: request.method,
    url: request.url.href,
    status: response.status,
    headers: response.headers,
    timeStartTransfer: rest.startTransfer / 1000,
    timeTotal: total / 1000,
    sizeDownload: size,
    redirects: rest.redirects,
    retries: rest.retries,
  });
  await writerOf(io.stdout).write(stdout);
  if (stderr !== '') for (const line of stderr.replace(/\n$/, '').split('\n')) io.report(text`${line}`);
  for (const name of unknown) io.warn(text`--write-out does not know %{${name}}`);
}
