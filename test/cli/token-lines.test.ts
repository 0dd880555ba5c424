import fc from 'fast-check';
import { describe, expect } from 'vitest';
import type { Cli } from '../support/run-in-process.ts';
import { terminal, test } from '../support/run-in-process.ts';
import { answerMetadata, failure, issuer, jwksUri, metadataUrl, report } from './support/scene.ts';
import { base64url, forgeToken, jwk, jwks, signToken, unsignedToken } from './support/signing.ts';

const notVerified = 'NOT VERIFIED: anybody can write such a token; ccgrant verify checks it\n';
const notChecked = 'not checked: iss (no --issuer given), aud (no --audience given), scope (no --scope given)\n';

function lines(...all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join('');
}

/** The results that stand on standard output, one a line. */
function results(stdout: string): readonly Result[] {
  expect(stdout).toMatch(/\n$/);
  return stdout
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line));
}

interface Result {
  readonly valid?: boolean;
  readonly payload?: { readonly sub?: string };
  readonly checks?: readonly { readonly reason?: string }[];
  readonly error?: { readonly code: string; readonly message: string };
}

async function withKeys(cli: Cli): Promise<string[]> {
  await cli.writeFile('keys.json', JSON.stringify(jwks));
  return ['verify', '--lines', '--jwks', 'keys.json'];
}

describe('decode --lines', () => {
  test('answers each token with a line of JSON, in the order of the tokens, and says once what it did not do', async ({
    cli,
  }) => {
    const stdin = lines(...['a', 'b', 'c'].map((sub) => unsignedToken({ sub })));

    expect(await cli.run(['decode', '--lines'], { stdin })).toEqual({
      exitCode: 0,
      stdout: lines(
        ...['a', 'b', 'c'].map(
          (sub) => `{"header":{"alg":"RS256","typ":"JWT"},"payload":{"sub":"${sub}"},"signature":"c2lnbmF0dXJl"}`,
        ),
      ),
      stderr: notVerified,
    });
  });

  test('answers a line that is no JWT with its error, goes on, and exits 2', async ({ cli }) => {
    const stdin = lines('opaque', unsignedToken({ sub: 'a' }), 'a.b.c', unsignedToken({ sub: 'b' }));
    const { stdout, ...rest } = await cli.run(['decode', '--lines'], { stdin });

    expect(rest).toEqual({ exitCode: 2, stderr: `${notVerified}2 of 4 tokens are not a JWT\n` });
    expect(results(stdout)).toMatchObject([
      { error: { code: 'not_a_jwt', message: expect.stringContaining('opaque'), exit_code: 2 } },
      { payload: { sub: 'a' } },
      { error: { code: 'not_a_jwt', message: expect.stringContaining('base64url') } },
      { payload: { sub: 'b' } },
    ]);
  });

  test('answers a line that is too long for a token with an error', async ({ cli }) => {
    const stdin = lines(`${base64url('{}')}.${'A'.repeat(2 ** 20)}.`, unsignedToken({ sub: 'a' }));
    const { stdout, exitCode } = await cli.run(['decode', '--lines'], { stdin });

    expect(exitCode).toBe(2);
    expect(results(stdout)).toMatchObject([
      { error: { message: 'not a JWT: it is too long' } },
      { payload: { sub: 'a' } },
    ]);
  });

  test('says nothing on standard error with --quiet, and keeps its exit code', async ({ cli }) => {
    const { exitCode, stderr } = await cli.run(['decode', '--lines', '-q'], { stdin: lines('opaque') });

    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: '' });
  });

  test('keeps every result on one line, and what could move the cursor escaped', async ({ cli }) => {
    const stdin = lines(unsignedToken({ sub: 'a\nb\u2028c\u009b2J', '##[group]': 1 }));
    const { stdout } = await cli.run(['decode', '--lines', '--json'], { stdin });

    expect(stdout).toContain(String.raw`"sub":"a\nb\u2028c\u009b2J","#\u0023[group]":1`);
    expect(results(stdout)).toHaveLength(1);
  });

  const hint = 'pipe the tokens in, one a line';
  test.for<[name: string, args: string[], message: string, hint?: string]>([
    ['--raw', ['--raw'], '--raw is for one token, and --lines for many'],
    ['--cached', ['--cached'], '--cached is for one token, and --lines for many'],
    [
      'an operand',
      ['tokens.txt'],
      'an operand is given, and --lines takes the tokens from standard input',
      'for those in a file: --lines < FILE',
    ],
  ])('does not go with %s', async ([, args, message, advice], { cli }) => {
    const facts = advice === undefined ? {} : { hint: advice };
    expect(await cli.run(['decode', '--lines', ...args])).toEqual(failure(2, report('usage', message, facts)));
  });

  test('does not go with --format text, and says what does', async ({ cli }) => {
    const message = '--lines answers in lines of JSON, not in text';

    expect(await cli.run(['decode', '--lines', '--format', 'text'])).toEqual(
      failure(2, report('usage', message, { hint: 'leave --format out' })),
    );
  });

  test('waits for no terminal, and takes no empty input for a good one', async ({ cli }) => {
    expect(await cli.run(['decode', '--lines'], { stdin: terminal })).toEqual(
      failure(2, report('missing_token', 'standard input is a terminal', { hint })),
    );
    expect(await cli.run(['decode', '--lines'], { stdin: '\n\r\n' })).toEqual(
      failure(2, report('missing_token', 'standard input is empty', { hint })),
    );
  });
});

