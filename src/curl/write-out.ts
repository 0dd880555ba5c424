import type { HttpHeaders } from '../http/headers.ts';

/** What curl knows of a transfer when it is over. Times in seconds, sizes in bytes. */
export interface Transfer {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly timeStartTransfer: number;
  readonly timeTotal: number;
  readonly sizeDownload: number;
  readonly redirects: number;
  readonly retries: number;
}

const variables: Readonly<Record<string, (transfer: Transfer) => string | number>> = {
  http_code: ({ status }) => status,
  response_code: ({ status }) => status,
  method: ({ method }) => method,
  url_effective: ({ url }) => url,
  url: ({ url }) => url,
  content_type: ({ headers }) => headers.get('content-type') ?? '',
  size_download: ({ sizeDownload }) => sizeDownload,
  time_starttransfer: ({ timeStartTransfer }) => timeStartTransfer.toFixed(6),
  time_total: ({ timeTotal }) => timeTotal.toFixed(6),
  speed_download: ({ sizeDownload, timeTotal }) => Math.round(sizeDownload / Math.max(timeTotal, 1e-6)),
  num_redirects: ({ redirects }) => redirects,
  num_retries: ({ retries }) => retries,
  num_headers: ({ headers }) => [...headers].length,
};

export interface WrittenOut {
  readonly stdout: string;
  readonly stderr: string;
  /** Variables that are not known here. */
  readonly unknown: readonly string[];
}

/** Fills in a `--write-out` format: `%{variable}`, `%header{name}`, `%{json}`, `%%`, and \n \r \t. */
export function writeOut(format: string, transfer: Transfer): WrittenOut {
  const texts = { stdout: '', stderr: '' };
  const unknown: string[] = [];
  let stream: keyof typeof texts = 'stdout';
  for (const [part, header, variable] of format.matchAll(
    /%header\{([^{}]*)\}|%\{([^{}]*)\}|%%|\\[nrt]|[^%\\]+|[%\\]/g,
  )) {
    if (header !== undefined) texts[stream] += transfer.headers.get(header) ?? '';
    else if (variable === 'stdout' || variable === 'stderr') stream = variable;
    else if (variable === 'json') texts[stream] += JSON.stringify(toJson(transfer));
    else if (variable === undefined) texts[stream] += literals.get(part) ?? part;
    else if (Object.hasOwn(variables, variable)) texts[stream] += variables[variable]?.(transfer);
    else unknown.push(variable);
  }
  return { ...texts, unknown };
}

const literals: ReadonlyMap<string, string> = new Map([
  ['%%', '%'],
  ['\\n', '\n'],
  ['\\r', '\r'],
  ['\\t', '\t'],
]);

function toJson(transfer: Transfer): object {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => {
      const result = value(transfer);
      return [name, /^time_/.test(name) ? Number(result) : result];
    }),
  );
}
