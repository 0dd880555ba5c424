import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { connectionOptions } from '../../../src/options/connection-options.ts';
import type { OptionRow } from '../../../src/options/option.ts';
import { resolveConnection } from '../../../src/settings/resolve-connection.ts';
import { Settings } from '../../../src/settings/settings.ts';
import { failureOf } from '../support/failure.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { createContext } from '../support/test-context.ts';

const at = temporaryDirectory();
const resolveOption: OptionRow = { name: 'resolve', value: 'ENTRY', repeats: true, group: 'Connection', summary: '' };
const pem = '-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n';

async function resolve(typed: Record<string, string[] | boolean> = {}, env = {}) {
  const { ctx, stderr } = await createContext({ env, host: { workingDirectory: at() } });
  const settings = new Settings([...connectionOptions, resolveOption], new Map(Object.entries(typed)), env, undefined);
  return { ...(await resolveConnection(settings, ctx)), stderr: stderr() };
}

describe('the connection', () => {
  it('verifies certificates and has ten seconds to connect, where nobody says anything', async () => {
    const { certificateAuthorities, ...connection } = await resolve();
    expect(certificateAuthorities()).toBeUndefined();
    expect(connection).toMatchObject({
      verifyCertificates: true,
      connectTimeout: 10_000,
      maxTime: undefined,
      allowHttp: false,
      stderr: '',
    });
  });

  it('has the times that were asked for, 0 for no limit', async () => {
    expect(await resolve({ 'connect-timeout': ['0.5'], 'max-time': ['0'] })).toMatchObject({
      connectTimeout: 500,
      maxTime: 0,
    });
  });

  it('warns when certificates are not verified', async () => {
    const { verifyCertificates, stderr } = await resolve({ insecure: true });
    expect(verifyCertificates).toBe(false);
    expect(stderr).toContain('--insecure');
  });

  it('allows http by option and by variable', async () => {
    expect((await resolve({ 'allow-http': true })).allowHttp).toBe(true);
    expect((await resolve({}, { CCGRANT_ALLOW_HTTP: '1' })).allowHttp).toBe(true);
  });

  it('takes the proxy of --proxy and the exceptions of --noproxy', async () => {
    const { proxyFor } = await resolve({ proxy: ['http://p.example'], noproxy: ['b.example'] });
    expect([proxyFor(new URL('https://a.example'))?.host, proxyFor(new URL('https://b.example'))]).toEqual([
      'p.example',
      undefined,
    ]);
  });

  it.each([{ CCGRANT_CACERT: 'ca.pem' }, { SSL_CERT_FILE: 'ca.pem' }])('trusts the authorities of %j', async (env) => {
    writeFileSync(at('ca.pem'), pem);
    expect((await resolve({}, env)).certificateAuthorities()).toBe(pem);
  });

  it('trusts the authorities of --cacert before those of a variable', async () => {
    writeFileSync(at('ca.pem'), pem);
    expect((await resolve({ cacert: ['ca.pem'] }, { SSL_CERT_FILE: 'none.pem' })).certificateAuthorities()).toBe(pem);
  });

  it.each<[string, string | undefined]>([
    ['is not there', undefined],
    ['holds no certificate', 'S3cr3t'],
    ['holds a key', '-----BEGIN PRIVATE KEY-----\nQUJD\n-----END PRIVATE KEY-----\n'],
  ])('refuses a file of authorities that %s, once a connection needs it', async (_, content) => {
    if (content !== undefined) writeFileSync(at('ca.pem'), content);
    const { certificateAuthorities } = await resolve({ cacert: ['ca.pem'] });
    expect(await failureOf(certificateAuthorities)).toMatchObject({
      code: 'file_unusable',
      message: expect.stringContaining('--cacert'),
      hint: expect.stringMatching(/^it takes .*certificates of authorities/),
    });
  });

  it.each([
    ['api.example:443:127.0.0.1', 'api.example:443', '127.0.0.1'],
    ['api.example:8443:[::1]', 'api.example:8443', '::1'],
    ['api.example:8443:::1', 'api.example:8443', '::1'],
  ])('takes --resolve %s', async (entry, place, address) => {
    expect([...(await resolve({ resolve: [entry] })).resolve]).toEqual([[place, address]]);
  });

  it.each(['api.example', 'api.example:443', 'api.example:443:host', 'api.example:x:127.0.0.1', ':443:127.0.0.1'])(
    'refuses --resolve %s',
    async (entry) => {
      expect(await failureOf(() => resolve({ resolve: [entry] }))).toMatchObject({ code: 'usage' });
    },
  );
});
