import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { test } from '../support/run-in-process.ts';
import {
  byIssuer,
  foreign,
  forms,
  github,
  githubUrl,
  now,
  refused,
  sentAssertion,
} from './support/client-assertions.ts';
import { answerMetadata, answerToken, issuer, success, tokenEndpoint } from './support/scene.ts';
import { unsignedToken } from './support/signing.ts';

describe("somebody else's assertion", () => {
  test('is sent as it is, and needs no client id', async ({ cli }) => {
    await cli.writeFile('token', `${foreign}\n`);
    answerMetadata(cli, { token_endpoint_auth_methods_supported: ['client_secret_basic'] });
    answerToken(cli, 'abc');

    expect(await cli.run(['token', '--client-assertion-file', 'token'], { env: { CCGRANT_ISSUER: issuer } })).toEqual(
      success('abc\n'),
    );
    expect(Object.fromEntries(forms(cli)[0] ?? [])).toEqual({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: foreign,
    });
  });

  test.for([
    ['jwt-spiffe', 'urn:ietf:params:oauth:client-assertion-type:jwt-spiffe'],
    ['urn:example:other', 'urn:example:other'],
  ])('of the type %s, with a client id that was given', async ([type = '', urn], { cli }) => {
    await cli.writeFile('token', foreign);
    answerMetadata(cli);
    answerToken(cli, 'abc');
    const env = { ...byIssuer, CCGRANT_CLIENT_ASSERTION_FILE: 'token' };

    await cli.run(['token', '--client-assertion-type', type], { env });
    expect(forms(cli)[0]?.get('client_assertion_type')).toBe(urn);
    expect(forms(cli)[0]?.get('client_id')).toBe('ci-bot');
  });

  test('is read anew for each request, and a file that was replaced is the same client to the cache', async ({
    cli,
  }) => {
    const other = unsignedToken({ sub: 'system:sa', exp: now + 6000 });
    await cli.writeFile('token', foreign);
    answerMetadata(cli);
    answerToken(cli, 'abc');
    answerMetadata(cli);
    answerToken(cli, 'def');
    const env = { CCGRANT_ISSUER: issuer, CCGRANT_CLIENT_ASSERTION_FILE: 'token' };

    expect(await cli.run(['token'], { env })).toEqual(success('abc\n'));
    await cli.writeFile('token', other);
    expect(await cli.run(['token'], { env })).toEqual(success('abc\n'));
    expect(await cli.run(['token', '--fresh'], { env })).toEqual(success('def\n'));
    expect([0, 1].map((index) => sentAssertion(cli, index))).toEqual([foreign, other]);
  });

  test('from a pipe is never answered with the token of what came from it before', async ({ cli }) => {
    answerMetadata(cli);
    for (const token of ['abc', 'def']) answerToken(cli, token);
    execFileSync('mkfifo', ['-m', '600', join(cli.directory, 'pipe')]);
    const run = async (assertion: string) => {
      const writer = spawn('sh', ['-c', 'printf %s "$1" > pipe', 'sh', assertion], { cwd: cli.directory });
      const end = once(writer, 'close');
      const result = await cli.run(['token', '--client-assertion-file', 'pipe'], { env: { CCGRANT_ISSUER: issuer } });
      await end;
      return result;
    };

    expect(await run(foreign)).toEqual(success('abc\n'));
    expect(await run(unsignedToken({ sub: 'another', exp: now + 600 }))).toEqual(success('def\n'));
  });

  test('comes from a command of a profile', async ({ cli }) => {
    const command = JSON.stringify([process.execPath, '-e', `process.stdout.write(${JSON.stringify(foreign)})`]);
    await cli.writeFile(
      '../home/.config/ccgrant/config.toml',
      `[profiles.dev]\nissuer = "${issuer}"\nclient_assertion_command = ${command}\n`,
    );
    answerMetadata(cli);
    answerToken(cli, 'abc');

    expect(await cli.run(['token', '--profile', 'dev'])).toEqual(success('abc\n'));
    expect(sentAssertion(cli)).toBe(foreign);
  });

  test('comes from the runner of GitHub Actions, asked with its token for the audience', async ({ cli }) => {
    answerMetadata(cli);
    cli.answer('GET', `${githubUrl}&audience=${encodeURIComponent(issuer)}`, { json: { value: foreign, count: 1 } });
    answerToken(cli, 'abc');
    const env = { CCGRANT_ISSUER: issuer, ...github };

    const { exitCode, stdout, stderr } = await cli.run(['token', '-v', '--client-assertion-from', 'github-actions'], {
      env,
    });
    expect({ exitCode, stdout }, stderr).toEqual({ exitCode: 0, stdout: 'abc\n' });
    expect(sentAssertion(cli)).toBe(foreign);
    expect(cli.requests[1]?.headers.authorization).toBe('Bearer runner-token-1');
    expect(stderr).not.toContain('runner-token-1');
    expect(stderr).not.toContain(foreign);
  });

  test('of GitHub Actions leaves no trace of the token that it was asked with', async ({ cli }) => {
    answerMetadata(cli);
    cli.answer('GET', `${githubUrl}&audience=${encodeURIComponent(issuer)}`, { json: { value: foreign } });
    cli.answer('POST', tokenEndpoint, {
      status: 400,
      json: { error: 'invalid_client', error_description: `${github.ACTIONS_ID_TOKEN_REQUEST_TOKEN} ${foreign}` },
    });
    const { exitCode, stderr } = await cli.run(['token', '--client-assertion-from', 'github-actions'], {
      env: { CCGRANT_ISSUER: issuer, ...github },
    });
    expect(exitCode).toBe(3);
    expect(stderr).toContain('"[secret] [assertion]"');
    expect(stderr).toContain('iss https://kubernetes.default.svc, sub system:sa');
  });

  test('of GitHub Actions is of one job only: another job gets a token of its own', async ({ cli }) => {
    answerMetadata(cli);
    for (const job of ['1', '2']) {
      cli.answer('GET', `https://runner.example.com/job-${job}?audience=${encodeURIComponent(issuer)}`, {
        json: { value: foreign },
      });
      answerToken(cli, `of-job-${job}`);
    }
    const run = (job: string) =>
      cli.run(['token', '--client-assertion-from', 'github-actions'], {
        env: {
          CCGRANT_ISSUER: issuer,
          ...github,
          ACTIONS_ID_TOKEN_REQUEST_URL: `https://runner.example.com/job-${job}`,
        },
      });

    expect(await run('1')).toEqual(success('of-job-1\n'));
    expect(await run('1')).toEqual(success('of-job-1\n'));
    expect(await run('2')).toEqual(success('of-job-2\n'));
  });

  test('that is refused may say of itself what it wants', async ({ cli }) => {
    const claims = { iss: { toString: 1 }, sub: [7, 's'.repeat(50_000)], aud: ['a', 'b'], exp: now + 600 };
    await cli.writeFile('token', unsignedToken(claims));
    answerMetadata(cli);
    cli.answer('POST', tokenEndpoint, { status: 401, json: { error: 'invalid_client' } });
    const { exitCode, stderr } = await cli.run(['token', '--client-assertion-file', 'token'], {
      env: { CCGRANT_ISSUER: issuer },
    });
    expect(exitCode, stderr).toBe(3);
    expect(stderr).toContain('aud a b');
    expect(stderr.length).toBeLessThan(1000);
  });

  test.for(['runner\ntoken', 'runner token', 'töken'])(
    'cannot be asked for with %j as the token of the runner, which fits no header field',
    async (token, { cli }) => {
      const stderr = await refused(cli, ['--client-assertion-from', 'github-actions'], {
        CCGRANT_ISSUER: issuer,
        ...github,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: token,
      });
      expect(stderr).toContain('this is no job of GitHub Actions that may ask for ID tokens');
      expect(cli.requests).toEqual([]);
    },
  );

  test('that GitHub Actions does not give is a failure that says so', async ({ cli }) => {
    answerMetadata(cli);
    cli.answer('GET', `${githubUrl}&audience=${encodeURIComponent(issuer)}`, { status: 403, body: 'no' });
    const { exitCode, stderr } = await cli.run(['token', '--client-assertion-from', 'github-actions'], {
      env: { CCGRANT_ISSUER: issuer, ...github },
    });
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(
      /GitHub Actions gave no ID token.*\n.*403 from GET https:\/\/runner\.example\.com\/idtoken\n.*id-token: write/,
    );
  });

  test('that introspects a token in vain is named without a client id', async ({ cli }) => {
    await cli.writeFile('token', foreign);
    answerMetadata(cli);
    cli.answer('POST', `${issuer}/introspect`, { json: { active: false } });
    const token = unsignedToken({ iss: issuer, aud: 'api', exp: now + 60 });

    const { exitCode, stderr } = await cli.run(['introspect', token, '--client-assertion-file', 'token'], {
      env: { CCGRANT_ISSUER: issuer },
    });
    expect(exitCode).toBe(5);
    expect(stderr).toContain("this client is not in the token's aud");
  });
});
