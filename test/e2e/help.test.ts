import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { json } from '../support/http-server.ts';
import type { Scene } from '../support/http-server-scene.ts';
import { openScene } from '../support/http-server-scene.ts';
import { runCcgrant } from '../support/run-ccgrant.ts';

const commands = ['token', 'decode', 'verify', 'introspect', 'revoke', 'call', 'discover', 'cache'] as const;

interface Help {
  /** All of it, as it was printed. */
  readonly text: string;
  readonly purpose: string;
  readonly groups: readonly string[];
  readonly options: ReadonlySet<string>;
  readonly examples: readonly { readonly purpose: string; readonly line: string }[];
}

/** Takes the help of a command apart, as a person reads it. */
function parseHelp(text: string): Help {
  const [body = '', examples = ''] = text.split('\nExamples:\n');
  const lines = body.split('\n');
  const titles = lines.filter((line) => /^[A-Z][A-Za-z ]+:$/.test(line));
  return {
    text,
    purpose: lines.slice(2, lines.indexOf('', 2)).join('\n'),
    groups: titles.map((title) => title.slice(0, -1)),
    options: new Set(
      lines.flatMap((line) => /^ {2}(-.*?)(?: {2}|$)/.exec(line)?.[1]?.match(/(?<=^|, )--?[\w-]+/g) ?? []),
    ),
    examples: [...examples.matchAll(/^ {2}# (.*)\n {2}(.*)$/gm)].map(([, purpose = '', line = '']) => ({
      purpose,
      line,
    })),
  };
}

const helps = new Map<string, Help>();
let programHelp: string;
let scene: Scene;

beforeAll(async () => {
  const results = await Promise.all(
    [[], ...commands.map((command) => [command, '--help'])].map((args) => runCcgrant(args)),
  );
  programHelp = results[0]?.stdout ?? '';
  for (const [index, command] of commands.entries()) helps.set(command, parseHelp(results[index + 1]?.stdout ?? ''));
  scene = await openPastedScene();
});

afterAll(() => scene?.[Symbol.asyncDispose]());

function helpOf(command: string): Help {
  const help = helps.get(command);
  if (help === undefined) throw new Error(`there is no help of ${command}`);
  return help;
}

describe('ccgrant alone', () => {
  test('shows a short help: what it is for, every command in one line, and examples', () => {
    const lines = programHelp.split('\n');

    expect(lines[0]).toBe('Usage: ccgrant COMMAND [OPTIONS]');
    expect(lines.length).toBeLessThan(30);
    for (const command of commands) expect(programHelp).toMatch(new RegExp(`^ {2}${command} {2,}\\S.{10,}$`, 'm'));
    expect(lines.filter((line) => line.startsWith('  # '))).toHaveLength(3);
  });

  test('tells its version', async () => {
    const version = { exitCode: 0, signal: null, stdout: `ccgrant ${manifest.version}\n`, stderr: '' };

    expect(await runCcgrant(['--version'])).toEqual(version);
  });
});

test('the help of call leaves out what curl users type and is the default here', () => {
  const { options } = helpOf('call');
  for (const option of ['--fail', '-f', '--fail-with-body', '--silent', '-s', '--show-error', '-S'])
    expect(options).not.toContain(option);
});

