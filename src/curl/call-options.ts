import type { OptionRow } from '../options/option.ts';

/** Options of `call`: curl's names with curl's meaning, and a few of ours. */
export const callOptions: readonly OptionRow[] = [
  { name: 'request', short: 'X', value: 'METHOD', group: 'Request', summary: 'request method' },
  {
    name: 'header',
    short: 'H',
    value: 'LINE',
    repeats: true,
    group: 'Request',
    summary: "header 'Name: value'; 'Name:' leaves it out, 'Name;' sends it empty, @FILE reads lines",
  },
  {
    name: 'data',
    short: 'd',
    value: 'DATA',
    repeats: true,
    allowsEmpty: true,
    group: 'Request',
    summary: 'POST this as a form; @FILE reads it without line ends',
  },
  {
    name: 'data-raw',
    value: 'DATA',
    repeats: true,
    allowsEmpty: true,
    group: 'Request',
    summary: 'as --data, @ means nothing',
  },
  {
    name: 'data-binary',
    value: 'DATA',
    repeats: true,
    allowsEmpty: true,
    group: 'Request',
    summary: 'as --data, @FILE byte for byte',
  },
  {
    name: 'data-urlencode',
    value: 'DATA',
    repeats: true,
    allowsEmpty: true,
    group: 'Request',
    summary: 'as --data, percent-encoded: VALUE, NAME=VALUE, @FILE, NAME@FILE',
  },
  { name: 'get', short: 'G', group: 'Request', summary: 'put the data into the query, and GET' },
  {
    name: 'json',
    value: 'DATA',
    repeats: true,
    allowsEmpty: true,
    group: 'Request',
    summary: 'POST this as JSON, and accept JSON',
  },
  {
    name: 'form',
    short: 'F',
    value: 'NAME=VALUE',
    repeats: true,
    group: 'Request',
    summary: 'POST multipart/form-data; NAME=@FILE uploads, NAME=<FILE reads',
  },
  { name: 'upload-file', short: 'T', value: 'FILE', group: 'Request', summary: 'PUT this file, - for standard input' },
  {
    name: 'location',
    short: 'L',
    group: 'Request',
    summary: 'follow redirects; the token goes to the same origin only',
  },
  { name: 'max-redirs', value: 'N', group: 'Request', summary: 'redirects to follow at the most (50)' },
  {
    name: 'retry',
    value: 'N',
    group: 'Request',
    summary: 'try again N times on timeouts, 408, 429, 500, 502, 503 and 504',
  },
  { name: 'token-file', value: 'FILE', group: 'Request', summary: 'a token from elsewhere, - for standard input' },
  { name: 'compressed', group: 'Response', summary: 'ask for a compressed response, and unpack it' },
  { name: 'include', short: 'i', group: 'Response', summary: 'show status and headers before the body' },
  { name: 'head', short: 'I', group: 'Response', summary: 'HEAD, and show the headers' },
  { name: 'output', short: 'o', value: 'FILE', group: 'Response', summary: 'write the body to this file' },
  {
    name: 'dump-header',
    short: 'D',
    value: 'FILE',
    group: 'Response',
    summary: 'write status and headers to this file',
  },
  {
    name: 'write-out',
    short: 'w',
    value: 'FORMAT',
    allowsEmpty: true,
    group: 'Response',
    summary: "print this afterwards: '%{http_code} %{time_total}\\n'",
  },
  { name: 'no-fail', group: 'Response', summary: 'exit code 0 for a status of 400 and above too' },
  { name: 'fail', short: 'f', group: 'Response', summary: 'no body for a status of 400 and above', hidden: true },
  { name: 'fail-with-body', group: 'Response', summary: 'the default here', hidden: true },
  { name: 'silent', short: 's', group: 'Response', summary: 'the default here', hidden: true },
  { name: 'show-error', short: 'S', group: 'Response', summary: 'the default here', hidden: true },
  {
    name: 'resolve',
    value: 'HOST:PORT:ADDRESS',
    repeats: true,
    group: 'Connection',
    summary: 'connect to this address for this host and port',
  },
];

/** curl's options that are not here, and what to do instead. */
export const foreignOptions: ReadonlyMap<string, string> = new Map([
  ...['-u', '--user', '--basic', '--oauth2-bearer'].map(
    (name) => [name, 'the access token is attached by itself; another one comes from --token-file'] as const,
  ),
  ...['-O', '--remote-name', '-J', '--remote-header-name'].map(
    (name) => [name, 'name the file: --output FILE'] as const,
  ),
  ...['-A', '--user-agent'].map((name) => [name, "say it as a header: -H 'User-Agent: NAME'"] as const),
  ...['-e', '--referer'].map((name) => [name, "say it as a header: -H 'Referer: URL'"] as const),
  ...['-b', '--cookie', '-c', '--cookie-jar'].map(
    (name) => [name, "there is no cookie jar; a single one is a header: -H 'Cookie: NAME=VALUE'"] as const,
  ),
  ...['-K', '-n', '--netrc', '--next', '-:'].map(
    (name) => [name, 'values that repeat go into a profile of the configuration file'] as const,
  ),
  ...['-E', '--cert', '--key'].map((name) => [name, 'client certificates are not supported yet'] as const),
]);
