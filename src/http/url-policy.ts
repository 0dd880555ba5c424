import { UsageError } from '../errors.ts';

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Whether a URL stays on this machine, where no transport security is needed. */
export function isLoopback(url: URL): boolean {
  return loopback.test(url.hostname);
}

/** Whether a text is an absolute http or https URL without a user name or password. */
export function isHttpUrl(value: string): boolean {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
}

/**
 * Reads an absolute http or https URL.
 * @param source where it was given, for the message: `--issuer`
 * @throws UsageError invalid_url; its message never quotes the value, which can hold a password
 */
export function parseUrl(value: string, source: string): URL {
  if (value === '') {
    throw new UsageError('invalid_url', `${source} is empty`, { hint: 'is the variable set that it comes from?' });
  }
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new UsageError('invalid_url', `${source} is not an http or https URL`, { hint: urlHint(value, url) });
  }
  if (url.username !== '' || url.password !== '') {
    throw new UsageError('invalid_url', `${source} has a user name or password in it`, {
      hint: 'credentials in a URL end up in logs: take them out, and give them with --client-id and --client-secret-file',
    });
  }
  return url;
}

function urlHint(value: string, url: URL | undefined): string {
  // Behind the path there may be anything, a secret too.
  const [address = ''] = value.split(/[?#]/, 1);
  if (url !== undefined && /^[\w.-]+:\d+(\/|$)/.test(address)) return `did you mean http://${address}`;
  if (url !== undefined) return `the scheme ${url.protocol.slice(0, -1)} is not supported`;
  return /^[\w.-]+\.[a-z]{2,}(\/|$)/.test(address) ? `did you mean https://${address}` : 'it starts with https://';
}

/**
 * Refuses plain http to other machines: a credential or token would cross the network readable.
 * @throws UsageError http_not_allowed
 */
export function requireSecureUrl(url: URL, allowHttp: boolean): void {
  if (url.protocol === 'https:' || allowHttp || isLoopback(url)) return;
  throw new UsageError('http_not_allowed', `plain http to ${url.host} is not allowed`, {
    hint: 'use https, or accept that others can read the credentials with --allow-http',
  });
}
