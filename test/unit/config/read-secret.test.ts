import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readSecret } from '../../../src/config/read-secret.ts';
import type { SecretSource } from '../../../src/config/secret-source.ts';
import { Secret } from '../../../src/secret.ts';
import { failureOf, wordsOf } from '../support/failure.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { ContextOptions } from '../support/test-context.ts';
import { createContext } from '../support/test-context.ts';

const at = temporaryDirectory();
const host = { userId: process.getuid?.() };

async function read(source: SecretSource, options: ContextOptions = {}) {
  const { ctx, stdout, stderr } = await createContext({
    ...options,
    host: { ...host, workingDirectory: at(), ...options.host },
  });
  return {
    secret: (await readSecret(source, 'CCGRANT_CLIENT_SECRET_FILE', ctx)).reveal(),
    stdout: stdout(),
    stderr: stderr(),
    ctx,
  };
}

function file(content: string | Uint8Array, mode = 0o600): SecretSource {
  writeFileSync(at('secret'), content);
  chmodSync(at('secret'), mode);
  return { kind: 'file', path: at('secret') };
}

const utf16 = (text: string, mark: number[]) => Buffer.concat([Buffer.from(mark), Buffer.from(text, 'utf16le')]);

describe('what a secret is', () => {
  const cases: [string, string | Uint8Array, string][] = [
    ['as it is', 'S3cr3t', 'S3cr3t'],
    ['with a final line feed', 'S3cr3t\n', 'S3cr3t'],
    ['with a final CRLF', 'S3cr3t\r\n', 'S3cr3t'],
    ['with a byte order mark', '\ufeffS3cr3t', 'S3cr3t'],
    ['with a byte order mark and a final CRLF', '\ufeffS3cr3t\r\n', 'S3cr3t'],
    ['with two final line feeds', 'S3cr3t\n\n', 'S3cr3t\n'],
    ['with blanks around it', ' S3cr3t ', ' S3cr3t '],
    ['with a tab at the end', 'S3cr3t\t\n', 'S3cr3t\t'],
    ['with a carriage return at the end', 'S3cr3t\r', 'S3cr3t\r'],
    ['with umlauts', 'Sücr3t€🦊\n', 'Sücr3t€🦊'],
    ['with odd characters', '%+:&="\\\n', '%+:&="\\'],
  ];

  it.each(cases)('a file %s', async (_, content, secret) => {
    expect((await read(file(content))).secret).toBe(secret);
  });

  it.each(cases)('standard input %s', async (_, content, secret) => {
    expect((await read({ kind: 'standard input' }, { stdin: content })).secret).toBe(secret);
  });

  it('a variable, to the letter', async () => {
    const value = new Secret(' S3cr3t\n');
    expect((await read({ kind: 'variable', variable: 'CCGRANT_CLIENT_SECRET', value })).secret).toBe(' S3cr3t\n');
  });

  it('concealed from then on', async () => {
    const { ctx } = await read(file('S3cr3t-value'));
    const { ctx: fresh, stderr } = await createContext();
    const secret = await readSecret({ kind: 'file', path: at('secret') }, 'x', fresh);
    fresh.io.note(ctx.io.style.title(`the server says ${secret.reveal()}`));
    expect(stderr()).not.toContain('S3cr3t-value');
  });
});

describe('what no secret is', () => {
  it.each<[string, string | Uint8Array, string]>([
    ['nothing', '', 'is empty'],
    ['one line feed', '\n', 'is empty'],
    ['one CRLF', '\r\n', 'is empty'],
    ['a byte order mark', '\ufeff', 'is empty'],
    ['UTF-16, little end first', utf16('S3cr3t', [0xff, 0xfe]), 'is UTF-16'],
    [
      'UTF-16, big end first',
      Buffer.concat([Buffer.of(0xfe, 0xff), Buffer.from('S3cr3t', 'utf16le').swap16()]),
      'is UTF-16',
    ],
    ['bytes that are no text', Buffer.of(0x53, 0xff, 0x80), 'is not UTF-8 text'],
    ['Latin-1', Buffer.from('S3cr3t ü', 'latin1'), 'is not UTF-8 text'],
  ])('%s', async (_, content, words) => {
    for (const source of [file(content), { kind: 'standard input' } as const]) {
      const failure = await failureOf(() => read(source, { stdin: content }));
      expect(failure.code).toBe('secret_unusable');
      expect(failure.message).toContain(words);
      expect(failure.message).toContain('CCGRANT_CLIENT_SECRET_FILE');
      expect(wordsOf(failure)).not.toContain('S3cr3t');
    }
  });

  it('a file that is not there', async () => {
    expect(await failureOf(() => read({ kind: 'file', path: at('none') }))).toMatchObject({
      code: 'secret_unusable',
      message: expect.stringContaining('does not exist'),
      hint: expect.stringContaining('working directory'),
    });
  });

  it('a directory', async () => {
    mkdirSync(at('dir'));
    expect(await failureOf(() => read({ kind: 'file', path: at('dir') }))).toMatchObject({
      code: 'secret_unusable',
      message: expect.stringContaining('is a directory'),
    });
  });

  it.each(['a file of 1 GB', 'what never ends'])('%s', async (what) => {
    file('');
    truncateSync(at('secret'), 2 ** 30);
    const path = what === 'what never ends' ? '/dev/zero' : at('secret');
    expect(await failureOf(() => read({ kind: 'file', path }))).toMatchObject({
      code: 'secret_unusable',
      message: `the secret file ${path} (CCGRANT_CLIENT_SECRET_FILE) is larger than 1048576 bytes`,
    });
  });

  it('standard input that is a terminal: it would be seen, and waited for', async () => {
    expect(await failureOf(() => read({ kind: 'standard input' }, { isTerminal: true }))).toMatchObject({
      code: 'secret_unusable',
      message: expect.stringContaining('terminal'),
    });
  });

  it('a place below a file', async () => {
    file('x');
    expect(await failureOf(() => read({ kind: 'file', path: at('secret', 'x') }))).toMatchObject({
      code: 'secret_unusable',
    });
  });
});

