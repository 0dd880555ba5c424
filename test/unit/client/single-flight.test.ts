import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AccessToken } from '../../../src/client/access-token.ts';
import { obtainAccessToken } from '../../../src/client/access-token.ts';
import { createClient } from '../../../src/client/oauth-client.ts';
import { SignalError } from '../../../src/errors.ts';
import { Secret } from '../../../src/secret.ts';
import { noAssertionSettings } from '../support/assertions.ts';
import { failureOf } from '../support/failure.ts';
import { HeldHttp } from '../support/held-http.ts';
import { plainConnection } from '../support/plain-connection.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { createContext } from '../support/test-context.ts';

const at = temporaryDirectory();
const endpoint = new URL('https://as.example/token');
const refusal = { status: 401, body: { error: 'invalid_client', error_description: 'no such client' } };

/** Seconds that all clocks are ahead of the real one. */
let ahead = 0;
let http = new HeldHttp();
const signal = new AbortController().signal;
let count = 0;
beforeEach(() => {
  ahead = 0;
  http = new HeldHttp();
});
afterEach(() => {
  expect(http.waiting, 'no request is left').toHaveLength(0);
});

interface Run {
  readonly mayRead?: boolean;
  readonly minimumLifetime?: number;
  /** Milliseconds. */
  readonly maxTime?: number;
  readonly connection?: string;
  readonly refused?: string;
  readonly signal?: AbortSignal;
}

interface Process {
  readonly token: Promise<AccessToken>;
  /** When everything is done that comes after the answer. */
  readonly end: Promise<void>;
  readonly stderr: () => string;
}

/** A process of its own that wants the same token as all others; each has another identity. */
async function start(run: Run = {}): Promise<Process> {
  const { mayRead = true, minimumLifetime = 0, maxTime = 0, connection = '', refused } = run;
  count += 1;
  const name = `host-${count}`;
  const { ctx, stderr } = await createContext({
    now: () => Date.now() / 1000 + ahead,
    client: http.client,
    host: { userId: process.getuid?.(), name: async () => name },
  });
  const context = { ...ctx, signal: run.signal ?? signal };
  const client = createClient(
    {
      server: { identity: undefined, endpoints: new Map([['token_endpoint', endpoint]]) },
      client: {
        clientId: 'ci-bot',
        credential: {
          kind: 'secret',
          source: { kind: 'variable', variable: 'CCGRANT_CLIENT_SECRET', value: new Secret('S3cr3t-value') },
          origin: 'CCGRANT_CLIENT_SECRET',
        },
        certificate: undefined,
        authMethod: undefined,
        basicEncoding: undefined,
        assertion: noAssertionSettings,
      },
      dpop: undefined,
      cache: { directory: at('cache'), isEnabled: true, mayRead, minimumLifetime },
      connection: { ...plainConnection, identity: () => connection, maxTime },
    },
    context,
  );
  const request = { scope: [], audience: [], resource: [], parameters: [] };
  const token = obtainAccessToken(request, client, context, refused);
  const end = token.then(
    async () => {
      for (const action of client.afterAnswer) await action();
    },
    () => {},
  );
  return { token, end, stderr };
}

function startMany(number: number, run: Run = {}): Promise<Process[]> {
  return Promise.all(Array.from({ length: number }, () => start(run)));
}

async function tokensOf(processes: readonly Process[]): Promise<string[]> {
  const tokens = await Promise.all(processes.map(({ token }) => token));
  return tokens.map(({ accessToken }) => accessToken);
}

/** Puts a token for 300 s into the cache, as a process does that is alone. */
async function storeToken(): Promise<string> {
  const { token } = await start();
  await http.arrived(1);
  http.answer(tokenAnswer('old'));
  return (await token).accessToken;
}

function tokenAnswer(accessToken: string, members: object = { expires_in: 300 }) {
  return { body: { access_token: accessToken, token_type: 'Bearer', ...members } };
}

