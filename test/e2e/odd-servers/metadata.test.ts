import { describe, expect, test } from 'vitest';
import type { Answer } from '../../support/http-server.ts';
import { closedPort, empty, json, redirect, startHttpServer, text } from '../../support/http-server.ts';
import { ended, metadata, metadataOf, openScene, tokenResponse } from '../../support/http-server-scene.ts';

const { access_token: token } = tokenResponse;

describe.concurrent('metadata', () => {
  const places = [
    '/tenant/.well-known/openid-configuration',
    '/.well-known/oauth-authorization-server/tenant',
    '/.well-known/openid-configuration/tenant',
    '/tenant/.well-known/oauth-authorization-server',
  ];
  for (const place of places) {
    test(`is found at ${place}`, async () => {
      await using server = await startHttpServer({
        [place]: ({ origin }) => json(metadataOf(`${origin}/tenant`)),
        '/token': json(tokenResponse),
      });
      await using scene = await openScene({}, { CCGRANT_ISSUER: `${server.origin}/tenant` });
      expect(await scene.run(['token'])).toEqual({ exitCode: 0, signal: null, stdout: `${token}\n`, stderr: '' });
      const asked = server.requests().map(({ path }) => path);
      expect(asked).toEqual([...places.slice(0, places.indexOf(place) + 1), '/token']);
    });
  }

  test('of the next place is asked for an endpoint that the first one lacks', async () => {
    await using scene = await openScene({
      '/.well-known/openid-configuration': metadata({ introspection_endpoint: undefined }),
      '/.well-known/oauth-authorization-server': metadata(),
    });
    const { exitCode, stdout } = await scene.run(['introspect', 'a-token']);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ active: true });
  });

  test('without the endpoint in any place is exit 3 with the option that names it', async () => {
    await using scene = await openScene({
      '/.well-known/openid-configuration': metadata({ revocation_endpoint: undefined }),
    });
    const { exitCode, stdout, stderr } = await scene.run(['revoke', 'a-token']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toMatch(/^error\[missing_endpoint\]: .*revocation_endpoint/);
    expect(stderr).toContain('--revocation-endpoint');
  });

  const mismatches: { what: string; given: (origin: string) => string; named: (origin: string) => string }[] = [
    { what: 'a trailing slash too few', given: (origin) => origin, named: (origin) => `${origin}/` },
    { what: 'a trailing slash too many', given: (origin) => `${origin}/`, named: (origin) => origin },
    { what: 'another case in the path', given: (origin) => `${origin}/tenant`, named: (origin) => `${origin}/Tenant` },
    {
      what: 'another host',
      given: (origin) => origin,
      named: (origin) => origin.replace('127.0.0.1', 'localhost'),
    },
  ];
  for (const { what, given, named } of mismatches) {
    test(`of an issuer with ${what} is exit 3, with the right issuer in the hint`, async () => {
      const answer: Answer = ({ origin }) => json(metadataOf(named(origin)));
      await using server = await startHttpServer({
        '/.well-known/openid-configuration': answer,
        '/tenant/.well-known/openid-configuration': answer,
        '/token': json(tokenResponse),
      });
      await using scene = await openScene({}, { CCGRANT_ISSUER: given(server.origin) });
      const { exitCode, stdout, stderr } = await scene.run(['token']);
      expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
      expect(stderr).toMatch(/^error\[issuer_mismatch\]: /);
      expect(stderr).toMatch(new RegExp(`hint: .*--issuer ${named(server.origin)}$`, 'm'));
      expect(server.requests('/token')).toEqual([]);
    });
  }

  test('is asked for once in ten minutes', async () => {
    await using scene = await openScene();
    const requests = () => scene.server.requests('/.well-known/openid-configuration').length;
    const later = (minutes: number) => ({
      preload: `const now = Date.now; Date.now = () => now() + ${minutes * 60_000};`,
    });
    for (const [minutes, seen] of [
      [0, 1],
      [9, 1],
      [11, 2],
    ] as const) {
      const scope = `at-minute-${minutes}`;
      expect(await ended(scene.start(['token', '--scope', scope], later(minutes)))).toMatchObject({ exitCode: 0 });
      expect(requests(), `after ${minutes} minutes`).toBe(seen);
    }
  });

  test('is asked for by discover every time', async () => {
    await using scene = await openScene();
    await scene.run(['discover']);
    await scene.run(['discover']);
    expect(scene.server.requests('/.well-known/openid-configuration')).toHaveLength(2);
  });

  const moves: { what: string; old: (origin: string) => Promise<string> }[] = [
    { what: 'is no longer there', old: async (origin) => `${origin}/old-token` },
    { what: 'is on a port where nobody listens', old: async () => `http://127.0.0.1:${await closedPort()}/token` },
  ];
  for (const { what, old } of moves) {
    test(`is asked for anew when the token_endpoint of the cached one ${what}`, async () => {
      let tokenEndpoint = '';
      await using scene = await openScene({
        '/.well-known/openid-configuration': () => metadata({ token_endpoint: tokenEndpoint }),
        '/new-token': json(tokenResponse),
      });
      tokenEndpoint = await old(scene.server.origin);
      expect(await scene.run(['introspect', 'a-token'])).toMatchObject({ exitCode: 0 });
      tokenEndpoint = `${scene.server.origin}/new-token`;
      expect(await scene.run(['token'])).toMatchObject({ exitCode: 0, stdout: `${token}\n` });
      expect(scene.server.requests('/.well-known/openid-configuration')).toHaveLength(2);
    });
  }

  test('may be three redirects away, and not four', async () => {
    const hop = (to: number): Answer => redirect(`/hop-${to}`);
    await using scene = await openScene({
      '/.well-known/openid-configuration': [hop(1), hop(0)],
      '/hop-0': hop(1),
      '/hop-1': hop(2),
      '/hop-2': hop(3),
      '/hop-3': metadata(),
    });
    expect(await scene.run(['discover'])).toMatchObject({ exitCode: 0 });
    expect(await scene.run(['discover'])).toMatchObject({ exitCode: 3, stdout: '' });
  });

  const unusable: { what: string; answer: Answer }[] = [
    { what: 'is a web page', answer: text('<!doctype html><h1>Welcome</h1>', 200, { 'content-type': 'text/html' }) },
    { what: 'is not there', answer: empty(404) },
    { what: 'names no issuer', answer: json({ token_endpoint: 'https://as.example/token' }) },
    { what: 'is an array', answer: json([metadataOf('https://as.example')]) },
  ];
  for (const { what, answer } of unusable) {
    test(`that ${what} is exit 4, and nothing is sent to the token endpoint`, async () => {
      await using scene = await openScene({ '/.well-known/openid-configuration': answer });
      const { exitCode, stdout, stderr } = await scene.run(['token']);
      expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
      expect(stderr).toMatch(/^error\[metadata_unavailable\]: /);
      expect(stderr).toContain('--token-endpoint');
      expect(scene.server.requests('/token')).toEqual([]);
    });
  }
});
