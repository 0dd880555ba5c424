import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader, exportJWK, exportPKCS8, generateKeyPair } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DemoServers, startDemoServers } from '../support/demo-servers.ts';
import { type DpopApi, startDpopApi } from '../support/dpop-api.ts';
import { type Answer, json } from '../support/http-server.ts';
import { openScene } from '../support/http-server-scene.ts';
import { createWorkspace, type Workspace } from '../support/run-ccgrant.ts';

const client = { client_id: 'bound', client_secret: 'not-a-real-secret', dpop_bound_access_tokens: true };

let servers: DemoServers;
let api: DpopApi;

beforeAll(async () => {
  servers = await startDemoServers([client], ['--dpop-nonce']);
  api = await startDpopApi(servers.issuer);
});

afterAll(async () => {
  await api?.[Symbol.asyncDispose]();
  await servers?.stop();
});

async function openWorkspace(): Promise<Workspace & AsyncDisposable> {
  const workspace = await createWorkspace({
    CCGRANT_ISSUER: servers.issuer,
    CCGRANT_CLIENT_ID: client.client_id,
    CCGRANT_CLIENT_SECRET: client.client_secret,
  });
  return { ...workspace, [Symbol.asyncDispose]: workspace.remove };
}

function cached(workspace: Workspace, folder: string): Promise<string[]> {
  return readdir(join(workspace.cacheHome, 'ccgrant', folder)).catch(() => []);
}

/** Runs a command that must succeed, and returns what it wrote. */
async function succeed(workspace: Workspace, ...args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const { exitCode, stdout, stderr } = await workspace.run(args);
  expect({ exitCode, stderr }, args.join(' ')).toMatchObject({ exitCode: 0 });
  return { stdout: stdout.trim(), stderr };
}

async function tokenRequestsFor(action: () => Promise<unknown>): Promise<number> {
  const before = await servers.tokenRequests();
  await action();
  return (await servers.tokenRequests()) - before;
}

const orders = (): string => `${api.origin}/orders`;

describe('a server that wants a nonce, and an API that wants another one', () => {
  test('token, introspect, verify, call and revoke work with a bound token', async () => {
    await using workspace = await openWorkspace();
    const { stdout: token, stderr } = await succeed(workspace, 'token', '--dpop', '--scope', 'api:read');
    expect(stderr).toBe('');
    const { jkt } = decodeJwt<{ cnf: { jkt: string } }>(token).cnf;
    expect(await cached(workspace, 'keys')).toEqual([`${Buffer.from(jkt, 'base64url').toString('hex')}.v1`]);

    const introspected = await succeed(workspace, 'introspect', token);
    expect(JSON.parse(introspected.stdout)).toMatchObject({ active: true, token_type: 'DPoP', cnf: { jkt } });

    expect((await succeed(workspace, 'token', '--dpop', '--scope', 'api:read')).stdout).toBe(token);
    const called = await succeed(workspace, 'call', orders(), '--dpop', '--scope', 'api:read', '--json', '{"a":1}');
    expect(JSON.parse(called.stdout)).toEqual({ method: 'POST', body: '{"a":1}' });

    const listed = JSON.parse((await succeed(workspace, 'cache', 'list', '--json')).stdout);
    expect(listed).toMatchObject([{ token_type: 'DPoP', cnf: { jkt } }]);
    expect((await succeed(workspace, 'cache', 'list')).stdout).toContain(`bound to ${jkt} (DPoP)`);
    expect((await succeed(workspace, 'decode', '--cached', '--raw')).stdout).toContain(jkt);

    await succeed(workspace, 'revoke', '--cached');
    expect(await workspace.run(['introspect', token])).toMatchObject({ exitCode: 5 });
    expect([await cached(workspace, 'tokens'), await cached(workspace, 'keys')]).toEqual([[], []]);
  });

  test('the token is asked for in two requests the first time, and the API is called in two', async () => {
    await using workspace = await openWorkspace();
    const call = (): Promise<unknown> => succeed(workspace, 'call', orders(), '--dpop');
    const calls = (): number => api.requests('/orders').length;
    const before = calls();
    expect(await tokenRequestsFor(call)).toBe(2);
    expect(calls() - before).toBe(2);
  });

  test('what each wants is known to the next run', async () => {
    await using workspace = await openWorkspace();
    await succeed(workspace, 'call', orders(), '--dpop');
    const before = api.requests('/orders').length;
    expect(await tokenRequestsFor(() => succeed(workspace, 'call', orders(), '--dpop', '--fresh'))).toBe(1);
    expect(api.requests('/orders').length - before).toBe(1);
  });

  test('a nonce that has changed costs one more request, on the same connection', async () => {
    await using workspace = await openWorkspace();
    await succeed(workspace, 'call', orders(), '--dpop');
    api.changeNonce();
    const { requests, connections } = { requests: api.requests('/orders').length, connections: api.connections };
    await succeed(workspace, 'call', orders(), '--dpop');
    expect(api.requests('/orders').length - requests).toBe(2);
    expect(api.connections - connections).toBe(1);
  });

  test('a body that comes through a pipe can be sent once a nonce is known', async () => {
    await using workspace = await openWorkspace();
    const send = ['call', orders(), '--dpop', '-T', '-'];
    const refused = await workspace.run(send, { stdin: 'one' });
    expect(refused.exitCode).toBe(22);
    expect(refused.stderr).toContain('hint:   the API wants a nonce first, and the body cannot be sent twice');
    const sent = await workspace.run(send, { stdin: 'two' });
    expect(JSON.parse(sent.stdout)).toEqual({ method: 'PUT', body: 'two' });
  });

  test('each hop of a redirect has a proof of its own', async () => {
    await using workspace = await openWorkspace();
    const { stdout } = await succeed(workspace, 'call', `${api.origin}/moved`, '-L', '--dpop', '-d', 'a=1');
    expect(JSON.parse(stdout)).toEqual({ method: 'POST', body: 'a=1' });
  });
});

