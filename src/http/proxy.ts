import type { Environment } from '../context.ts';
import { ConfigError } from '../errors.ts';
import { isLoopback } from './url-policy.ts';

export interface ProxySettings {
  /** `--proxy`: for every URL, whatever the variables say; empty for none. */
  readonly proxy: string | undefined;
  /** `--noproxy`: hosts reached directly; replaces NO_PROXY. */
  readonly noProxy: string | undefined;
}

type Net = typeof import('node:net');

/**
 * Chooses the proxy of a URL as curl does: `--proxy`, else HTTPS_PROXY or http_proxy by scheme, else
 * ALL_PROXY; never for loopback nor for hosts in `--noproxy` or NO_PROXY. Lower case wins, and the
 * upper-case HTTP_PROXY counts too.
 * @throws ConfigError config_invalid for a proxy that is no http or https URL
 */
export async function proxySelector(settings: ProxySettings, env: Environment): Promise<(url: URL) => URL | undefined> {
  const variable = (name: string): string | undefined =>
    env[name.toLowerCase()] || env[name.toUpperCase()] || undefined;
  const direct = (settings.noProxy ?? variable('no_proxy') ?? '').split(/[\s,]+/).filter((entry) => entry !== '');
  // Names and IPv4 addresses are compared as they are, and node's net module costs a tenth of a start.
  const net = direct.some((entry) => /[/:]/.test(entry)) ? await import('node:net') : undefined;

  return (url) => {
    if (isLoopback(url) || direct.some((entry) => isCovered(url, entry, net))) return undefined;
    if (settings.proxy !== undefined) return settings.proxy === '' ? undefined : parseProxy(settings.proxy, '--proxy');
    const name = url.protocol === 'https:' ? 'https_proxy' : 'http_proxy';
    for (const source of [name, 'all_proxy']) {
      const value = variable(source);
      if (value !== undefined) return parseProxy(value, source.toUpperCase());
    }
    return undefined;
  };
}

function parseProxy(value: string, source: string): URL {
  const address = value.includes('://') ? value : `http://${value}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && isDecodable(url.username) && isDecodable(url.password))
    return url;
  throw new ConfigError('config_invalid', `${source} is not the URL of an http or https proxy`, {
    hint: url?.protocol.startsWith('socks')
      ? 'SOCKS proxies are not supported'
      : 'for example http://proxy.example:3128',
  });
}

/** Whether a user name or password of a URL is percent-encoded as it should be. */
function isDecodable(value: string): boolean {
  try {
    decodeURIComponent(value);
    return true;
  } catch {
    return false;
  }
}

/** Whether an entry of NO_PROXY names this host: `*`, a host, a domain, an address or a network, with or without a port. */
function isCovered(url: URL, entry: string, net: Net | undefined): boolean {
  if (entry === '*') return true;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (net !== undefined && entry.includes('/')) return isInNetwork(host, entry, net);
  if (net?.isIPv6(entry)) return host === entry.toLowerCase();
  const [, name = '', port] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
  const actualPort = url.port || (url.protocol === 'https:' ? '443' : '80');
  if (port !== undefined && port !== actualPort) return false;
  const domain = name.replace(/^\*?\.|^\[|\]$/g, '').toLowerCase();
  return host === domain || host.endsWith(`.${domain}`);
}

/** Whether an address is in a network such as 10.0.0.0/8. */
function isInNetwork(host: string, network: string, { BlockList, isIP, isIPv6 }: Net): boolean {
  const [address = '', prefix] = network.split('/');
  const family = isIPv6(host) ? 'ipv6' : 'ipv4';
  if (isIP(host) === 0 || isIP(address) !== isIP(host) || !/^\d{1,3}$/.test(prefix ?? '')) return false;
  const bits = Number(prefix);
  if (bits > (family === 'ipv6' ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(address, bits, family);
  return list.check(host, family);
}
