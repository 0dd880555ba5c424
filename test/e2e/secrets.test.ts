import { generateKeyPairSync } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { startHttpProxy } from '../support/http-proxy.ts';
import type { Answer, Answers, ReceivedRequest } from '../support/http-server.ts';
import { empty, json, raw, redirect, reset, silence, text } from '../support/http-server.ts';
import { clientId, ended, metadata, openScene, type Scene, tokenResponse } from '../support/http-server-scene.ts';
import type { CcgrantResult } from '../support/run-ccgrant.ts';

const secret = 'S3cr3t/+=%"';

/** Long and with a claim, as real ones are; nobody signed it. */
const token = [{ alg: 'RS256', typ: 'at+jwt' }, { iss: 'https://as.example', sub: 'canary', aud: 'api' }, 'signature']
  .map((part) => Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url'))
  .join('.');

const base64 = (value: string): string => Buffer.from(value).toString('base64');
const percent = encodeURIComponent(secret);

/** The forms in which a secret travels. */
const forms: Readonly<Record<string, string>> = {
  plain: secret,
  'percent-encoded': percent,
  'percent-encoded in lower case': percent.replaceAll(/%../g, (octet) => octet.toLowerCase()),
  'form-encoded': new URLSearchParams({ '': secret }).toString().slice(1),
  'in JSON': JSON.stringify(secret).slice(1, -1),
  base64: base64(secret),
  'base64 of id and secret': base64(`${clientId}:${secret}`),
  'base64 of id and secret, percent-encoded': base64(`${clientId}:${percent}`),
};

function leaksIn(content: string): string[] {
  const whole = Object.keys(forms).filter((form) => content.includes(forms[form] ?? ''));
  // Half of a secret is a leak too, and so is one that was escaped twice.
  return content.includes(secret.slice(0, 6)) ? [...whole, 'its beginning'] : whole;
}

/** What a server says that shows everything it was sent, in every form that it knows. */
function mirror({ headers, body }: ReceivedRequest): string {
  const sent = [headers.authorization ?? '', body.toString(), decodeURIComponent(body.toString())];
  return [...sent, ...Object.values(forms), JSON.stringify({ secret })].join(' | ');
}

/** All files that ccgrant could have written, names and contents: none of those that a test has put there. */
async function filesOf(scene: Scene): Promise<string> {
  const entries = await readdir(scene.root, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => !path.startsWith(scene.workspace.directory) && !path.startsWith(scene.workspace.configHome));
  const contents = await Promise.all(paths.map((path) => readFile(path, 'latin1')));
  return [...paths.map((path) => relative(scene.root, path)), ...contents].join('\n');
}

interface Failure {
  readonly what: string;
  readonly answer: Answer;
  /** Options that end it in time. */
  readonly limit?: readonly string[];
  /** How the command may end. */
  readonly exitCodes: readonly number[];
}

const mirrored =
  (status: number, toBody: (request: ReceivedRequest) => unknown, headers: Record<string, string> = {}): Answer =>
  (request) =>
    json(toBody(request), status, headers);

const failures: Failure[] = [
  {
    what: 'an error that mirrors the request in its description',
    answer: mirrored(401, (request) => ({ error: 'invalid_client', error_description: mirror(request) })),
    exitCodes: [3],
  },
  {
    what: 'an error that mirrors the request in every member',
    answer: mirrored(400, (request) => ({
      error: 'invalid_request',
      error_uri: `https://as.example/?${mirror(request)}`,
      error_codes: [mirror(request)],
      trace_id: mirror(request),
      correlation_id: { is: mirror(request) },
      [mirror(request)]: 1,
    })),
    exitCodes: [3],
  },
  {
    what: 'an error whose code is the secret',
    answer: mirrored(400, () => ({ error: secret })),
    exitCodes: [3],
  },
  {
    what: 'a web page that mirrors the request',
    answer: (request) => text(`<pre>${mirror(request)}</pre>`, 403, { 'content-type': 'text/html' }),
    exitCodes: [3],
  },
  {
    what: 'a long page with the secret across the place where it is cut',
    answer: (request) => text(`${'x'.repeat(190)}${mirror(request)}`, 403),
    exitCodes: [3],
  },
  {
    what: 'a success that is no JSON and mirrors the request',
    answer: (request) => text(mirror(request)),
    exitCodes: [0, 3],
  },
  {
    what: 'a success of the wrong type that mirrors the request',
    answer: mirrored(200, (request) => ({ access_token: { is: mirror(request) }, active: mirror(request) })),
    exitCodes: [0, 3],
  },
  {
    what: 'headers that mirror the request',
    answer: (request) =>
      json({ error: 'invalid_client' }, 401, {
        'www-authenticate': `Basic realm="${mirror(request)}"`,
        'x-debug-authorization': request.headers.authorization ?? 'none',
        'x-debug-body': request.body.toString(),
      }),
    exitCodes: [3],
  },
  {
    what: 'a redirect that carries the request along',
    answer: ({ body, headers }) =>
      redirect(`https://elsewhere.example/?${body}&authorization=${headers.authorization}`),
    exitCodes: [3],
  },
  {
    what: 'a 503 that mirrors the request',
    answer: mirrored(503, (request) => ({ error: 'temporarily_unavailable', error_description: mirror(request) }), {
      'retry-after': '0',
    }),
    exitCodes: [4],
  },
  { what: 'a 429 that asks for too much patience', answer: empty(429, { 'retry-after': '600' }), exitCodes: [4] },
  {
    what: 'a body that breaks off',
    answer: raw(`HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"secret":"${secret}`),
    exitCodes: [4],
  },
  { what: 'a connection that is reset', answer: reset, exitCodes: [4] },
  {
    what: 'what is not HTTP',
    answer: (request) => raw(mirror(request)),
    exitCodes: [3, 4],
  },
  { what: 'no answer in time', answer: silence, limit: ['-m', '0.5'], exitCodes: [4] },
];

const basic = ['--auth-method', 'client_secret_basic'];
const post = ['--auth-method', 'client_secret_post'];

/** Each command, each way of sending the secret, each shape of errors, with and without a trace. */
const runs: (readonly string[])[] = [
  ['token', '--scope', 'a', '-v', ...basic],
  ['token', '--format', 'json', ...post],
  ['introspect', token, ...basic],
  ['revoke', token, '-v', '--json', ...post],
];

async function expectNoLeak(scene: Scene, { stdout, stderr }: CcgrantResult, what: string): Promise<void> {
  expect(leaksIn(stderr), `standard error of ${what}`).toEqual([]);
  expect(leaksIn(stdout), `standard output of ${what}`).toEqual([]);
  expect(stderr, `standard error of ${what}`).not.toContain(token);
  expect(leaksIn(await filesOf(scene)), `files after ${what}`).toEqual([]);
}

describe.concurrent('a secret appears nowhere', () => {
  for (const { what, answer, exitCodes, limit = [] } of failures) {
    test(`when the authorization server answers with ${what}`, async () => {
      const answers: Answers = { '/token': answer, '/introspect': answer, '/revoke': answer };
      await using scene = await openScene(answers, { CCGRANT_CLIENT_SECRET: secret });
      for (const args of runs) {
        const result = await scene.run([...args, ...limit]);
        expect(exitCodes, args.join(' ')).toContain(result.exitCode);
        await expectNoLeak(scene, result, args.join(' '));
      }
    }, 40_000);
  }

  for (const method of ['client_secret_basic', 'client_secret_post']) {
    test(`when every command succeeds by ${method}, with -v`, async () => {
      await using scene = await openScene(
        { '/token': json({ ...tokenResponse, access_token: token }), '/api': text('answer') },
        { CCGRANT_CLIENT_SECRET: secret, CCGRANT_AUTH_METHOD: method },
      );
      const url = `${scene.server.origin}/api`;
      const lines = [
        ['discover'],
        ['token'],
        ['token', '--fresh', '--format', 'header'],
        ['token', '--out', 'token.txt'],
        ['decode', '--cached'],
        ['introspect', '--cached'],
        ['verify', '--cached'],
        ['call', url, '-i', '-d', 'body'],
        ['cache', 'list'],
        ['cache', 'list', '--show-tokens', '--format', 'json'],
        ['cache', 'path'],
        ['revoke', '--cached', '--check'],
        ['cache', 'clear'],
      ];
      for (const args of lines) await expectNoLeak(scene, await scene.run([...args, '-v']), args.join(' '));
      const sent = scene.server
        .requests('/token')
        .map(({ headers, form }) => form.get('client_secret') ?? headers.authorization);
      const expected =
        method === 'client_secret_post' ? secret : `Basic ${forms['base64 of id and secret, percent-encoded']}`;
      expect(new Set(sent)).toEqual(new Set([expected]));
    });
  }

  test('when it is sent as it is, by --basic-encoding raw', async () => {
    await using scene = await openScene(
      { '/token': failures[0]?.answer ?? silence },
      { CCGRANT_CLIENT_SECRET: secret },
    );
    await expectNoLeak(scene, await scene.run(['token', '--basic-encoding', 'raw', '-v']), 'token');
    expect(scene.server.requests('/token')[0]?.headers.authorization).toBe(`Basic ${forms['base64 of id and secret']}`);
  });

  test('when the server gives it back beside the token', async () => {
    const answer = mirrored(200, (request) => ({ ...tokenResponse, client_secret: secret, debug: mirror(request) }));
    await using scene = await openScene({ '/token': answer }, { CCGRANT_CLIENT_SECRET: secret });
    for (const args of [['token'], ['cache', 'list']])
      await expectNoLeak(scene, await scene.run([...args, '-v']), args.join(' '));
  });

  test('when nothing can be reached', async () => {
    await using proxy = await startHttpProxy({ refusal: 502 });
    const unreachable: Record<string, string>[] = [
      { CCGRANT_ISSUER: 'https://as.invalid' },
      { CCGRANT_ISSUER: 'https://as.test', HTTPS_PROXY: proxy.url },
      { CCGRANT_ISSUER: 'http://as.test' },
      { CCGRANT_ISSUER: 'not a url' },
      { CCGRANT_ISSUER: '' },
      { CCGRANT_CLIENT_ID: '' },
      { CCGRANT_CLIENT_SECRET_FILE: 'secret.txt' },
    ];
    await using scene = await openScene({}, { CCGRANT_CLIENT_SECRET: secret });
    for (const env of unreachable) {
      const result = await scene.run(['token', '-v'], { env });
      expect([2, 4]).toContain(result.exitCode);
      await expectNoLeak(scene, result, JSON.stringify(env));
    }
  });

  test('when it is typed in a place where it does not belong', async () => {
    await using scene = await openScene();
    const slips = [
      ['token', '--client-secret', secret],
      ['token', `--client-secret=${secret}`],
      ['token', '--client-secert', secret],
      ['token', `--client-secert=${secret}`],
      ['token', `--clientsecret=${secret}`],
      ['token', '--secret', secret],
      ['token', '--password', secret],
      ['token', secret],
      [secret],
      ['token', `--${secret}`],
      ['token', '--format', secret],
      ['token', '--auth-method', secret],
      ['token', '--issuer', secret],
      ['token', '--issuer', `https://user:${secret.replaceAll('/', '%2F')}@as.example`],
      ['token', '--param', `client_secret=${secret}`],
      ['token', '--max-time', secret],
      ['token', '--min-ttl', secret],
      ['cache', secret],
    ];
    for (const args of slips) {
      const result = await scene.run(args);
      expect(result.exitCode, args.join(' ')).toBe(2);
      await expectNoLeak(scene, result, args.join(' '));
    }
  });

  test('when the file that holds it is no secret file', async () => {
    await using scene = await openScene({}, { CCGRANT_CLIENT_SECRET: '', CCGRANT_CLIENT_SECRET_FILE: 'secret.txt' });
    const unusable = {
      'UTF-16': Buffer.from(`\ufeff${secret}`, 'utf16le'),
      'not UTF-8': Buffer.concat([Buffer.from(secret), Buffer.from([0xff, 0xfe])]),
    };
    for (const [what, content] of Object.entries(unusable)) {
      await scene.workspace.writeFile('secret.txt', content);
      const result = await scene.run(['token', '-v']);
      expect(result.exitCode, what).toBe(2);
      await expectNoLeak(scene, result, what);
    }
  });

  test('when a configuration file holds it by mistake', async () => {
    await using scene = await openScene();
    const configurations = [
      `[profiles.dev]\nclient_secret = '${secret}'\n`,
      `[profiles.dev]\nclient_id = ${secret}\n`,
      `client_secret = '${secret}'\n`,
      `[profiles.dev]\nclient_secrets = '${secret}'\n`,
    ];
    for (const content of configurations) {
      await scene.workspace.writeFile('config.toml', content);
      const result = await scene.run(['token', '--config', 'config.toml', '--profile', 'dev', '-v']);
      expect(result.exitCode, content).toBe(2);
      await expectNoLeak(scene, result, content);
    }
  });

  test('in the process list, while a slow request is under way', async () => {
    await using scene = await openScene({ '/token': silence }, { CCGRANT_CLIENT_SECRET: '' });
    await scene.workspace.writeFile('secret.txt', secret);
    const child = scene.start(['token', '--client-secret-file', 'secret.txt', '-v']);
    const commandLines = new Set<string>();
    await vi.waitFor(
      async () => {
        commandLines.add(await readFile(`/proc/${child.pid}/cmdline`, 'latin1'));
        expect(scene.server.requests('/token')).toHaveLength(1);
      },
      { timeout: 5000, interval: 5 },
    );
    commandLines.add(await readFile(`/proc/${child.pid}/cmdline`, 'latin1'));
    const environment = await readFile(`/proc/${child.pid}/environ`, 'latin1');
    child.kill('SIGTERM');
    await ended(child);
    expect(leaksIn([...commandLines].join('\n'))).toEqual([]);
    expect(leaksIn(environment)).toEqual([]);
  });
});

describe.concurrent('a token appears nowhere on standard error', () => {
  const echo = `the token ${token} is bad`;
  const apis: Record<string, Answer> = {
    'refuses it and repeats it in the challenge': empty(401, {
      'www-authenticate': `Bearer error="invalid_token", error_description="${echo}", scope="${token}"`,
    }),
    'refuses its scope and repeats it': empty(403, {
      'www-authenticate': `Bearer error="insufficient_scope", scope="${token}"`,
    }),
    'redirects with it': redirect(`https://elsewhere.example/?access_token=${token}`),
    'mirrors it in headers': ({ headers }) =>
      empty(500, { 'x-debug': String(headers.authorization), 'set-cookie': `t=${token}` }),
    'breaks off': raw(`HTTP/1.1 200 OK\r\nx-token: ${token}\r\ncontent-length: 9\r\n\r\n`),
    'is not HTTP': raw(`${token}\r\n`),
    'never answers': silence,
  };
  for (const [what, answer] of Object.entries(apis)) {
    test(`when an API ${what}`, async () => {
      await using scene = await openScene({
        '/token': json({ ...tokenResponse, access_token: token }),
        '/api': answer,
      });
      await scene.workspace.writeFile('token.txt', token);
      const url = `${scene.server.origin}/api`;
      const limit = ['-m', '1', '-v'];
      for (const args of [
        ['call', url, '-L', '--format', 'json', ...limit],
        ['call', url, '--token-file', 'token.txt', ...limit],
      ]) {
        const { stderr } = await scene.run(args);
        expect(stderr, args.join(' ')).not.toContain(token);
        expect(stderr, 'not its signature either').not.toContain(`.${token.split('.')[2]}`);
      }
    });
  }

  test('when it is given in every way that there is, with -v', async () => {
    await using scene = await openScene({ '/introspect': json({ active: false }), '/api': text('answer') });
    await scene.workspace.writeFile('token.txt', token);
    const runs: { args: string[]; stdin?: string }[] = [
      { args: ['introspect', token] },
      { args: ['introspect', '-'], stdin: token },
      { args: ['introspect'], stdin: `Bearer ${token}\n` },
      { args: ['revoke'], stdin: token },
      { args: ['decode', token] },
      { args: ['verify', token] },
      { args: ['verify', `${token}.x`] },
      { args: ['decode', `${token}.x`] },
      { args: ['decode', token, token] },
      { args: ['call', `${scene.server.origin}/api`, '--token-file', '-'], stdin: token },
      { args: ['call', `${scene.server.origin}/api`, token] },
      { args: [token] },
    ];
    for (const { args, stdin = '' } of runs) {
      const { stderr } = await scene.run([...args, '-v'], { stdin });
      expect(stderr, args.join(' ')).not.toContain(token);
    }
  });

  test('and is shown shortened in traces, so that two can be told apart', async () => {
    await using scene = await openScene();
    const { stderr } = await scene.run(['introspect', token, '-v']);
    const debug = await scene.run(['decode', token, '-v']);
    expect(stderr + debug.stderr).not.toContain(token);
  });
});

describe.concurrent('a proof of possession and an assertion appear nowhere', () => {
  /** What must be proved is in the signature; whoever sees all of a fresh one may be quicker than its owner. */
  const proofOf = ({ headers, form }: ReceivedRequest): string =>
    [headers.dpop ?? '', form.get('client_assertion') ?? ''].join(' ');
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const answers: Record<string, Answers> = {
    'repeats it in an error': {
      '/token': (request) =>
        json({ error: 'invalid_dpop_proof', error_description: proofOf(request), trace_id: proofOf(request) }, 400),
    },
    'answers with it where JSON was to be': { '/token': (request) => text(proofOf(request), 403) },
    'gives it back beside the token': {
      '/token': (request) => json({ ...tokenResponse, token_type: 'DPoP', debug: proofOf(request) }),
    },
    'repeats it in a challenge': {
      '/token': json({ ...tokenResponse, token_type: 'DPoP' }),
      '/api': (request) =>
        empty(401, { 'www-authenticate': `DPoP error="invalid_dpop_proof", error_description="${proofOf(request)}"` }),
    },
  };
  for (const [what, answer] of Object.entries(answers)) {
    test(`when a server ${what}`, async () => {
      await using scene = await openScene(answer, { CCGRANT_CLIENT_SECRET: '' });
      await scene.workspace.writeFile('key.pem', key.export({ type: 'pkcs8', format: 'pem' }).toString());
      const options = ['--private-key', 'key.pem', '--dpop', '--format', 'json', '-v'];
      const { stderr } = await scene.run(['call', `${scene.server.origin}/api`, ...options]);
      const signatures = scene.server
        .requests()
        .flatMap((request) => proofOf(request).split(' '))
        .flatMap((proof) => proof.split('.')[2] ?? []);
      expect(signatures.length).toBeGreaterThan(1);
      const seen = stderr + (await filesOf(scene));
      for (const signature of signatures) expect(seen).not.toContain(signature);
      expect(seen).not.toMatch(/\beyJ[\w-]{40}/);
    });
  }
});

describe.concurrent('the secret is read', () => {
  const authorization = `Basic ${forms['base64 of id and secret, percent-encoded']}`;
  const none = { CCGRANT_CLIENT_SECRET: '' };

  interface Source {
    readonly what: string;
    readonly args?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    readonly stdin?: string;
    readonly file?: string | Uint8Array;
    /** Keys of the profile `dev`. */
    readonly profile?: string;
    /** What the report of a refusal calls it. */
    readonly origin: string;
  }

  const command = (argv: readonly string[]): string => `client_secret_command = ${JSON.stringify(argv)}\n`;
  const sources: Source[] = [
    {
      what: 'from --client-secret-file',
      args: ['--client-secret-file', 'secret.txt'],
      file: secret,
      origin: '--client-secret-file',
    },
    {
      what: 'from CCGRANT_CLIENT_SECRET_FILE',
      env: { CCGRANT_CLIENT_SECRET_FILE: 'secret.txt' },
      file: secret,
      origin: 'CCGRANT_CLIENT_SECRET_FILE',
    },
    {
      what: 'from a file with a final line end',
      env: { CCGRANT_CLIENT_SECRET_FILE: 'secret.txt' },
      file: `${secret}\n`,
      origin: 'CCGRANT_CLIENT_SECRET_FILE',
    },
    {
      what: 'from a file with a byte order mark and \\r\\n',
      env: { CCGRANT_CLIENT_SECRET_FILE: 'secret.txt' },
      file: `\ufeff${secret}\r\n`,
      origin: 'CCGRANT_CLIENT_SECRET_FILE',
    },
    { what: 'from CCGRANT_CLIENT_SECRET', env: { CCGRANT_CLIENT_SECRET: secret }, origin: 'CCGRANT_CLIENT_SECRET' },
    {
      what: 'from standard input',
      args: ['--client-secret-file', '-'],
      stdin: `${secret}\n`,
      origin: '--client-secret-file',
    },
    {
      what: 'from client_secret_file of a profile, relative to the configuration',
      args: ['--profile', 'dev'],
      file: secret,
      profile: 'client_secret_file = "../../workspace/secret.txt"\n',
      origin: 'client_secret_file in profile dev',
    },
    {
      what: 'from client_secret_command',
      args: ['--profile', 'dev'],
      file: `${secret}\nmore\n`,
      profile: command(['sh', '-c', 'cat "$HOME/../workspace/secret.txt"']),
      origin: 'client_secret_command in profile dev',
    },
    {
      what: 'from client_secret_command without a shell',
      args: ['--profile', 'dev'],
      profile: command(['printf', '%s', secret]),
      origin: 'client_secret_command in profile dev',
    },
  ];
  for (const { what, args = [], env = none, stdin = '', file, profile, origin } of sources) {
    test(`${what}, and named in a refusal, and not kept`, async () => {
      const refusal = json({ error: 'invalid_client' }, 401);
      await using scene = await openScene({ '/token': [json(tokenResponse), refusal] }, none);
      if (file !== undefined) await scene.workspace.writeFile('secret.txt', file);
      if (profile !== undefined) await writeProfile(scene, profile);
      const first = await scene.run(['token', ...args], { env, stdin });
      expect(first).toMatchObject({ exitCode: 0, stdout: `${tokenResponse.access_token}\n`, stderr: '' });
      expect(scene.server.requests('/token')[0]?.headers.authorization).toBe(authorization);
      await expectNoLeak(scene, first, what);

      const refused = await scene.run(['token', '--fresh', '-v', ...args], { env, stdin });
      expect(refused.exitCode).toBe(3);
      expect(refused.stderr).toMatch(new RegExp(`sent: .*secret from ${origin}$`, 'm'));
      await expectNoLeak(scene, refused, what);
    });
  }

  test('by a command that does not see it in its environment', async () => {
    await using scene = await openScene({}, { CCGRANT_CLIENT_SECRET: secret, CCGRANT_CLIENT_SECRET_FILE: '' });
    await writeProfile(scene, command(['sh', '-c', 'env > "$HOME/env.txt"; echo other-secret']));
    expect(await scene.run(['token', '--profile', 'dev'])).toMatchObject({ exitCode: 0 });
    const environment = await readFile(join(scene.workspace.home, 'env.txt'), 'utf8');
    expect(environment).toContain('PATH=');
    expect(environment).not.toContain('CCGRANT_CLIENT_SECRET=');
    expect(leaksIn(environment)).toEqual([]);
    const [request] = scene.server.requests('/token');
    expect(request?.headers.authorization).toBe(`Basic ${base64(`${clientId}:other-secret`)}`);
  });

  test('by a command only when no good token is cached', async () => {
    await using scene = await openScene({}, none);
    await writeProfile(scene, command(['sh', '-c', 'echo run >> "$HOME/runs.txt"; echo other-secret']));
    for (const _ of [1, 2]) expect(await scene.run(['token', '--profile', 'dev'])).toMatchObject({ exitCode: 0 });
    expect(await readFile(join(scene.workspace.home, 'runs.txt'), 'utf8')).toBe('run\n');
  });

  const broken: { what: string; argv: string[] }[] = [
    { what: 'is not there', argv: ['no-such-program', secret] },
    { what: 'fails', argv: ['sh', '-c', 'echo "$0"; exit 3', secret] },
    { what: 'prints nothing', argv: ['true', secret] },
    { what: 'prints an empty first line', argv: ['sh', '-c', 'echo; echo "$0"', secret] },
  ];
  for (const { what, argv } of broken) {
    test(`by a command that ${what}: exit 2, without what it was told or printed`, async () => {
      await using scene = await openScene({}, none);
      await writeProfile(scene, command(argv));
      const result = await scene.run(['token', '--profile', 'dev', '-v']);
      expect(result).toMatchObject({ exitCode: 2, stdout: '' });
      expect(result.stderr).toMatch(/^error\[secret_unusable\]: .*client_secret_command in profile dev/m);
      await expectNoLeak(scene, result, what);
      expect(scene.server.requests('/token')).toEqual([]);
    });
  }

  test('and a new one in the same variable gets a token of its own', async () => {
    await using scene = await openScene({}, none);
    for (const value of ['one-secret', 'other-secret', 'one-secret']) {
      await scene.run(['token'], { env: { CCGRANT_CLIENT_SECRET: value } });
    }
    expect(scene.server.requests('/token')).toHaveLength(2);
  });
});

test('what the metadata lists reaches the trace escaped', async () => {
  await using scene = await openScene(
    {
      '/.well-known/openid-configuration': metadata({
        token_endpoint_auth_methods_supported: ['client_secret_basic', '\u001b[31m', '\n::error::x'],
      }),
      '/token': json({ error: 'invalid_client' }, 401),
    },
    { CCGRANT_CLIENT_SECRET: secret },
  );
  const result = await scene.run(['token', '-v']);
  expect(result.exitCode).toBe(3);
  expect(result.stderr).not.toMatch(/[^\n\P{C}]|^::/mu);
  await expectNoLeak(scene, result, 'token');
});

/** Writes the profile `dev` where ccgrant looks for it, for the scene's server and client. */
async function writeProfile({ workspace, server }: Scene, keys: string): Promise<void> {
  const { configHome, directory } = workspace;
  const path = relative(directory, join(configHome, 'ccgrant', 'config.toml'));
  const content = `[profiles.dev]\nissuer = "${server.origin}"\nclient_id = "${clientId}"\n${keys}`;
  await workspace.writeFile(path, content);
}