describe.each(commands)('the help of %s', (command) => {
  test.each([
    [command, '-h'],
    ['help', command],
  ])('is the same by %s %s', async (...args) => {
    const { text } = helpOf(command);

    expect(await runCcgrant(args)).toEqual({ exitCode: 0, signal: null, stdout: text, stderr: '' });
    expect(text).toMatch(/[^\n]\n$/);
  });

  test('says in one line what the command is for', () => {
    const { purpose } = helpOf(command);

    expect(purpose).toMatch(/^[a-z].{10,79}[^.]$/);
  });

  test('has its options in groups', () => {
    const { groups, options } = helpOf(command);

    expect(groups.length).toBeGreaterThanOrEqual(3);
    expect(groups).toContain('Output');
    for (const option of ['--help', '--format', '--quiet', '-q', '--verbose', '-v', '--color', '--json'])
      expect(options).toContain(option);
  });

  test('fits into 80 columns, less the examples', () => {
    const [body = ''] = helpOf(command).text.split('\nExamples:\n');

    expect(body.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  test('has exactly three examples', () => {
    const { examples } = helpOf(command);

    expect(examples).toHaveLength(3);
    for (const { line } of examples) expect(line).toContain(`ccgrant ${command}`);
  });

  test('uses in its examples only options that exist', () => {
    for (const { line } of helpOf(command).examples) {
      const calls = [...line.matchAll(/\bccgrant (\w+)([^|)]*)/g)];
      expect(calls.length).toBeGreaterThan(0);
      for (const [, name = '', rest = ''] of calls) {
        for (const [option] of rest.matchAll(/(?<=\s)--?[a-z][\w-]*/g)) expect(helpOf(name).options).toContain(option);
      }
    }
  });

  test.each([0, 1, 2])('has examples that work when pasted: %d', async (index) => {
    const { line = '' } = helpOf(command).examples[index] ?? {};

    const { exitCode, stderr } = await scene.shell(pasted(line));
    expect(exitCode, `${line}\n${stderr}`).toBe(0);
  });
});

/** Servers and files as the examples name them, so that each of them has what it needs. */
async function openPastedScene(): Promise<Scene> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const keys = { keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256' }] };
  let accessToken = '';
  let isActive = true;
  const opened = await openScene({
    '/jwks': json(keys),
    '/token': (...exchange) => {
      isActive = true;
      json({ access_token: accessToken, token_type: 'Bearer', expires_in: 3600 })(...exchange);
    },
    '/introspect': (...exchange) => json({ active: isActive, client_id: 'ci-bot' })(...exchange),
    '/revoke': (...exchange) => {
      isActive = false;
      json({})(...exchange);
    },
    '/orders': json({ orders: [] }),
    '/health': json({ status: 'UP' }),
  });
  accessToken = await new SignJWT({ scope: 'api:read', client_id: 'ci-bot', sub: 'ci-bot' })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' })
    .setIssuer(opened.server.origin)
    .setAudience('my-api')
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(privateKey);
  await opened.workspace.writeFile('keys.json', JSON.stringify(keys));
  for (const name of ['secret.txt', 'api.txt']) await opened.workspace.writeFile(name, 'not-a-real-secret');
  await opened.workspace.writeFile('token.txt', accessToken);
  return opened;
}

/** An example as a script: its hosts are our server, and other programs only take their input. */
function pasted(line: string): string {
  const { origin } = scene.server;
  return [
    'set -o pipefail',
    'jq() { cat > /dev/null; }',
    'curl() { cat > /dev/null; }',
    'TOKEN=$(cat token.txt)',
    // Some of the examples take the token that a script has left in the cache.
    ...(line.includes('--cached') ? ['ccgrant token > /dev/null', 'ccgrant token --scope api:read > /dev/null'] : []),
    line.replaceAll(/https:\/\/(as|api)\.example\.com/g, origin),
  ].join('\n');
}

describe('every option of the contract is in the help', () => {
  const output = ['format', 'quiet', 'verbose', 'color'];
  const which = ['issuer', 'profile', 'config', 'client-id', 'cache-dir'];
  const server = [
    ...which,
    ...['token-endpoint', 'introspection-endpoint', 'revocation-endpoint', 'jwks-uri', 'client-secret-file'],
    ...['cert', 'key', 'pass-file'],
    ...['auth-method', 'basic-encoding', 'no-cache', 'fresh', 'cacert', 'insecure', 'proxy', 'noproxy'],
    ...['private-key', 'pass-file', 'key-id', 'signing-alg', 'assertion-audience', 'x5t', 'cert', 'key'],
    ...['client-assertion-file', 'client-assertion-from', 'client-assertion-type', 'client-attestation-file'],
    ...['connect-timeout', 'max-time', 'allow-http', ...output],
  ];
  const request = ['scope', 'no-scope', 'audience', 'resource', 'param', 'dpop', 'dpop-key', 'dpop-optional'];
  const short = ['-k', '-x', '-m', '-q', '-v'];

  const contract: Record<(typeof commands)[number], readonly string[]> = {
    token: [...server, ...request, 'min-ttl', 'out', 'json', ...short],
    decode: [...which, ...request, ...output, 'json', 'raw', 'cached', 'lines'],
    verify: [
      ...server,
      ...['cached', 'json', 'jwks', 'verify-secret-file', 'audience', 'scope', 'typ', 'alg', 'leeway', 'max-age'],
      ...['at-jwt', 'bound-to-cert', 'bound-to-key', 'signature-only', 'introspect', 'lines', ...short],
    ],
    introspect: [...server, ...request, 'cached', 'json', 'token-type-hint', ...short],
    revoke: [...server, ...request, 'cached', 'json', 'token-type-hint', 'check', ...short],
    call: [
      ...server,
      ...request,
      ...['min-ttl', 'request', 'header', 'data', 'data-raw', 'data-binary', 'data-urlencode', 'get', 'json', 'form'],
      ...['upload-file', 'include', 'head', 'output', 'dump-header', 'write-out', 'location', 'max-redirs'],
      ...['compressed', 'retry', 'resolve', 'no-fail', 'token-file', 'api-cert'],
      ...['-X', '-H', '-d', '-G', '-F', '-T', '-i', '-I', '-o', '-D', '-w', '-L', ...short],
    ],
    discover: [...server, 'json', ...short],
    cache: [...which, ...output, 'json', 'show-tokens'],
  };

  const later = [
    ...['jwt', 'expect-status', 'expect-header', 'expect-json', 'expect-text'],
    ...['expect-max-time', 'junit', 'probe'],
  ];

  test.each(commands)('%s', (command) => {
    const { options } = helpOf(command);

    const missing = contract[command].filter((name) => !options.has(name.startsWith('-') ? name : `--${name}`));
    expect({ missing, tooEarly: later.filter((name) => options.has(`--${name}`)) }).toEqual({
      missing: [],
      tooEarly: [],
    });
  });
});

describe('what was mistyped', () => {
  test.each<[args: string[], hint: string]>([
    [['tokn'], 'did you mean ccgrant token'],
    [['help', 'verfy'], 'did you mean ccgrant verify'],
    [['token', '--isuer', 'x'], 'did you mean --issuer'],
    [['token', '--isuer=x'], 'did you mean --issuer'],
    [['call', 'https://api.example.com', '--compresed'], 'did you mean --compressed'],
    [['--verbos', 'token'], 'did you mean --verbose'],
  ])('gets the near one: %j', async (args, hint) => {
    const { exitCode, stdout, stderr } = await runCcgrant(args);

    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(`  hint:   ${hint}\n`);
  });

  test.each([
    ['token', '--client-secret', 'hunter22'],
    ['token', '--client-secret=hunter22'],
    ['token', '--client-secert=hunter22'],
    ['token', '--clientsecret', 'hunter22'],
    ['token', '--client_secret=hunter22'],
    ['token', '--CLIENT-SECRET', 'hunter22'],
    ['introspect', '--secret', 'hunter22', 'abc'],
    ['call', 'https://api.example.com', '--client-secret=hunter22'],
    ['--client-secret', 'hunter22', 'token'],
    ['--client-secret=hunter22', 'token'],
  ])('may be a secret, which is refused and not repeated: %s %s', async (...args) => {
    const { exitCode, stdout, stderr } = await runCcgrant(args.filter((arg) => arg !== undefined));

    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error\[secret_on_command_line\]: .*\n {2}hint: {3}.*--client-secret-file FILE/);
    expect(stderr).not.toContain('hunter22');
  });
});
