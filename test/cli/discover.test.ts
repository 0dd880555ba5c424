import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { test } from '../support/run-in-process.ts';
import { answerMetadata, failure, issuer, metadata, metadataUrl, report } from './support/scene.ts';

const env = { CCGRANT_ISSUER: issuer };
const documentHint =
  'check the issuer (on Keycloak http://HOST/realms/NAME), or give the endpoints: --token-endpoint URL';

describe('discover', () => {
  test('prints the metadata as the server wrote it, and on standard error where it came from', async ({ cli }) => {
    answerMetadata(cli, { custom: ['a', { b: 1.5 }] });

    const { stdout, ...rest } = await cli.run(['discover'], { env });
    expect({ ...rest, document: JSON.parse(stdout) }).toEqual({
      exitCode: 0,
      stderr: `metadata from ${metadataUrl}\n`,
      document: { ...metadata, custom: ['a', { b: 1.5 }] },
    });
    expect(cli.requests).toEqual([
      {
        method: 'GET',
        url: metadataUrl,
        headers: { accept: 'application/json', 'accept-encoding': 'identity' },
        body: '',
      },
    ]);
  });

  test.for([['--format', 'json'], ['--json']])('says in JSON which URL gave it: %s', async (args, { cli }) => {
    answerMetadata(cli);

    const { stdout, ...rest } = await cli.run(['discover', ...args], { env });
    expect({ ...rest, document: JSON.parse(stdout) }).toEqual({
      exitCode: 0,
      stderr: '',
      document: { ...metadata, metadata_url: metadataUrl },
    });
  });

  test('needs no client', async ({ cli }) => {
    answerMetadata(cli);

    expect(await cli.run(['discover', '-q', '--issuer', issuer])).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test('asks anew each time, and leaves what it got to the other commands', async ({ cli }) => {
    cli.answer('GET', metadataUrl, { json: metadata, times: 2 });
    await cli.run(['discover'], { env });
    await cli.run(['discover'], { env });
    expect(cli.requests).toHaveLength(2);

    cli.answer('POST', metadata.token_endpoint, {
      json: { access_token: 'abc', token_type: 'Bearer', expires_in: 300 },
    });
    expect(await cli.run(['token', '--client-id', 'ci-bot', '--auth-method', 'none'], { env })).toMatchObject({
      exitCode: 0,
      stdout: 'abc\n',
    });
    expect(cli.requests).toHaveLength(3);
  });

  test('writes nothing with --no-cache', async ({ cli }) => {
    answerMetadata(cli);

    expect(await cli.run(['discover', '--no-cache'], { env })).toMatchObject({ exitCode: 0 });
    expect(await readdir(join(cli.home))).toEqual([]);
  });

  test('asks the well-known places of an issuer with a path in their order', async ({ cli }) => {
    const realm = `${issuer}/realms/myorg`;
    const places = [
      `${realm}/.well-known/openid-configuration`,
      `${issuer}/.well-known/oauth-authorization-server/realms/myorg`,
      `${issuer}/.well-known/openid-configuration/realms/myorg`,
      `${realm}/.well-known/oauth-authorization-server`,
    ];
    for (const place of places.slice(0, 3)) cli.answer('GET', place, { status: 404 });
    cli.answer('GET', places[3] ?? '', { json: { issuer: realm } });

    const { stdout, exitCode } = await cli.run(['discover', '--json', '--issuer', realm]);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ issuer: realm, metadata_url: places[3] });
    expect(cli.requests.map(({ url }) => url)).toEqual(places);
  });

  test('keeps the slash at the end of an issuer for comparison only', async ({ cli }) => {
    cli.answer('GET', metadataUrl, { json: { ...metadata, issuer: `${issuer}/` } });

    expect(await cli.run(['discover', '-q', '--issuer', `${issuer}/`])).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test.for([metadataUrl, `${issuer}/.well-known/oauth-authorization-server`])(
    'takes a pasted well-known URL in place of the issuer: %s',
    async (url, { cli }) => {
      cli.answer('GET', url, { json: metadata });

      const { stdout, exitCode } = await cli.run(['discover', '--json', '--issuer', url]);
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toEqual({ ...metadata, metadata_url: url });
    },
  );

  test.for<[name: string, other: string]>([
    ['a slash more', `${issuer}/`],
    ['another case', 'https://AS.example.com'],
    ['another host', 'https://evil.example'],
    ['another scheme', 'http://as.example.com'],
  ])('refuses the metadata of an issuer with %s', async ([, other], { cli }) => {
    cli.answer('GET', metadataUrl, { json: { ...metadata, issuer: other } });
    cli.answer('GET', `${issuer}/.well-known/oauth-authorization-server`, { status: 404 });

    const { stderr, ...rest } = await cli.run(['discover'], { env });
    expect(rest).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toMatch(/^error\[issuer_mismatch\]: /);
    expect(stderr).toContain(other);
  });

  test.for<[name: string, answer: object, reason: string]>([
    ['404', { status: 404, body: 'no' }, '404'],
    ['HTML', { body: '<html>', headers: { 'content-type': 'text/html' } }, 'no JSON object'],
    ['a document without issuer', { json: { token_endpoint: 'x' } }, 'metadata without an issuer'],
  ])('exits 4 where every place answers with %s', async ([, answer, reason], { cli }) => {
    const second = `${issuer}/.well-known/oauth-authorization-server`;
    cli.answer('GET', metadataUrl, answer);
    cli.answer('GET', second, answer);

    expect(await cli.run(['discover'], { env })).toEqual(
      failure(
        4,
        report('metadata_unavailable', `no metadata of ${issuer}`, {
          server: `${reason} from ${metadataUrl}; ${reason} from ${second}`,
          hint: documentHint,
        }),
      ),
    );
  });

  test('exits 4 and retries where the server is busy', async ({ cli }) => {
    const second = `${issuer}/.well-known/oauth-authorization-server`;
    cli.answer('GET', metadataUrl, { status: 503, headers: { 'retry-after': '0' }, times: 3 });
    cli.answer('GET', second, { status: 503, headers: { 'retry-after': '0' }, times: 3 });

    expect(await cli.run(['discover'], { env })).toMatchObject({ exitCode: 4, stdout: '' });
  });

  test('follows a redirect within https, and not one down to http', async ({ cli }) => {
    const elsewhere = 'https://login.example.com/metadata';
    cli.answer('GET', metadataUrl, { status: 302, headers: { location: elsewhere } });
    cli.answer('GET', elsewhere, { json: metadata });
    expect(await cli.run(['discover', '-q'], { env })).toMatchObject({ exitCode: 0, stderr: '' });

    cli.answer('GET', metadataUrl, { status: 302, headers: { location: 'http://login.example.com/metadata' } });
    const { stderr, ...rest } = await cli.run(['discover', '-q'], { env });
    expect(rest).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toMatch(/^error\[unexpected_redirect\]: /);
  });

  test('names the options where no issuer is given', async ({ cli }) => {
    const { stderr, ...rest } = await cli.run(['discover']);

    expect(rest).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error\[missing_setting\]: [\s\S]*--issuer URL or CCGRANT_ISSUER/);
  });

  test.for<[value: string, word: string]>([
    ['as.example.com', 'invalid_url'],
    ['ftp://as.example.com', 'invalid_url'],
    ['https://user:hunter22@as.example.com', 'invalid_url'],
    [`${issuer}?tenant=1`, 'invalid_url'],
    [`${issuer}#a`, 'invalid_url'],
    ['http://as.example.com', 'http_not_allowed'],
  ])('exits 2 for the issuer %s', async ([value, word], { cli }) => {
    const { stderr, ...rest } = await cli.run(['discover', '--issuer', value]);

    expect(rest).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^error\\[${word}\\]: .*\n {2}hint: {3}`));
    expect(stderr).not.toContain('hunter22');
  });

  test('exits 2 for an empty --issuer, and takes an empty variable for none', async ({ cli }) => {
    const empty = await cli.run(['discover', '--issuer', ''], { env });
    expect(empty).toMatchObject({ exitCode: 2, stdout: '' });
    expect(empty.stderr).toMatch(/^error\[usage\]: --issuer is empty\n/);

    const unset = await cli.run(['discover'], { env: { CCGRANT_ISSUER: '' } });
    expect(unset.stderr).toMatch(/^error\[missing_setting\]: /);
  });
});
