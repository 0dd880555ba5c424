import type { OptionRow } from './option.ts';

/** How connections are made; names as in curl. */
export const connectionOptions: readonly OptionRow[] = [
  {
    name: 'cacert',
    value: 'FILE',
    group: 'Connection',
    summary: 'trust these certificate authorities (PEM) instead of the built-in ones',
    variable: 'CCGRANT_CACERT',
    inProfile: true,
    isPath: true,
  },
  {
    name: 'insecure',
    short: 'k',
    group: 'Connection',
    summary: 'do not verify certificates of servers',
    inProfile: true,
  },
  {
    name: 'proxy',
    short: 'x',
    value: 'URL',
    allowsEmpty: true,
    group: 'Connection',
    summary: 'http or https proxy; empty for none; by default HTTPS_PROXY, HTTP_PROXY, ALL_PROXY',
    inProfile: true,
  },
  {
    name: 'noproxy',
    value: 'LIST',
    allowsEmpty: true,
    group: 'Connection',
    summary: 'hosts that need no proxy, separated by commas; by default NO_PROXY',
    inProfile: true,
  },
  {
    name: 'connect-timeout',
    value: 'SECONDS',
    group: 'Connection',
    summary: 'time to connect (10), 0 for no limit',
    inProfile: true,
  },
  {
    name: 'max-time',
    short: 'm',
    value: 'SECONDS',
    group: 'Connection',
    summary: 'time for everything (30), 0 for no limit',
    inProfile: true,
  },
  {
    name: 'allow-http',
    group: 'Connection',
    summary: 'allow plain http to other machines',
    variable: 'CCGRANT_ALLOW_HTTP',
    inProfile: true,
  },
];
