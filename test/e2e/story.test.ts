import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DemoClient, type DemoServers, startDemoServers } from '../support/demo-servers.ts';
import { createWorkspace, type Workspace } from '../support/run-ccgrant.ts';

const oddPost = { clientId: 'odd-post', clientSecret: 'S3cr3t/+=%"' };

let servers: DemoServers;

beforeAll(async () => {
  servers = await startDemoServers([
    {
      client_id: oddPost.clientId,
      client_secret: oddPost.clientSecret,
      token_endpoint_auth_method: 'client_secret_post',
    },
  ]);
});

afterAll(async () => {
  await servers?.stop();
});

/** A workspace in which `secret.txt` holds the secret of the client, and `rs.txt` that of the resource server. */
async function openWorkspace(client: DemoClient, env: Readonly<Record<string, string>> = {}) {
  const workspace = await createWorkspace({
    CCGRANT_ISSUER: servers.issuer,
    CCGRANT_CLIENT_ID: client.clientId,
    CCGRANT_CLIENT_SECRET_FILE: 'secret.txt',
    ...env,
  });
  await workspace.writeFile('secret.txt', `${client.clientSecret}\n`);
  await workspace.writeFile('rs.txt', servers.clients.resourceServer.clientSecret);
  return { ...workspace, [Symbol.asyncDispose]: workspace.remove };
}

const asResourceServer = ['--client-id', 'rs', '--client-secret-file', 'rs.txt'];

/** Runs a command that must succeed, and returns its standard output. */
async function succeed(workspace: Workspace, args: readonly string[], stdin = ''): Promise<string> {
  const result = await workspace.run(args, { stdin });
  expect(result, args.join(' ')).toMatchObject({ exitCode: 0, signal: null });
  return result.stdout;
}

interface StoryRow {
  readonly method: string;
  readonly secret: string;
  readonly client: () => DemoClient;
  readonly options: readonly string[];
}

const post = ['--auth-method', 'client_secret_post'];

describe('the story: token, decode, verify, introspect, call, revoke, introspect', () => {
  const rows: StoryRow[] = [
    { method: 'client_secret_basic', secret: 'an ordinary', client: () => servers.clients.basic, options: [] },
    { method: 'client_secret_post', secret: 'an ordinary', client: () => servers.clients.post, options: post },
    { method: 'client_secret_basic', secret: 'an odd', client: () => servers.clients.oddSecret, options: [] },
    { method: 'client_secret_post', secret: 'an odd', client: () => oddPost, options: post },
  ];

  for (const { method, secret, client, options } of rows)
    test.concurrent(`runs by ${method} with ${secret} secret`, async () => {
      await using workspace = await openWorkspace(client());
      const { clientId } = client();

      const printed = await succeed(workspace, ['token', '--scope', 'api:read', ...options]);
      expect(printed).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
      const token = printed.trim();

      const decoded = await workspace.run(['decode', token, '--format', 'json']);
      expect(decoded.exitCode).toBe(0);
      expect(decoded.stderr).toContain('NOT VERIFIED');
      const { header, payload } = JSON.parse(decoded.stdout);
      expect(header).toMatchObject({ typ: 'at+jwt', alg: 'RS256' });
      expect(payload).toMatchObject({
        iss: servers.issuer,
        aud: servers.audience,
        client_id: clientId,
        scope: 'api:read',
      });

      const checks = ['--audience', servers.audience, '--scope', 'api:read'];
      const verified = await succeed(workspace, ['verify', token, ...checks, '--at-jwt', '--format', 'json']);
      expect(JSON.parse(verified)).toMatchObject({ valid: true, header, payload });

      const before = await succeed(workspace, ['introspect', ...asResourceServer], `${token}\n`);
      expect(JSON.parse(before)).toMatchObject({ active: true, client_id: clientId, scope: 'api:read' });

      const url = `${servers.apiUrl}/private-scoped`;
      const called = await succeed(workspace, ['call', url, '--scope', 'api:read', ...options]);
      expect(JSON.parse(called)).toEqual({
        message: 'Authorization with a scope named api:read is required to see this',
      });

      expect(await succeed(workspace, ['revoke', token, ...options])).toBe('');

      const after = await workspace.run(['introspect', token, ...asResourceServer]);
      expect(after.exitCode).toBe(5);
      expect(JSON.parse(after.stdout)).toEqual({ active: false });
      expect(after.stderr).toMatch(/^error\[token_not_active\]: /);
    });
});

