import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { SetupError } from './setup-error.ts';

/** How this API is set up. */
export interface Settings {
  /** Whose access tokens are accepted. */
  readonly issuer: string;
  /** What must be in `aud`; without it anything may be there, or nothing. */
  readonly audience: string | undefined;
  readonly host: string;
  readonly port: number;
  /** The origin that clients call, without a final slash. */
  readonly url: string;
  readonly tls: TlsSettings | undefined;
  readonly requireDpopNonce: boolean;
}

/** All PEM. */
export interface TlsSettings {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Who must have issued the certificates of clients; without it each is taken, also a self-signed one. */
  readonly clientCa: Buffer | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings from the environment.
 *
 * @throws SetupError that names the variable which is wrong
 */
export function readSettings(env: Environment): Settings {
  const tls = readTls(env);
  const host = read(env, 'API_HOST') ?? 'localhost';
  const port = readPort(env);
  return {
    issuer: checkUrl('API_ISSUER', read(env, 'API_ISSUER') ?? 'http://localhost:8080/realms/myorg'),
    audience: read(env, 'API_AUDIENCE'),
    host,
    port,
    url: readUrl(env, tls === undefined ? 'http' : 'https', host, port),
    tls,
    requireDpopNonce: readSwitch(env, 'API_DPOP_NONCE'),
  };
}

/**
 * Tokens, and the keys that they are verified with, travel over https, loopback aside.
 *
 * @throws SetupError
 */
export function checkUrl(name: string, value: string): string {
  if (!URL.canParse(value)) throw new SetupError(`${name} is not a URL: ${value}`);
  const { protocol, hostname } = new URL(value);
  const isLoopback = hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
  if (protocol === 'https:' || (protocol === 'http:' && isLoopback)) return value;
  throw new SetupError(`${name} must be an https URL: ${value}`);
}

function read(env: Environment, name: string): string | undefined {
  // An empty API_AUDIENCE would be taken for no audience at all.
  if (env[name] === '') throw new SetupError(`${name} is empty: set it to something, or not at all`);
  return env[name];
}

function readPort(env: Environment): number {
  const port = read(env, 'API_PORT') ?? '50100';
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535)
    throw new SetupError(`API_PORT is a number from 1 to 65535, not ${port}`);
  return Number(port);
}

function readUrl(env: Environment, scheme: string, host: string, port: number): string {
  const given = read(env, 'API_URL');
  if (given === undefined && (host === '0.0.0.0' || host === '::'))
    throw new SetupError(`API_HOST=${host} needs API_URL: the scheme, host and port that clients call`);
  const name = given === undefined ? 'API_URL (made of API_HOST and API_PORT)' : 'API_URL';
  const url = checkUrl(name, given ?? `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`);
  const { origin, href } = new URL(url);
  if (href !== `${origin}/`) throw new SetupError(`${name} is scheme, host and port alone, not ${url}`);
  return origin;
}

function readTls(env: Environment): TlsSettings | undefined {
  const cert = readPem(env, 'API_TLS_CERT', 'certificate');
  const key = readPem(env, 'API_TLS_KEY', 'private key');
  const clientCa = readPem(env, 'API_TLS_CLIENT_CA', 'certificate');
  if (cert !== undefined && key !== undefined) return { cert, key, clientCa };
  if (cert === undefined && key === undefined && clientCa === undefined) return undefined;
  throw new SetupError('https needs both API_TLS_CERT and API_TLS_KEY');
}

function readPem(env: Environment, name: string, kind: 'certificate' | 'private key'): Buffer | undefined {
  const path = read(env, name);
  if (path === undefined) return undefined;
  const pem = readFile(name, path);
  // TLS itself would say what is wrong with a file, and not with which.
  try {
    if (kind === 'certificate') new X509Certificate(pem);
    else createPrivateKey(pem);
  } catch (error) {
    throw new SetupError(`${name} holds no ${kind} that can be used: ${path}: ${(error as Error).message}`);
  }
  return pem;
}

function readFile(name: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new SetupError(`${name} cannot be read: ${(error as Error).message}`);
  }
}

function readSwitch(env: Environment, name: string): boolean {
  const value = read(env, name) ?? 'off';
  if (value !== 'on' && value !== 'off') throw new SetupError(`${name} is on or off, not ${value}`);
  return value === 'on';
}