/** When somebody has said that it waits for a turn. */
async function someoneWaits(): Promise<void> {
  await vi.waitFor(() => expect(filesWith('.waiting', (path) => path)).not.toHaveLength(0), { interval: 5 });
}

/** The files of the cache in which, or in what is made of which, a text is. */
function filesWith(part: string, of = (path: string): string => readFileSync(path, 'latin1')): string[] {
  return readdirSync(at('cache'), { recursive: true })
    .map((name) => at('cache', String(name)))
    .filter((path) => statSync(path).isFile() && of(path).includes(part));
}

describe('a token that many want at once', () => {
  it('is asked for once', async () => {
    const processes = await startMany(10);
    await http.arrived(1);
    await someoneWaits();
    http.answer(tokenAnswer('one'));
    expect(new Set(await tokensOf(processes))).toEqual(new Set(['one']));
    expect(http.sent).toBe(1);
    const tokens = await Promise.all(processes.map(({ token }) => token));
    expect(tokens.filter(({ isFromCache }) => !isFromCache)).toHaveLength(1);
  });

  it('is asked for by each where the cache cannot be used', async () => {
    mkdirSync(at('cache'));
    chmodSync(at('cache'), 0o777);
    const processes = await startMany(3);
    await http.arrived(3);
    http.answer(tokenAnswer('one'), tokenAnswer('two'), tokenAnswer('three'));
    expect((await tokensOf(processes)).toSorted()).toEqual(['one', 'three', 'two']);
  });

  it('is asked for alone, and not stored, by those whose time is half over', async () => {
    const first = await start();
    await http.arrived(1);
    const second = await start({ maxTime: 200 });
    await http.arrived(2);
    http.answerLast(tokenAnswer('two'));
    expect((await second.token).accessToken).toBe('two');
    expect(filesWith('"two"')).toEqual([]);
    http.answer(tokenAnswer('one'));
    expect((await first.token).accessToken).toBe('one');
    expect((await (await start()).token).accessToken).toBe('one');
  });

  it('is not waited for after a signal', async () => {
    const first = await start();
    await http.arrived(1);
    const controller = new AbortController();
    const second = await start({ signal: controller.signal });
    await someoneWaits();
    controller.abort(new SignalError(2));
    await expect(second.token).rejects.toBeInstanceOf(SignalError);
    http.answer(tokenAnswer('one'));
    await first.token;
  });

  it('is asked for by another one when the first is ended by a signal', async () => {
    const controller = new AbortController();
    const first = await start({ signal: controller.signal });
    await http.arrived(1);
    const second = await start();
    await someoneWaits();
    controller.abort(new SignalError(2));
    await expect(first.token).rejects.toBeInstanceOf(SignalError);
    await http.arrived(2);
    http.answer(tokenAnswer('two'));
    expect((await second.token).accessToken).toBe('two');
  });

  it('is not stored by a process that the others have given up', async () => {
    const first = await start();
    await http.arrived(1);
    rmSync(at('cache', 'locks'), { recursive: true });
    const second = await start();
    await http.arrived(2);
    http.answer(tokenAnswer('one'));
    expect((await first.token).accessToken).toBe('one');
    expect(filesWith('"one"')).toEqual([]);
    http.answer(tokenAnswer('two'));
    expect((await second.token).accessToken).toBe('two');
    expect(filesWith('"two"')).toHaveLength(1);
    expect(first.stderr() + second.stderr()).toBe('');
  });

  it('is asked for by each with --fresh, none waits for another one, and one of theirs is kept', async () => {
    await storeToken();
    const processes = await startMany(3, { mayRead: false });
    await http.arrived(4);
    http.answer(tokenAnswer('one'), tokenAnswer('two'), tokenAnswer('three'));
    expect((await tokensOf(processes)).toSorted()).toEqual(['one', 'three', 'two']);
    expect(['one', 'two', 'three']).toContain((await (await start()).token).accessToken);
    expect(http.sent).toBe(4);
  });
});