test('the same token asked for twice makes one token request, whatever the order of its scopes', async () => {
  await using workspace = await openWorkspace(servers.clients.basic);
  const before = await servers.tokenRequests();
  const first = await succeed(workspace, ['token', '--scope', 'api:read api:write']);
  const second = await succeed(workspace, ['token', '--scope', 'api:write', '--scope', 'api:read']);
  await succeed(workspace, ['call', `${servers.apiUrl}/private`, '--scope', 'api:read api:write']);
  expect(second).toBe(first);
  expect(await servers.tokenRequests()).toBe(before + 1);
});

// No two tokens of this server are equal: the same one again was not asked for again.
describe.concurrent('the cache', () => {
  for (const [option, kept] of [
    ['--fresh', 'second'],
    ['--no-cache', 'first'],
  ] as const) {
    test(`is passed by with ${option}, and has the ${kept} token afterwards`, async () => {
      await using workspace = await openWorkspace(servers.clients.basic);
      const first = await succeed(workspace, ['token']);
      const second = await succeed(workspace, ['token', option]);
      expect(second).not.toBe(first);
      expect(await succeed(workspace, ['token'])).toBe(kept === 'second' ? second : first);
    });
  }

  test('no longer has a token that was revoked', async () => {
    await using workspace = await openWorkspace(servers.clients.basic);
    const token = await succeed(workspace, ['token']);
    await succeed(workspace, ['revoke'], token);
    expect(await succeed(workspace, ['token'])).not.toBe(token);
  });

  test('is not missed: with a file in its place the token is printed, with one warning', async () => {
    await using workspace = await openWorkspace(servers.clients.basic);
    await writeFile(join(workspace.cacheHome, 'ccgrant'), 'in the way');
    const { exitCode, stdout, stderr } = await workspace.run(['token']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    expect(stderr.trimEnd().split('\n')).toEqual([expect.stringMatching(/^warning: .*is not a directory/)]);
  });
});

describe.concurrent('--cached', () => {
  test('decodes, verifies, introspects and revokes the cached token and no other', async () => {
    await using workspace = await openWorkspace(servers.clients.basic);
    const token = await succeed(workspace, ['token', '--scope', 'api:read']);
    const { jti } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

    const decoded = JSON.parse(await succeed(workspace, ['decode', '--cached', '--format', 'json']));
    expect(decoded.payload.jti).toBe(jti);
    const verified = JSON.parse(await succeed(workspace, ['verify', '--cached', '--format', 'json']));
    expect(verified.payload.jti).toBe(jti);
    const introspected = JSON.parse(await succeed(workspace, ['introspect', '--cached']));
    expect(introspected).toMatchObject({ active: true, jti });
    await succeed(workspace, ['revoke', '--cached']);

    const after = await workspace.run(['introspect', ...asResourceServer], { stdin: token });
    expect(after.exitCode).toBe(5);
  });

  test('takes the exact match of what is asked for; without one exits 2 and lists what there is', async () => {
    await using workspace = await openWorkspace(servers.clients.basic);
    await succeed(workspace, ['token', '--scope', 'api:read']);
    await succeed(workspace, ['token', '--scope', 'api:write']);
    const args = ['decode', '--cached', '--scope', 'api:write', '--format', 'json'];
    expect(JSON.parse(await succeed(workspace, args)).payload.scope).toBe('api:write');

    const { exitCode, stdout, stderr } = await workspace.run(['decode', '--cached']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain('api:read');
    expect(stderr).toContain('api:write');
  });

  test('exits 2 and says how to get a token when there is none', async () => {
    await using workspace = await openWorkspace(servers.clients.basic);
    const { exitCode, stdout, stderr } = await workspace.run(['decode', '--cached', '--scope', 'api:read']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/hint: .*ccgrant token --scope api:read/);
  });

  test('exits 2 for the token of another client', async () => {
    await using workspace = await openWorkspace(servers.clients.basic);
    await succeed(workspace, ['token']);
    expect(await workspace.run(['decode', '--cached', '--client-id', 'rs'])).toMatchObject({ exitCode: 2, stdout: '' });
  });
});

describe.concurrent('discovery', () => {
  test('prints the metadata and says on standard error which URL gave it', async () => {
    await using workspace = await openWorkspace(servers.clients.basic);
    const { exitCode, stdout, stderr } = await workspace.run(['discover']);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ issuer: servers.issuer, token_endpoint: `${servers.issuer}/token` });
    expect(stderr).toContain(`${servers.issuer}/.well-known/openid-configuration`);
  });

  test('takes a pasted well-known URL for the issuer, through the whole story', async () => {
    await using workspace = await openWorkspace(servers.clients.basic, {
      CCGRANT_ISSUER: `${servers.issuer}/.well-known/openid-configuration`,
    });
    const { metadata_url, issuer } = JSON.parse(await succeed(workspace, ['discover', '--format', 'json']));
    expect({ metadata_url, issuer }).toEqual({
      metadata_url: `${servers.issuer}/.well-known/openid-configuration`,
      issuer: servers.issuer,
    });
    const token = await succeed(workspace, ['token', '--scope', 'api:read']);
    await succeed(workspace, ['decode', '--cached']);
    const verified = JSON.parse(await succeed(workspace, ['verify', '--format', 'json'], token));
    expect(verified.checks).toContainEqual({ check: 'iss', ok: true });
    await succeed(workspace, ['introspect', ...asResourceServer], token);
    await succeed(workspace, ['call', `${servers.apiUrl}/private-scoped`, '--scope', 'api:read']);
    await succeed(workspace, ['revoke'], token);
    expect(await workspace.run(['introspect', ...asResourceServer], { stdin: token })).toMatchObject({ exitCode: 5 });
  });
});