it('a pipe gives its secret however late it comes', async () => {
  execFileSync('mkfifo', ['-m', '600', at('pipe')]);
  const writer = spawn('sh', ['-c', 'exec > pipe; printf S3c; sleep 0.1; printf r3t'], { cwd: at() });
  const end = once(writer, 'close');
  expect((await read({ kind: 'file', path: at('pipe') })).secret).toBe('S3cr3t');
  await end;
});

describe('who may open a file with a secret', () => {
  it.each(['0600', '0400', '0700'])('mode %s is fit', async (mode) => {
    expect((await read(file('S3cr3t', Number.parseInt(mode, 8)))).stderr).toBe('');
  });

  it.each(['0644', '0640', '0604', '0440'])('mode %s is warned of: others may read it', async (mode) => {
    const { secret, stderr } = await read(file('S3cr3t', Number.parseInt(mode, 8)));
    expect(secret).toBe('S3cr3t');
    expect(stderr).toMatch(/^warning: other users may read /);
  });

  it.each(['0602', '0622', '0666', '0620', '0660'])(
    'mode %s is refused: who writes the file chooses the secret',
    async (mode) => {
      expect(await failureOf(() => read(file('S3cr3t', Number.parseInt(mode, 8))))).toMatchObject({
        code: 'secret_unusable',
        hint: `chmod 600 ${at('secret')}`,
      });
    },
  );

  it('a symbolic link is followed, as Kubernetes mounts secrets', async () => {
    file('S3cr3t');
    symlinkSync(at('secret'), at('link'));
    expect((await read({ kind: 'file', path: at('link') })).secret).toBe('S3cr3t');
  });

  it('modes mean nothing on Windows', async () => {
    const { secret, stderr } = await read(file('S3cr3t', 0o666), { host: { platform: 'win32' } });
    expect([secret, stderr]).toEqual(['S3cr3t', '']);
  });
});

describe('a secret from a command', () => {
  const command = (...argv: string[]): SecretSource => ({ kind: 'command', argv, directory: at() });
  const env = { PATH: process.env.PATH };

  it.each([
    ['one line', 'printf "S3cr3t\\n"'],
    ['no line end', 'printf S3cr3t'],
    ['CRLF', 'printf "S3cr3t\\r\\n"'],
    ['further lines, as pass has them', 'printf "S3cr3t\\nuser: x\\n"'],
  ])('is the first line of its standard output: %s', async (_, script) => {
    expect((await read(command('sh', '-c', script), { env })).secret).toBe('S3cr3t');
  });

  it('is run without a shell', async () => {
    expect((await read(command('printf', '%s', '$(echo x) `y` ; z'), { env })).secret).toBe('$(echo x) `y` ; z');
  });

  it('runs in the directory of the configuration file', async () => {
    expect((await read(command('pwd'), { env, host: { workingDirectory: '/' } })).secret).toBe(at());
  });

  it('has its own words on our standard error', async () => {
    const { secret, stderr } = await read(command('sh', '-c', 'echo unlocking >&2; echo S3cr3t'), { env });
    expect([secret, stderr]).toEqual(['S3cr3t', 'unlocking\n']);
  });

  it('does not see the secret in our environment', async () => {
    const environment = { ...env, CCGRANT_CLIENT_SECRET: 'S3cr3t', CCGRANT_CLIENT_ID: 'ci-bot' };
    const { secret } = await read(command('sh', '-c', 'env | grep -c CCGRANT_CLIENT_SECRET; true'), {
      env: environment,
    });
    expect(secret).toBe('0');
  });

  it('reads nothing from our standard input', async () => {
    expect((await read(command('sh', '-c', 'cat; echo end'), { env, stdin: 'S3cr3t' })).secret).toBe('end');
  });

  it.each<[string, string[], string]>([
    ['is not installed', ['ccgrant-no-such-program'], 'is not installed'],
    ['fails', ['sh', '-c', 'echo S3cr3t; exit 3'], 'ended with exit code 3'],
    ['dies', ['sh', '-c', 'kill -9 $$'], 'failed'],
    ['prints nothing', ['true'], 'printed no secret'],
    ['prints an empty first line', ['printf', '\\nS3cr3t'], 'printed no secret'],
  ])('is refused when it %s', async (_, argv, words) => {
    const failure = await failureOf(() => read(command(...argv), { env }));
    expect(failure.code).toBe('secret_unusable');
    expect(failure.message).toContain(words);
    expect(failure.message).toContain(argv[0] ?? '');
    expect(failure.message).not.toContain('S3cr3t');
  });
});