describe('a request that fails', () => {
  it('fails for those who waited for it, in the same words', async () => {
    const processes = await startMany(5);
    await http.arrived(1);
    await someoneWaits();
    http.answer(refusal);
    const failures = await Promise.all(processes.map(({ token }) => failureOf(() => token)));
    for (const failure of failures)
      expect(failure).toMatchObject({ code: 'server_refused', status: 401, response: { error: 'invalid_client' } });
    expect(new Set(failures.map((failure) => JSON.stringify(failure))).size).toBe(1);
    expect(http.sent).toBe(1);
  });

  it.each<[string, Run]>([
    ['another connection', { connection: 'by a proxy' }],
    ['another time limit', { maxTime: 60_000 }],
  ])('is made once more by those with %s', async (_, run) => {
    const first = await start();
    await http.arrived(1);
    const others = await startMany(3, run);
    await someoneWaits();
    http.answer(refusal);
    expect(await failureOf(() => first.token)).toMatchObject({ status: 401 });
    await http.arrived(2);
    http.answer(tokenAnswer('two'));
    expect(new Set(await tokensOf(others))).toEqual(new Set(['two']));
  });

  it('is made once more by those who came later', async () => {
    const first = await start();
    await http.arrived(1);
    http.answer(refusal);
    await failureOf(() => first.token);
    ahead += 1;
    const second = await start();
    await http.arrived(2);
    http.answer(tokenAnswer('two'));
    expect((await second.token).accessToken).toBe('two');
  });

  it('leaves no secret behind, even when the server sends it back', async () => {
    const first = await start();
    await http.arrived(1);
    http.answer({ status: 401, body: { error: 'invalid_client', error_description: 'bad secret S3cr3t-value' } });
    await failureOf(() => first.token);
    expect(filesWith('invalid_client')).toHaveLength(1);
    expect(filesWith('S3cr3t')).toEqual([]);
  });
});

describe('a token that may not be stored', () => {
  const opaque = (name: string) => tokenAnswer(name, {});

  it('is handed to those who wait, and gone afterwards', async () => {
    const processes = await startMany(4);
    await http.arrived(1);
    await someoneWaits();
    http.answer(opaque('opaque-token'));
    expect(new Set(await tokensOf(processes))).toEqual(new Set(['opaque-token']));
    expect(http.sent).toBe(1);
    await Promise.all(processes.map(({ end }) => end));
    expect(filesWith('opaque-token')).toEqual([]);
    for (const { stderr } of processes) expect(stderr()).not.toContain('warning: the cache');
  });

  it('is gone at once when a signal ends the one that handed it over', async () => {
    const abort = new AbortController();
    const first = await start({ signal: abort.signal });
    await http.arrived(1);
    const second = await start();
    await someoneWaits();
    http.answer(opaque('opaque-token'));
    expect(await tokensOf([first, second])).toEqual(['opaque-token', 'opaque-token']);
    expect(filesWith('opaque-token')).toHaveLength(1);
    const before = performance.now();
    abort.abort(new SignalError(2));
    await first.end;
    expect(performance.now() - before).toBeLessThan(250);
    expect(filesWith('opaque-token')).toEqual([]);
  });

  it('is never written when nobody waits', async () => {
    const { token } = await start();
    await http.arrived(1);
    http.answer(opaque('opaque-token'));
    await token;
    expect(filesWith('opaque-token')).toEqual([]);
    expect(existsSync(at('cache', 'tokens'))).toBe(false);
  });

  it('takes the place of an older one, for those who wait too', async () => {
    const refused = await storeToken();
    const processes = await startMany(3, { refused });
    await http.arrived(2);
    await someoneWaits();
    http.answer(opaque('opaque-token'));
    expect(new Set(await tokensOf(processes))).toEqual(new Set(['opaque-token']));
    expect(filesWith(`"${refused}"`)).toEqual([]);
    await Promise.all(processes.map(({ end }) => end));
  });

  it('leaves one that was issued later, whoever has stored it', async () => {
    const first = await start({ mayRead: false });
    await http.arrived(1);
    ahead += 2;
    const second = await start({ mayRead: false });
    await http.arrived(2);
    http.answerLast(tokenAnswer('newest'));
    await second.token;
    http.answer(opaque('opaque-token'));
    await first.token;
    expect((await (await start()).token).accessToken).toBe('newest');
  });

  it('leaves what another process has stored that had given up the one that got it', async () => {
    const first = await start({ mayRead: false });
    await http.arrived(1);
    rmSync(at('cache', 'locks'), { recursive: true });
    const second = await start({ mayRead: false });
    await http.arrived(2);
    http.answerLast(tokenAnswer('stored'));
    await second.token;
    http.answer(opaque('opaque-token'));
    await first.token;
    expect((await (await start()).token).accessToken).toBe('stored');
  });

  it('makes nobody queue when it ends before anybody could use it', async () => {
    const processes = await startMany(4);
    await http.arrived(1);
    await someoneWaits();
    http.answer(tokenAnswer('one', { expires_in: 0 }));
    await http.arrived(4);
    const others = ['two', 'three', 'four'].map((name) => tokenAnswer(name, { expires_in: 0 }));
    http.answer(...others);
    expect(new Set(await tokensOf(processes))).toEqual(new Set(['one', 'two', 'three', 'four']));
  });
});