describe('the key of a token', () => {
  test('lies in a file of its own that only this user can read, and appears nowhere else', async () => {
    await using workspace = await openWorkspace();
    const { stderr } = await succeed(workspace, 'call', orders(), '--dpop', '-v');
    const [name = ''] = await cached(workspace, 'keys');
    const file = join(workspace.cacheHome, 'ccgrant', 'keys', name);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const record = await readFile(file, 'utf8');
    const [, secret = ''] = /PRIVATE KEY-----\\n(.{64})/.exec(record) ?? [];
    expect(secret).toHaveLength(64);
    const [entry = ''] = await cached(workspace, 'tokens');
    expect(await readFile(join(workspace.cacheHome, 'ccgrant', 'tokens', entry), 'utf8')).not.toContain('PRIVATE');
    expect(stderr).toContain('> DPoP: [secret]');
    expect(stderr).not.toContain(secret);
    expect(stderr).not.toMatch(/eyJ[\w-]{20}/);
  });

  test.each<[string, (file: string, other: string) => Promise<void>]>([
    ['is not there any more', (file) => rm(file)],
    ['is damaged', (file) => writeFile(file, 'damaged')],
    ['is that of another token', async (file, other) => writeFile(file, await readFile(other))],
    ['can be read by others', async (file) => (await import('node:fs/promises')).chmod(file, 0o644)],
  ])('when it %s, another token is asked for', async (_, spoil) => {
    await using workspace = await openWorkspace();
    const directory = join(workspace.cacheHome, 'ccgrant', 'keys');
    const { stdout: first } = await succeed(workspace, 'token', '--dpop');
    const [name = ''] = await cached(workspace, 'keys');
    await succeed(workspace, 'token', '--dpop', '--scope', 'api:write');
    const [other = ''] = (await cached(workspace, 'keys')).filter((one) => one !== name);
    // A memo that is there must not answer either.
    await succeed(workspace, 'token', '--dpop');
    await spoil(join(directory, name), join(directory, other));
    const { stdout: second } = await succeed(workspace, 'token', '--dpop');
    expect(second).not.toBe(first);
    await succeed(workspace, 'call', orders(), '--dpop');
  });

  test('goes when its token is replaced, and the new one has another', async () => {
    await using workspace = await openWorkspace();
    await succeed(workspace, 'token', '--dpop');
    const before = await cached(workspace, 'keys');
    await succeed(workspace, 'token', '--dpop', '--fresh');
    const after = await cached(workspace, 'keys');
    expect(after).toHaveLength(1);
    expect(after).not.toEqual(before);
  });

  test.each(['cache clear', 'cache clear --client-id bound'])('goes with %s', async (command) => {
    await using workspace = await openWorkspace();
    await succeed(workspace, 'token', '--dpop');
    await succeed(workspace, ...command.split(' '));
    expect(await cached(workspace, 'keys')).toEqual([]);
  });

  test('is shared by fifty that come at once, for one token', async () => {
    await using workspace = await openWorkspace();
    await succeed(workspace, 'discover');
    const calls = await tokenRequestsFor(async () => {
      const all = await Promise.all(
        Array.from({ length: 50 }, () => workspace.run(['call', orders(), '--dpop'], { timeout: 120_000 })),
      );
      expect(all.filter(({ exitCode }) => exitCode !== 0)).toEqual([]);
    });
    expect(calls).toBe(2);
    expect(await cached(workspace, 'keys')).toHaveLength(1);
  }, 120_000);
});

