import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../../src/cli.ts';
import type { Environment } from '../../../src/context.ts';
import type { OutputStream } from '../../../src/io/io.ts';
import { recall } from '../../../src/memo/recall.ts';
import { sha256Hex } from '../../../src/sha256.ts';
import { thisProcess } from '../../support/cache-location.ts';
import { scriptedHttp } from '../../unit/support/scripted-http.ts';

/**
 * The whole program and the memo side by side, on real files: whatever the memo answers, the program
 * must answer too, to the byte.
 */
export class Desk {
  readonly home: string;
  argv: readonly string[] = ['token'];
  env: Record<string, string> = {};
  workingDirectory: string;
  /** Milliseconds that the clock is ahead of the real one; files bear the time of the latter. */
  ahead = 60_000;
  issued = 0;
  stdin = 'S3cr3t-stdin';

  constructor(home: string) {
    this.home = home;
    this.workingDirectory = join(home, 'here');
    for (const name of ['here', 'there', 'config', 'cache', 'other-cache'])
      mkdirSync(join(home, name), { recursive: true, mode: 0o700 });
    this.write('secret', 'S3cr3t-one');
    this.write('here/secret', 'S3cr3t-here');
    this.write('there/secret', 'S3cr3t-there');
    this.env = { HOME: home, CCGRANT_TOKEN_ENDPOINT: 'https://as.example/token', CCGRANT_CLIENT_ID: 'ci-bot' };
  }

  /** Writes a file, and waits until the clock of the file system would give another one another time. */
  write(name: string, content: string): void {
    const path = join(this.home, name);
    mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
    writeFileSync(path, content, { mode: 0o600 });
    this.letTimePass();
  }

  letTimePass(): void {
    const probe = join(this.home, 'probe');
    const time = (): bigint => {
      writeFileSync(probe, '');
      return statSync(probe, { bigint: true }).ctimeNs;
    };
    const start = time();
    while (time() === start);
  }

  get now(): number {
    return Date.now() + this.ahead;
  }

  async recalled(): Promise<string | undefined> {
    const { argv, env, now, workingDirectory } = this;
    const { userId } = thisProcess;
    return recall({ argv, env, platform: process.platform, workingDirectory: () => workingDirectory, userId, now });
  }

  async answered(): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }> {
    const { argv, now, workingDirectory, home } = this;
    const http = scriptedHttp(({ headers }) => {
      this.issued += 1;
      const tokenType = headers.has('dpop') ? 'DPoP' : 'Bearer';
      return { body: { access_token: `token-${this.issued}`, token_type: tokenType, expires_in: 300 } };
    });
    const [stdout, stderr] = [memory(), memory()];
    const env: Environment = this.env;
    const exitCode = await run(
      argv,
      {
        stdin: { isTerminal: false, read: async () => Buffer.from(this.stdin), stream: async function* () {} },
        stdout: stdout.stream,
        stderr: stderr.stream,
      },
      {
        env,
        connect: async () => http.client,
        now: () => now,
        elapsed: () => performance.now(),
        startedOn: now,
        signal: new AbortController().signal,
        sha256: sha256Hex,
        host: { platform: process.platform, home: env.HOME ?? home, workingDirectory, ...thisProcess },
      },
    );
    this.letTimePass();
    return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
  }
}

function memory(): { readonly stream: OutputStream; readonly text: () => string } {
  let text = '';
  const write = (content: string | Uint8Array | readonly Uint8Array[]): void => {
    const pieces = typeof content === 'string' ? [Buffer.from(content)] : [content].flat();
    text += Buffer.concat(pieces as Uint8Array[]).toString();
  };
  return {
    stream: { isTerminal: false, columns: 80, write: async (content) => write(content), writeNow: write },
    text: () => text,
  };
}

/** Something that happens between two runs. */
export type Step = (desk: Desk) => void | Promise<void>;

/** All files in a folder of the cache directories that a desk has. */
export const everyFile = (desk: Desk, folder: string): string[] =>
  ['.cache/ccgrant', 'cache/ccgrant', 'other-cache'].flatMap((cache) => {
    try {
      const directory = join(desk.home, cache, folder);
      return readdirSync(directory).map((name) => join(directory, name));
    } catch {
      return [];
    }
  });