describe('a token that is good, but not for long', () => {
  it('is replaced by one, and used by all others meanwhile', async () => {
    const old = await storeToken();
    ahead = 245;
    const first = await start();
    await http.arrived(2);
    expect(await tokensOf(await startMany(3))).toEqual([old, old, old]);
    http.answer(tokenAnswer('new'));
    expect(await first.token).toMatchObject({ accessToken: 'new', isFromCache: false });
    expect(await tokensOf(await startMany(2))).toEqual(['new', 'new']);
    expect(http.sent).toBe(2);
  });

  it('is used when it cannot be replaced, and the next try waits for half of what is left of it', async () => {
    const old = await storeToken();
    ahead = 245;
    const first = await start();
    await http.arrived(2);
    http.answer(refusal);
    expect(await first.token).toMatchObject({ accessToken: old, isFromCache: true });
    expect(first.stderr()).toBe('');
    ahead = 265;
    expect((await (await start()).token).accessToken).toBe(old);
    expect(http.sent).toBe(2);
    ahead = 269;
    expect(await tokensOf(await startMany(2))).toEqual([old, old]);
  });

  it('is asked for by those for whom it is not good enough, when the one who was in haste has failed', async () => {
    const old = await storeToken();
    ahead = 245;
    const first = await start();
    await http.arrived(2);
    const demanding = await start({ minimumLifetime: 100 });
    await someoneWaits();
    http.answer(refusal);
    expect((await first.token).accessToken).toBe(old);
    await http.arrived(3);
    http.answer(tokenAnswer('new'));
    expect((await demanding.token).accessToken).toBe('new');
  });

  it('is not used when a signal ends the attempt to replace it', async () => {
    await storeToken();
    ahead = 245;
    const controller = new AbortController();
    const first = await start({ signal: controller.signal });
    await http.arrived(2);
    controller.abort(new SignalError(15));
    await expect(first.token).rejects.toBeInstanceOf(SignalError);
  });
});

describe('a token that was refused', () => {
  it('is replaced once for many', async () => {
    const refused = await storeToken();
    const processes = await startMany(5, { refused });
    await http.arrived(2);
    await someoneWaits();
    http.answer(tokenAnswer('new'));
    expect(new Set(await tokensOf(processes))).toEqual(new Set(['new']));
    expect(http.sent).toBe(2);
  });

  it('is replaced by the one that another process has got meanwhile', async () => {
    await storeToken();
    expect(await (await start({ refused: 'an older one' })).token).toMatchObject({ isFromCache: true });
    expect(http.sent).toBe(1);
  });

  it('is replaced by what is in the cache for --fresh too', async () => {
    const old = await storeToken();
    const fresh = await start({ refused: 'an older one', mayRead: false });
    expect((await fresh.token).accessToken).toBe(old);
  });
});