describe('a key of a file', () => {
  test.each(['pem', 'jwk'])('as %s binds the token, which another run uses, and verify knows it', async (form) => {
    await using workspace = await openWorkspace();
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const content = form === 'pem' ? await exportPKCS8(privateKey) : JSON.stringify(await exportJWK(privateKey));
    await workspace.writeFile('key', content);
    await workspace.writeFile('public.jwk', JSON.stringify(await exportJWK(publicKey)));
    const { stdout: token } = await succeed(workspace, 'token', '--dpop-key', 'key');
    expect((await succeed(workspace, 'token', '--dpop-key', 'key')).stdout).toBe(token);
    expect(await cached(workspace, 'keys')).toEqual([]);
    await succeed(workspace, 'call', orders(), '--dpop-key', 'key');
    await succeed(workspace, 'verify', token, '--bound-to-key', 'public.jwk');
    await succeed(workspace, 'verify', token, '--bound-to-key', 'key');

    await workspace.writeFile('token', token);
    await succeed(workspace, 'call', orders(), '--token-file', 'token', '--dpop-key', 'key');
  });

  test('is another one after it was replaced, and so is the token', async () => {
    await using workspace = await openWorkspace();
    const write = async (): Promise<unknown> =>
      workspace.writeFile('key', await exportPKCS8((await generateKeyPair('ES256', { extractable: true })).privateKey));
    await write();
    const { stdout: first } = await succeed(workspace, 'token', '--dpop-key', 'key');
    await write();
    expect((await succeed(workspace, 'token', '--dpop-key', 'key')).stdout).not.toBe(first);
    await succeed(workspace, 'call', orders(), '--dpop-key', 'key');
  });

  test('without the cache binds a token that the next run can use', async () => {
    await using workspace = await openWorkspace();
    const { privateKey } = await generateKeyPair('Ed25519', { extractable: true });
    await workspace.writeFile('key', await exportPKCS8(privateKey));
    const { stdout: token } = await succeed(workspace, 'token', '--no-cache', '--dpop-key', 'key');
    await workspace.writeFile('token', token);
    const { stdout } = await succeed(workspace, 'call', orders(), '--token-file', 'token', '--dpop-key', 'key', '-i');
    expect(stdout).toContain('200');
  });
});

test('the header says each time that it is not enough', async () => {
  await using workspace = await openWorkspace();
  for (const _ of ['first', 'from the cache', 'once more']) {
    const { stderr } = await succeed(workspace, 'token', '--dpop', '--format', 'header');
    expect(stderr).toBe('each request with this token needs a proof of its own: use ccgrant call\n');
  }
});

test('a token that may not be kept is shared with its key by those who come at once', async () => {
  const answer: Answer = async () => {
    await new Promise((resolve) => setTimeout(resolve, 1500));
    return json({ access_token: 'opaque-token', token_type: 'DPoP' });
  };
  await using scene = await openScene({ '/token': answer, '/api': json({}) });
  const call = () => scene.run(['call', `${scene.server.origin}/api`, '--dpop']);
  const all = await Promise.all([call(), call(), call()]);
  expect(all.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
  expect(scene.server.requests('/token')).toHaveLength(1);
  const shown = scene.server.requests('/api').map(({ headers }) => decodeProtectedHeader(String(headers.dpop)).jwk?.x);
  expect(new Set(shown).size).toBe(1);
  expect(await readdir(join(scene.workspace.cacheHome, 'ccgrant', 'keys'))).toEqual([]);
});

test('a client that has to bind its tokens and does not is told what to do', async () => {
  await using workspace = await openWorkspace();
  const { exitCode, stderr } = await workspace.run(['token']);
  expect(exitCode).toBe(3);
  expect(stderr).toContain('hint:   does this client have to bind its tokens to a key? then say --dpop');
});

test('a bearer token at an API that takes none is told what to do', async () => {
  await using workspace = await openWorkspace();
  const { exitCode, stderr } = await workspace.run(['call', orders(), '--token-file', '-'], { stdin: 'abc' });
  expect(exitCode).toBe(22);
  expect(stderr).toContain('hint:   this API takes only tokens that are bound to a key: say --dpop');
});

test('a proof is never sent twice', () => {
  const sent = api.requests().flatMap(({ headers }) => (headers.dpop === undefined ? [] : [String(headers.dpop)]));
  const digests = new Set(sent.map((proof) => createHash('sha256').update(proof).digest('hex')));
  expect(sent.length).toBeGreaterThan(10);
  expect(digests.size).toBe(sent.length);
});