describe.concurrent('a refusal', () => {
  test('of a scope that the client may not have is exit 3 with what was sent and what came back', async () => {
    await using workspace = await openWorkspace(servers.clients.restricted);
    const { exitCode, stdout, stderr } = await workspace.run(['token', '--scope', 'api:write']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toMatch(/^error\[invalid_scope\]: [a-z]/);
    expect(stderr).toContain(`server: 400 from POST ${servers.issuer}/token: `);
    expect(stderr).toMatch(
      /sent: {3}client_secret_basic, client_id=restricted, secret from CCGRANT_CLIENT_SECRET_FILE/,
    );
    expect(stderr).toMatch(/hint: {3}\S/);
  });

  test('is one JSON object on standard error with --format json', async () => {
    await using workspace = await openWorkspace(servers.clients.restricted);
    const { exitCode, stdout, stderr } = await workspace.run(['token', '--scope', 'api:write', '--format', 'json']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(JSON.parse(stderr)).toEqual({
      error: expect.objectContaining({
        code: 'invalid_scope',
        message: expect.any(String),
        status: 400,
        hint: expect.any(String),
      }),
    });
  });

  for (const [what, name] of [
    ['a wrong secret', 'demo'],
    ['an unknown client', 'nobody'],
  ] as const)
    test(`of ${what} is exit 3 invalid_client`, async () => {
      await using workspace = await openWorkspace({ clientId: name, clientSecret: 'wrong' });
      const { exitCode, stdout, stderr } = await workspace.run(['token']);
      expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
      expect(stderr).toMatch(/^error\[invalid_client\]: /);
    });

  test('of a call without the scope is exit 22, with the body on standard output and the scope in the hint', async () => {
    await using workspace = await openWorkspace(servers.clients.basic);
    const args = ['call', `${servers.apiUrl}/private-scoped`, '--scope', 'api:write'];
    const { exitCode, stdout, stderr } = await workspace.run(args);
    expect(exitCode).toBe(22);
    expect(JSON.parse(stdout)).toMatchObject({ error: 'insufficient_scope', scope: 'api:read' });
    expect(stderr).toMatch(/hint: .*--scope '?api:read/);
  });
});

test.concurrent('an opaque token is introspected, cannot be decoded, and cannot be verified', async () => {
  await using workspace = await openWorkspace(servers.clients.basic);
  const token = await succeed(workspace, ['token', '--resource', servers.opaqueResource]);
  expect(token).toMatch(/^[\w-]+\n$/);
  expect(JSON.parse(await succeed(workspace, ['introspect'], token))).toMatchObject({ active: true });
  const decoded = await workspace.run(['decode'], { stdin: token });
  expect(decoded).toMatchObject({ exitCode: 2, stdout: '' });
  expect(decoded.stderr).toMatch(/not a JWT[\s\S]*hint: .*introspect/);
  expect(await workspace.run(['verify'], { stdin: token })).toMatchObject({ exitCode: 5 });
});