describe('verify --lines', () => {
  test('says of each token whether it is valid, and once what was not checked', async ({ cli }) => {
    const stdin = lines(await signToken({ sub: 'a' }), await signToken({ sub: 'b' }));
    const { stdout, ...rest } = await cli.run(await withKeys(cli), { stdin });

    expect(rest).toEqual({ exitCode: 0, stderr: notChecked });
    expect(results(stdout)).toMatchObject([
      { valid: true, payload: { sub: 'a' } },
      { valid: true, payload: { sub: 'b' } },
    ]);
  });

  test('exits 5 if any token is not valid, whatever else is no JWT, and says how many', async ({ cli }) => {
    const expired = await signToken({ exp: 1767225000 });
    const stdin = lines(await signToken(), 'opaque', expired, await forgeToken());
    const { stdout, ...rest } = await cli.run([...(await withKeys(cli)), '--format', 'json'], { stdin });

    expect(rest).toEqual({
      exitCode: 5,
      stderr: `${notChecked}2 of 4 tokens are not valid, 1 of 4 tokens is not a JWT\n`,
    });
    expect(results(stdout)).toMatchObject([
      { valid: true },
      { error: { code: 'not_a_jwt', message: 'not a JWT: it is opaque: only the authorization server can read it' } },
      { valid: false },
      { valid: false },
    ]);
    expect(results(stdout)[3]).not.toHaveProperty('payload');
  });

  test('exits 2 if all that is wrong is a line that is no JWT', async ({ cli }) => {
    const stdin = lines(await signToken(), 'opaque');

    expect(await cli.run([...(await withKeys(cli)), '-q'], { stdin })).toMatchObject({ exitCode: 2, stderr: '' });
  });

  test('calls an encrypted token not valid, as ever', async ({ cli }) => {
    const stdin = lines(`${base64url('{"alg":"RSA-OAEP","enc":"A256GCM"}')}.a2V5.aXY.dGV4dA.dGFn`);
    const { stdout, ...rest } = await cli.run(await withKeys(cli), { stdin });

    expect(rest).toEqual({ exitCode: 5, stderr: '1 of 1 token is not valid\n' });
    expect(results(stdout)).toMatchObject([{ valid: false, checks: [{ check: 'format', ok: false }] }]);
  });

  test('lets no token use the key of the one before with another algorithm', async ({ cli }) => {
    const confused = ['HS256', 'ES384'].map((alg) => unsignedToken({ sub: 'a' }, { alg, kid: 'key-1' }));
    const stdin = lines(await signToken(), ...confused, await signToken());
    const { stdout } = await cli.run(await withKeys(cli), { stdin });

    expect(results(stdout).map(({ valid, checks: [first] = [] }) => first?.reason ?? valid)).toEqual([
      true,
      'HS256 does not fit the key (P-256)',
      'ES384 does not fit the key (P-256)',
      true,
    ]);
  });

  test('makes every check that one token gets', async ({ cli }) => {
    const stdin = lines(await signToken(), await signToken({ aud: 'other' }), await signToken({ scope: 'none' }));
    const args = [...(await withKeys(cli)), '--audience', 'my-api', '--scope', 'api:read', '--at-jwt'];
    const { exitCode, stdout } = await cli.run(args, { stdin });

    expect(exitCode).toBe(5);
    expect(results(stdout).map(({ valid }) => valid)).toEqual([true, false, false]);
  });

  test('fetches metadata and keys once for all tokens', async ({ cli }) => {
    answerMetadata(cli);
    cli.answer('GET', jwksUri, { json: jwks });
    const tokens = await Promise.all(['a', 'b', 'c'].map((sub) => signToken({ sub })));
    const { exitCode } = await cli.run(['verify', '--lines', '--issuer', issuer, '--no-cache'], {
      stdin: lines(...tokens),
    });

    expect(exitCode).toBe(0);
    expect(cli.requests.map(({ url }) => url)).toEqual([metadataUrl, jwksUri]);
  });

  test('asks for newer keys once, however many key IDs are unknown, and uses them for all', async ({ cli }) => {
    answerMetadata(cli);
    cli.answer('GET', jwksUri, { json: { keys: [{ ...jwk, kid: 'old' }] } });
    cli.answer('GET', jwksUri, { json: jwks });
    const kids = ['key-1', 'nobody', 'key-1', 'somebody', 'key-1'];
    const tokens = await Promise.all(kids.map((kid) => signToken({}, { kid })));
    const { exitCode, stdout } = await cli.run(['verify', '--lines', '--issuer', issuer, '--no-cache'], {
      stdin: lines(...tokens),
    });

    expect(exitCode).toBe(5);
    expect(results(stdout).map(({ valid }) => valid)).toEqual([true, false, true, false, true]);
    expect(cli.requests.map(({ url }) => url)).toEqual([metadataUrl, jwksUri, jwksUri]);
  });

  test('ends when the keys cannot be had', async ({ cli }) => {
    answerMetadata(cli);
    cli.answer('GET', jwksUri, { status: 404 });
    const stdin = lines(await signToken(), await signToken());
    const { exitCode, stdout, stderr } = await cli.run(['verify', '--lines', '--issuer', issuer], { stdin });

    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
    expect(stderr).toMatch(/^error\[jwks_unavailable\]: /);
  });

  test.for([['--introspect'], ['--cached']])('does not go with %s', async ([option = ''], { cli }) => {
    expect(await cli.run([...(await withKeys(cli)), option])).toEqual(
      failure(2, report('usage', `${option} is for one token, and --lines for many`)),
    );
  });

  test('does not go with a secret that comes from standard input too', async ({ cli }) => {
    const { exitCode, stderr } = await cli.run(['verify', '--lines', '--verify-secret-file', '-']);

    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^error\[standard_input_conflict\]: .*the tokens.*--verify-secret-file/);
  });
});

