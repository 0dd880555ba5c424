import type { Invocation } from '../commands/command.ts';
import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';
import { HttpHeaders } from '../http/headers.ts';
import { parseUrl, requireSecureUrl } from '../http/url-policy.ts';
import type { Settings } from '../settings/settings.ts';
import { version } from '../version.ts';
import { multipartForm } from './multipart-form.ts';
import type { RequestBody } from './request-body.ts';
import { collectData, readInput, uploadBody } from './request-body.ts';
import { applyHeaderLines } from './request-headers.ts';

/** A protected resource request, without its token. */
export interface ApiRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: HttpHeaders;
  readonly body: RequestBody | undefined;
}

/**
 * Builds the request that curl would send for these options.
 * @throws UsageError usage, invalid_url, http_not_allowed; ConfigError file_unusable
 */
export async function buildApiRequest(
  { operands, sequence }: Invocation,
  settings: Settings,
  ctx: Context,
): Promise<ApiRequest> {
  const url = parseUrl(operands[0] ?? '', 'the URL');
  requireSecureUrl(url, settings.flag('allow-http'));
  const data = await collectData(sequence, ctx);
  const isQuery = settings.flag('get');
  const body = await chooseBody(isQuery ? undefined : data, settings, ctx);
  const upload = settings.text('upload-file')?.value;
  return {
    method: givenMethod(settings) ?? chooseMethod(settings, body !== undefined, upload !== undefined),
    url: withQuery(upload === undefined ? url : withFileName(url, upload), isQuery ? data?.bytes : undefined),
    headers: applyHeaderLines(defaultHeaders(settings, body, data?.isJson === true), await headerLines(settings, ctx)),
    body,
  };
}

function givenMethod(settings: Settings): string | undefined {
  const method = settings.text('request')?.value;
  if (method === undefined || (/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(method) && method !== 'CONNECT')) return method;
  throw new UsageError('usage', '--request takes a method', { hint: 'for example -X PUT' });
}

function chooseMethod(settings: Settings, hasBody: boolean, isUpload: boolean): string {
  if (settings.flag('head')) return 'HEAD';
  if (isUpload) return 'PUT';
  return hasBody ? 'POST' : 'GET';
}

async function chooseBody(
  data: { bytes: Uint8Array; isJson: boolean } | undefined,
  settings: Settings,
  ctx: Context,
): Promise<RequestBody | undefined> {
  const form = settings.list('form')?.value;
  const upload = settings.text('upload-file')?.value;
  const given = [data && '--data', form && '--form', upload && '--upload-file'].filter((name) => name !== undefined);
  if (given.length > 1) throw new UsageError('usage', `${given.join(' and ')} cannot be sent together`);
  if (form !== undefined) return multipartForm(form, ctx);
  if (upload !== undefined) return uploadBody(upload, ctx);
  if (data === undefined) return undefined;
  return {
    content: data.bytes,
    contentType: data.isJson ? 'application/json' : 'application/x-www-form-urlencoded',
    isRepeatable: true,
  };
}

function defaultHeaders(settings: Settings, body: RequestBody | undefined, isJson: boolean): HttpHeaders {
  return new HttpHeaders([
    ['User-Agent', `ccgrant/${version}`],
    ['Accept', isJson ? 'application/json' : '*/*'],
    ...(settings.flag('compressed') ? [['Accept-Encoding', 'gzip, deflate, br'] as const] : []),
    ...(body?.contentType === undefined ? [] : [['Content-Type', body.contentType] as const]),
  ]);
}

async function headerLines(settings: Settings, ctx: Context): Promise<string[]> {
  const given = settings.list('header')?.value ?? [];
  const lines = await Promise.all(
    given.map(async (line) => {
      if (!line.startsWith('@')) return [line];
      return new TextDecoder()
        .decode(await readInput(line.slice(1), ctx))
        .split(/\r?\n/)
        .filter((one) => one.trim() !== '');
    }),
  );
  return lines.flat();
}

function withQuery(url: URL, query: Uint8Array | undefined): URL {
  if (query === undefined) return url;
  const extended = new URL(url);
  extended.search = [url.search.slice(1), Buffer.from(query).toString()].filter((part) => part !== '').join('&');
  return extended;
}

/** As with curl, a URL that ends in a slash gets the name of the uploaded file. */
function withFileName(url: URL, file: string): URL {
  if (!url.pathname.endsWith('/') || file === '-') return url;
  const extended = new URL(url);
  extended.pathname += encodeURIComponent(file.split(/[/\\]/).at(-1) ?? '');
  return extended;
}
