import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSettings } from '../../../../examples/resource-server-node/src/settings.ts';
import { createCertificateAuthority } from '../../../support/tls.ts';

let directory: string;
let cert: string;
let key: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ccgrant-settings-'));
  cert = join(directory, 'cert.pem');
  key = join(directory, 'key.pem');
  await using authority = await createCertificateAuthority();
  const pair = await authority.issue(['localhost']);
  await writeFile(cert, pair.cert);
  await writeFile(key, pair.key);
});

afterAll(() => rm(directory, { recursive: true }));

test('without variables it serves the realm of the README at the port of the Flask example', () => {
  expect(readSettings({})).toEqual({
    issuer: 'http://localhost:8080/realms/myorg',
    audience: undefined,
    host: 'localhost',
    port: 50100,
    url: 'http://localhost:50100',
    tls: undefined,
    requireDpopNonce: false,
  });
});

test('each variable is read', async () => {
  const env = {
    API_ISSUER: 'https://as.example/tenant/',
    API_AUDIENCE: 'https://api.example',
    API_HOST: '0.0.0.0',
    API_PORT: '8443',
    API_URL: 'https://api.example',
    API_TLS_CERT: cert,
    API_TLS_KEY: key,
    API_TLS_CLIENT_CA: cert,
    API_DPOP_NONCE: 'on',
  };
  expect(readSettings(env)).toEqual({
    issuer: 'https://as.example/tenant/',
    audience: 'https://api.example',
    host: '0.0.0.0',
    port: 8443,
    url: 'https://api.example',
    tls: { cert: await readFile(cert), key: await readFile(key), clientCa: await readFile(cert) },
    requireDpopNonce: true,
  });
});

describe('the URL that clients call', () => {
  test.each([
    [{ API_HOST: '127.0.0.1' }, 'http://127.0.0.1:50100'],
    [{ API_HOST: '::1' }, 'http://[::1]:50100'],
    [{ API_PORT: '80' }, 'http://localhost'],
    [{ API_URL: 'https://API.example:443/' }, 'https://api.example'],
  ])('of %j is %s', (env, url) => {
    expect(readSettings(env).url).toBe(url);
  });

  test('is https when there is a certificate', () => {
    const env = { API_TLS_CERT: cert, API_TLS_KEY: key };
    expect(readSettings({ ...env, API_HOST: 'api.example' }).url).toBe('https://api.example:50100');
  });
});

describe('refuses', () => {
  test.each([
    [{ API_ISSUER: 'myorg' }, 'API_ISSUER is not a URL: myorg'],
    [{ API_ISSUER: 'http://as.example' }, 'API_ISSUER must be an https URL: http://as.example'],
    [{ API_ISSUER: 'http://127.0.0.1.example' }, 'API_ISSUER must be an https URL: http://127.0.0.1.example'],
    [{ API_ISSUER: 'file:///etc/passwd' }, 'API_ISSUER must be an https URL: file:///etc/passwd'],
    [{ API_AUDIENCE: '' }, 'API_AUDIENCE is empty: set it to something, or not at all'],
    [{ API_PORT: '0' }, 'API_PORT is a number from 1 to 65535, not 0'],
    [{ API_PORT: '65536' }, 'API_PORT is a number from 1 to 65535, not 65536'],
    [{ API_PORT: '80a' }, 'API_PORT is a number from 1 to 65535, not 80a'],
    [{ API_HOST: '0.0.0.0' }, 'API_HOST=0.0.0.0 needs API_URL: the scheme, host and port that clients call'],
    [{ API_HOST: '::' }, 'API_HOST=:: needs API_URL: the scheme, host and port that clients call'],
    [
      { API_HOST: 'api.example' },
      'API_URL (made of API_HOST and API_PORT) must be an https URL: http://api.example:50100',
    ],
    [{ API_URL: 'https://api.example/v1' }, 'API_URL is scheme, host and port alone, not https://api.example/v1'],
    [{ API_URL: 'https://user@api.example' }, 'API_URL is scheme, host and port alone, not https://user@api.example'],
    [{ API_DPOP_NONCE: 'true' }, 'API_DPOP_NONCE is on or off, not true'],
  ])('%j', (env, message) => {
    expect(() => readSettings(env)).toThrow(expect.objectContaining({ name: 'SetupError', message }));
  });

  test.each(['API_TLS_CERT', 'API_TLS_KEY', 'API_TLS_CLIENT_CA'])('%s alone', (name) => {
    const file = name === 'API_TLS_KEY' ? key : cert;
    expect(() => readSettings({ [name]: file })).toThrow('https needs both API_TLS_CERT and API_TLS_KEY');
  });

  test('a key where a certificate belongs, and the other way round, by the name of the variable', () => {
    expect(() => readSettings({ API_TLS_CERT: key, API_TLS_KEY: cert })).toThrow(
      `API_TLS_CERT holds no certificate that can be used: ${key}: `,
    );
    expect(() => readSettings({ API_TLS_CERT: cert, API_TLS_KEY: cert })).toThrow(
      `API_TLS_KEY holds no private key that can be used: ${cert}: `,
    );
    expect(() => readSettings({ API_TLS_CERT: cert, API_TLS_KEY: key, API_TLS_CLIENT_CA: key })).toThrow(
      `API_TLS_CLIENT_CA holds no certificate that can be used: ${key}: `,
    );
  });

  test('a file that is not there', () => {
    expect(() => readSettings({ API_TLS_KEY: join(directory, 'none') })).toThrow(/^API_TLS_KEY cannot be read: ENOENT/);
  });
});