describe('a line of --lines', () => {
  const kinds: readonly (() => string | Promise<string>)[] = [
    () => signToken(),
    () => signToken({ exp: 1767225000 }),
    () => signToken({ nbf: 1767229200, aud: ['a', 'b'] }),
    () => signToken({}, { kid: 'nobody' }),
    () => signToken({}, { typ: 'logout+jwt' }),
    () => forgeToken(),
    () => unsignedToken({ sub: 'ci\u202e\u0000' }, { alg: 'none' }),
    () => unsignedToken(['no', 'object']),
    () => `${base64url('{"alg":"ES256","alg":"none"}')}.e30.`,
    () => `${base64url('{"alg":"RSA-OAEP"}')}.a2V5.aXY.dGV4dA.dGFn`,
    () => '2YotnFZFEjr1zCsicMWpAA',
    () => 'e30.e30',
    () => 'ünü.cödé.🦊',
  ];
  const around = fc.tuple(
    fc.constantFrom('', ' ', '\t', 'Bearer ', '\ufeff', '"'),
    fc.constantFrom('', ' ', '\r', ' \r', '"'),
  );
  const inputs = fc.array(fc.tuple(fc.nat(kinds.length - 1), around, fc.nat(2)), { minLength: 1, maxLength: 12 });

  for (const command of ['decode', 'verify']) {
    test(`of ${command} is what ${command} --json says of the token alone`, async ({ cli }) => {
      const keys = command === 'verify' ? (await withKeys(cli)).slice(2) : [];
      const tokens = await Promise.all(kinds.map((make) => make()));

      await fc.assert(
        fc.asyncProperty(inputs, fc.boolean(), async (chosen, hasLastEnd) => {
          const pasted = chosen.map(([kind, [before, after]]) => `${before}${tokens[kind]}${after}`);
          const input = pasted.map((line, index) => `${'\n'.repeat(chosen[index]?.[2] ?? 0)}${line}`).join('\n');
          const together = await cli.run([command, '--lines', ...keys], { stdin: `${input}${hasLastEnd ? '\n' : ''}` });
          const alone = await Promise.all(
            pasted.map((stdin) => cli.run([command, '--json', ...keys], { stdin: `${stdin}\n` })),
          );
          const decoded = await Promise.all(
            pasted.map((stdin) => cli.run(['decode', '--json', '-q'], { stdin: `${stdin}\n` })),
          );

          // Only what is unreadable before any check is an error line; decode says which error.
          const isUnread = (index: number): boolean =>
            command === 'decode'
              ? alone[index]?.exitCode === 2
              : /"check":"format","ok":false,"reason":"not a JWT/.test(compact(alone[index]?.stdout ?? ''));
          expect(results(together.stdout)).toEqual(
            alone.map(({ stdout }, index) => JSON.parse(isUnread(index) ? (decoded[index]?.stderr ?? '') : stdout)),
          );
          const codes = alone.map(({ exitCode }, index) => (isUnread(index) ? 2 : exitCode));
          expect(together.exitCode).toBe(codes.includes(5) ? 5 : codes.includes(2) ? 2 : 0);
        }),
        { numRuns: 60 },
      );
    });
  }
});

function compact(json: string): string {
  return JSON.stringify(JSON.parse(json));
}
