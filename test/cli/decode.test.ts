import { describe, expect } from 'vitest';
import { test } from '../support/run-in-process.ts';
import { failure, report } from './support/scene.ts';
import { base64url, claims, signToken, unsignedToken } from './support/signing.ts';

const notVerified = 'NOT VERIFIED: anybody can write such a token; ccgrant verify checks it\n';

describe('decode', () => {
  test('shows header and claims, what the times mean, and on standard error that nothing was verified', async ({
    cli,
  }) => {
    const token = unsignedToken({ iss: 'https://as.example.com', exp: 1767225900, iat: 1767225590, aud: ['a', 'b'] });

    expect(await cli.run(['decode', token])).toEqual({
      exitCode: 0,
      stdout: `header
{
  "alg": "RS256",
  "typ": "JWT"
}
claims
{
  "iss": "https://as.example.com",
  "exp": 1767225900,  // 2026-01-01T00:05:00Z, in 5 minutes
  "iat": 1767225590,  // 2025-12-31T23:59:50Z, 10 seconds ago
  "aud": [
    "a",
    "b"
  ]
}
`,
      stderr: notVerified,
    });
  });

  test.for<[name: string, payload: object, line: string]>([
    ['that it has expired', { exp: 1767225599 }, '"exp": 1767225599  // 2025-12-31T23:59:59Z, 1 second ago EXPIRED'],
    [
      'that it is not valid yet',
      { nbf: 1767229201 },
      '"nbf": 1767229201  // 2026-01-01T01:00:01Z, in 1 hour 1 second NOT YET VALID',
    ],
    ['no time that is none', { exp: 'tomorrow' }, '"exp": "tomorrow"'],
    ['no time that no calendar holds', { exp: 1e300 }, '"exp": 1e+300'],
  ])('says of a time %s', async ([, payload, line], { cli }) => {
    const { stdout, ...rest } = await cli.run(['decode', unsignedToken(payload)]);

    expect(rest).toEqual({ exitCode: 0, stderr: notVerified });
    expect(stdout).toContain(`claims\n{\n  ${line}\n}\n`);
  });

  test.for([['--format', 'json'], ['--format=json'], ['--json']])(
    'has header, payload and signature in JSON, and nothing else: %s',
    async (args, { cli }) => {
      const token = await signToken();
      const { stdout, ...rest } = await cli.run(['decode', ...args, token]);

      expect(rest).toEqual({ exitCode: 0, stderr: notVerified });
      expect(JSON.parse(stdout)).toEqual({
        header: { alg: 'ES256', typ: 'at+jwt', kid: 'key-1' },
        payload: claims,
        signature: token.split('.')[2],
      });
      expect(stdout).toMatch(/[^\n]\n$/);
    },
  );

  test('prints header and payload byte for byte with --raw, a line each', async ({ cli }) => {
    const header = '{ "alg":"none" ,"typ":"JWT"}';
    const payload = '{"sub":"\u009b2J\u202e","n":1.0}';

    expect(await cli.run(['decode', '--raw', `${base64url(header)}.${base64url(payload)}.`])).toMatchObject({
      exitCode: 0,
      stdout: `${header}\n${payload}\n`,
    });
  });

  test('does not print raw bytes to a terminal', async ({ cli }) => {
    const { stderr, ...rest } = await cli.run(['decode', '--raw', unsignedToken({})], { terminals: ['stdout'] });

    expect(rest).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error\[usage\]: --raw does not write to a terminal/);
  });

  test('shows the header of an encrypted token, which is all that can be read', async ({ cli }) => {
    const token = `${base64url('{"alg":"RSA-OAEP","enc":"A256GCM"}')}.a2V5.aXY.dGV4dA.dGFn`;
    const stderr = `${notVerified}the token is encrypted: only its header can be read\n`;

    expect(await cli.run(['decode', token])).toEqual({
      exitCode: 0,
      stdout: 'header\n{\n  "alg": "RSA-OAEP",\n  "enc": "A256GCM"\n}\n',
      stderr,
    });
    const { stdout, ...rest } = await cli.run(['decode', '--json', token]);
    expect({ ...rest, document: JSON.parse(stdout) }).toEqual({
      exitCode: 0,
      stderr,
      document: { header: { alg: 'RSA-OAEP', enc: 'A256GCM' } },
    });
  });

  test('says nothing on standard error with --quiet', async ({ cli }) => {
    const { stderr } = await cli.run(['decode', '-q', unsignedToken({})]);

    expect(stderr).toBe('');
  });

  const hint = 'ask the authorization server about it: ccgrant introspect';
  const json = (text: string): string => `${base64url('{}')}.${base64url(text)}.`;
  test.for<[name: string, token: string, reason: string]>([
    ['an opaque token', '2YotnFZFEjr1zCsicMWpAA', 'it is opaque: only the authorization server can read it'],
    ['two parts', 'a.b', 'it is opaque: only the authorization server can read it'],
    ['four parts', 'e30.e30.e30.e30', 'it is opaque: only the authorization server can read it'],
    ['padding', 'e30=.e30=.', 'a part of it is not base64url'],
    ['another spelling of the same bytes', 'e31.e30.', 'a part of it is not base64url'],
    ['a header that is no JSON', `${base64url('{')}.e30.`, 'its header is not JSON'],
    ['claims that are no JSON', json('nope'), 'its claims set is not JSON'],
    ['claims that are an array', json('[]'), 'its claims set is not a JSON object'],
    ['a byte order mark', json('\ufeff{}'), 'its claims set is not JSON'],
    ['a claim given twice', json('{"sub":"a","sub":"b"}'), 'its claims set has the member sub twice'],
  ])('exits 2 for %s', async ([, token, reason], { cli }) => {
    expect(await cli.run(['decode', token])).toEqual(failure(2, report('not_a_jwt', `not a JWT: ${reason}`, { hint })));
  });

  test.for<[name: string, stdin: string]>([
    ['a token that was wrapped', 'e30.\n  e30.'],
    ['many tokens', 'e30.e30.\ne30.e30.\ne30.e30.'],
  ])('exits 2 for %s, and says what to do', async ([, stdin], { cli }) => {
    const message = 'not a JWT: there is white space in it';
    const advice = 'a token that was wrapped must be on one line again; many tokens, one a line, are read with --lines';
    expect(await cli.run(['decode'], { stdin })).toEqual(failure(2, report('not_a_jwt', message, { hint: advice })));
  });

  test('shows what could move the cursor as escapes, in text and in JSON', async ({ cli }) => {
    const evil = '\u001b]0;owned\u0007\u009b2J\u202e\u200b\u2028\n::add-path::/tmp';
    const token = unsignedToken({ sub: evil, [`\u202e${evil}`]: 1 }, { alg: 'none', kid: evil });

    for (const args of [
      ['decode', token],
      ['decode', '--json', token],
    ]) {
      const { exitCode, stdout } = await cli.run(args, { terminals: ['stdout', 'stderr'], env: { NO_COLOR: '1' } });
      expect(exitCode).toBe(0);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/);
      expect(stdout).not.toMatch(/^(::|##)/m);
    }
  });

  test('asks nobody, whatever the environment names', async ({ cli }) => {
    const env = { CCGRANT_ISSUER: 'https://as.example.com', CCGRANT_CLIENT_ID: 'ci-bot' };

    expect(await cli.run(['decode', unsignedToken({ iss: 'https://evil.example' })], { env })).toMatchObject({
      exitCode: 0,
    });
    expect(cli.requests).toEqual([]);
  });

  test('reads the configuration file that is named, and no other', async ({ cli }) => {
    const token = unsignedToken({ iss: 'https://as.example.com' });
    await cli.writeFile('../home/.config/ccgrant/config.toml', 'odd = 1');
    expect(await cli.run(['decode', token], { env: { CCGRANT_PROFILE: 'dev' } })).toMatchObject({ exitCode: 0 });
    for (const named of [['--profile', 'dev'], ['--config', 'nowhere.toml'], ['--cached']])
      expect(await cli.run(['decode', ...named])).toMatchObject({ exitCode: 2, stdout: '' });
    expect(await cli.run(['decode', token, '--profile', 'dev'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^error\[config_invalid\]: unknown key odd /),
    });
  });
});
