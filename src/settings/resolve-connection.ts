import { readFileSync } from 'node:fs';
import { absolutePath } from '../absolute-path.ts';
import type { ConnectionSettings } from '../client/oauth-client.ts';
import type { Context } from '../context.ts';
import { ConfigError, UsageError } from '../errors.ts';
import { proxySelector } from '../http/proxy.ts';
import { connectionOptions } from '../options/connection-options.ts';
import { text } from '../text.ts';
import { unreadable } from '../unreadable.ts';
import type { Setting, Settings } from './settings.ts';
import { toMilliseconds } from './settings.ts';

/**
 * How connections are made. The file of `--cacert` is read when the first one is: a cached token needs none.
 * @throws UsageError usage; ConfigError config_invalid; later, for the file, ConfigError file_unusable
 */
export async function resolveConnection(settings: Settings, ctx: Context): Promise<ConnectionSettings> {
  const verifyCertificates = !settings.flag('insecure');
  if (!verifyCertificates) {
    ctx.io.warn(text`--insecure: anybody on the way can read the credentials`);
  }
  const connectTimeout = settings.text('connect-timeout');
  const maxTime = settings.text('max-time');
  return {
    certificateAuthorities: () => readCertificateAuthorities(settings, ctx),
    verifyCertificates,
    proxyFor: await proxySelector(
      { proxy: settings.text('proxy')?.value, noProxy: settings.text('noproxy')?.value },
      ctx.env,
    ),
    connectTimeout: connectTimeout === undefined ? 10_000 : toMilliseconds(connectTimeout),
    resolve: await toAddresses(settings.list('resolve')?.value ?? []),
    allowHttp: settings.flag('allow-http'),
    identity: () => identify(settings, ctx),
    maxTime: maxTime && toMilliseconds(maxTime),
  };
}

/** Two runs with the same of these would fare alike with a server. */
function identify(settings: Settings, { env }: Context): string {
  const given = connectionOptions.map(({ name, value }) =>
    value === undefined ? settings.flag(name) : settings.text(name)?.value,
  );
  const variables = ['SSL_CERT_FILE', 'HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'NO_PROXY'];
  const surrounding = variables.flatMap((name) => [env[name], env[name.toLowerCase()]]);
  return JSON.stringify([...given, settings.list('resolve')?.value, ...surrounding]);
}

function readCertificateAuthorities(settings: Settings, { host }: Context): string | undefined {
  const file = settings.text('cacert') ?? settings.variable('SSL_CERT_FILE');
  if (file === undefined) return undefined;
  const path = absolutePath(file.value, host);
  const pem = readPem(path, file);
  if (pem.includes('-----BEGIN CERTIFICATE-----') || pem.includes('-----BEGIN TRUSTED CERTIFICATE-----')) return pem;
  throw new ConfigError('file_unusable', `${path} (${file.origin.name}) holds no PEM certificate`, {
    hint: 'it takes the certificates of authorities as PEM: -----BEGIN CERTIFICATE-----',
  });
}

function readPem(path: string, { origin }: Setting<string>): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError('file_unusable', `${path} (${origin.name}) ${unreadable(error)}`, {
      hint: 'it takes a file with the certificates of authorities (PEM)',
    });
  }
}

/** curl's `host:port:address`, the address of IPv6 in brackets or not. */
async function toAddresses(entries: readonly string[]): Promise<Map<string, string>> {
  const addresses = new Map<string, string>();
  if (entries.length === 0) return addresses;
  const { isIP } = await import('node:net');
  for (const entry of entries) {
    const [, host, port, address] = /^([^:]+):(\d+):\[?([^\]]+)\]?$/.exec(entry) ?? [];
    if (host === undefined || address === undefined || isIP(address) === 0) {
      throw new UsageError('usage', '--resolve takes HOST:PORT:ADDRESS');
    }
    addresses.set(`${host.toLowerCase()}:${port}`, address);
  }
  return addresses;
}
