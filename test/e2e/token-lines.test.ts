import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text as readText } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { describe, expect, test } from 'vitest';
import { ended, openScene, type Scene } from '../support/http-server-scene.ts';

const megabyte = 1024 * 1024;
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const keys = JSON.stringify({ keys: [publicKey.export({ format: 'jwk' })] });

/** The token with this number: signed by our key, and good for an hour. */
function tokenOf(number: number, claims: object = {}): string {
  const payload = { sub: `client-${number}`, exp: Math.floor(Date.now() / 1000) + 3600, ...claims };
  const [header, body] = [{ alg: 'EdDSA', typ: 'at+jwt' }, payload].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  const content = `${header}.${body}`;
  return `${content}.${sign(null, Buffer.from(content), privateKey).toString('base64url')}`;
}

interface Run {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Peak, in bytes. */
  readonly residentSetSize: number;
}

/** Runs ccgrant with this input to its end, and asks how much memory it had. */
async function runMeasured(scene: Scene, args: readonly string[], input: Iterable<string | Buffer>): Promise<Run> {
  const child = scene.start(args, {
    preload: `import { writeFileSync } from 'node:fs';
      process.on('exit', () => writeFileSync('peak.txt', String(process.resourceUsage().maxRSS * 1024)));`,
  });
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null) throw new Error('the standard streams are no pipes');
  const [[exitCode], ...outputs] = await Promise.all([
    once(child, 'close'),
    readText(stdout),
    readText(stderr),
    pipeline(Readable.from(input), stdin),
  ]);
  const peak = await readFile(join(scene.workspace.directory, 'peak.txt'), 'utf8');
  return { exitCode, stdout: outputs[0], stderr: outputs[1], residentSetSize: Number(peak) };
}

/** What an empty process of Node needs is a third of it. */
const memoryLimit = 160 * megabyte;

describe('many tokens on standard input', () => {
  test('ten thousand are verified in their order, within bounded memory', { timeout: 60_000 }, async () => {
    await using scene = await openScene({}, { CCGRANT_ISSUER: '' });
    await scene.workspace.writeFile('keys.json', keys);
    const numbers = Array.from({ length: 10_000 }, (_, number) => number);
    const input = numbers.map((number) => `${tokenOf(number, number % 1000 === 7 ? { exp: 1 } : {})}\n`);
    const run = await runMeasured(scene, ['verify', '--lines', '--jwks', 'keys.json'], input);

    const answers = run.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(answers.map(({ payload }) => payload.sub)).toEqual(numbers.map((number) => `client-${number}`));
    expect(answers.flatMap(({ valid }, index) => (valid ? [] : [index]))).toEqual(
      numbers.filter((number) => number % 1000 === 7),
    );
    expect(run.exitCode).toBe(5);
    expect(run.stderr).toMatch(/^not checked: .*\n10 of 10000 tokens are not valid\n$/);
    expect(run.residentSetSize).toBeLessThan(memoryLimit);
  });

  test('more of them than fit into memory are decoded one after the other', { timeout: 60_000 }, async () => {
    await using scene = await openScene();
    const line = Buffer.from(`${tokenOf(1, { filler: 'x'.repeat(48 * 1024) })}\n`);
    const input = {
      *[Symbol.iterator]() {
        for (let count = 0; count < 4096; count += 1) yield line;
      },
    };
    const { stdout, ...run } = await runMeasured(scene, ['decode', '--lines', '-q'], input);

    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(stdout.split('\n')).toHaveLength(4097);
    expect(run.residentSetSize).toBeLessThan(memoryLimit);
  });

  test('a line without an end is an error and never held in memory', { timeout: 60_000 }, async () => {
    await using scene = await openScene();
    const piece = Buffer.alloc(megabyte, 'a');
    const input = [...Array(300).fill(piece), `\n${tokenOf(1)}\n`];
    const run = await runMeasured(scene, ['decode', '--lines', '-q'], input);

    expect(run.exitCode).toBe(2);
    expect(run.stdout.split('\n').map((line) => line.slice(0, 30))).toEqual([
      '{"error":{"code":"not_a_jwt","',
      '{"header":{"alg":"EdDSA","typ"',
      '',
    ]);
    expect(run.residentSetSize).toBeLessThan(memoryLimit);
  });

  test('are answered as they come, while more are awaited', async () => {
    await using scene = await openScene();
    const child = scene.start(['decode', '--lines', '-q']);
    if (child.stdin === null || child.stdout === null) throw new Error('the standard streams are no pipes');
    for (const number of [1, 2, 3]) {
      child.stdin.write(`${tokenOf(number)}\n`);
      const [answer] = await once(child.stdout, 'data');
      expect(JSON.parse(String(answer)).payload.sub).toBe(`client-${number}`);
    }
    expect(await ended(child)).toMatchObject({ exitCode: 0 });
  });

  test('are read from a file where it stands, as from a pipe', async () => {
    await using scene = await openScene();
    const tokens = Array.from({ length: 2000 }, (_, number) => tokenOf(number));
    await scene.workspace.writeFile('tokens.txt', tokens.join('\n'));
    const { stdout } = await scene.shell(
      '{ read -r; ccgrant decode --lines -q; } < tokens.txt > file; tail -n +2 tokens.txt | ccgrant decode --lines -q > pipe; cmp file pipe && wc -l < file',
    );
    expect(stdout).toBe('1999\n');
  });

  test('that come from a file keep nobody from ending the command', async () => {
    await using scene = await openScene();
    await scene.workspace.writeFile('endless', `${tokenOf(1)}\n`);
    const { stdout } = await scene.shell(
      'truncate -s 200G endless; exec 3< <(ccgrant decode --lines -q < endless); read -r <&3; kill -TERM $!; wait $!; echo $?',
    );
    expect(stdout).toBe('143\n');
  });

  for (const command of ['decode --lines', 'verify --lines --jwks keys.json']) {
    test(`${command} ends quietly when the reader goes away, although the input never ends`, async () => {
      await using scene = await openScene({}, { CCGRANT_ISSUER: '' });
      await scene.workspace.writeFile('keys.json', keys);
      const { stdout, stderr } = await scene.shell(
        `yes "$TOKEN" | ccgrant ${command} -q | head -1; echo "\${PIPESTATUS[1]}"`,
        { TOKEN: tokenOf(1) },
      );
      expect(stderr).toBe('');
      expect(stdout).toMatch(/^\{.*"sub":"client-1".*\}\n0\n$/);
    });
  }

  test('that are not valid stay not valid when the reader goes away', async () => {
    await using scene = await openScene({}, { CCGRANT_ISSUER: '' });
    await scene.workspace.writeFile('keys.json', keys);
    const { stdout, stderr } = await scene.shell(
      `yes "$TOKEN" | ccgrant verify --lines --jwks keys.json | head -1; echo "\${PIPESTATUS[1]}"`,
      { TOKEN: tokenOf(1, { exp: 1 }) },
    );
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^\{"valid":false.*\}\n5\n$/);
  });
});
