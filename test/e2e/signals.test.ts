import type { ChildProcess } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { open, readdir, readFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Answers, endless, json, silence, startSilentServer } from '../support/http-server.ts';
import { clientId, openScene, type Scene, tokenResponse } from '../support/http-server-scene.ts';

/** Milliseconds that the end may take. */
const limit = 300;

interface End {
  /** As a shell sees it. */
  readonly status: number;
  /** Milliseconds from the first signal to the end. */
  readonly duration: number;
  readonly stderr: string;
}

/** Sends the signals one right after the other, and waits for the end. */
async function endBy(child: ChildProcess, ...signals: NodeJS.Signals[]): Promise<End> {
  const stderr: Buffer[] = [];
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
  const exit = once(child, 'exit');
  const start = performance.now();
  for (const signal of signals) child.kill(signal);
  const [exitCode, signal] = (await exit) as [number | null, NodeJS.Signals | null];
  const duration = performance.now() - start;
  return {
    status: signal === null ? (exitCode ?? 0) : 128 + constants.signals[signal],
    duration,
    stderr: Buffer.concat(stderr).toString(),
  };
}

/** A moment in which a signal may come. */
interface Moment {
  readonly during: string;
  /** SIGINT unless said otherwise. */
  readonly signals?: readonly ('SIGINT' | 'SIGTERM')[];
  readonly args: (scene: Scene) => readonly string[];
  readonly answers?: Answers;
  /** What `client_secret_command` of the profile `dev` is. */
  readonly secretCommand?: string;
  /** Ends when the command has come to that moment. */
  readonly arrive: (scene: Scene, child: ChildProcess) => Promise<unknown>;
}

const requested =
  (path: string) =>
  ({ server }: Scene): Promise<void> =>
    vi.waitFor(() => expect(server.requests(path)).not.toEqual([]), { timeout: 5000, interval: 5 });

/** More than fits into a pipe: all of it is gone only when the command has begun to read. */
const inputIsRead = (_scene: Scene, { stdin }: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    stdin?.write('a'.repeat(1024 * 1024), () => resolve());
  });

const withPipe =
  (option: string) =>
  ({ workspace }: Scene): string[] => {
    execFileSync('mkfifo', ['-m', '600', join(workspace.directory, 'pipe')]);
    return ['token', option, 'pipe'];
  };

/** Both ends of it are open, and nothing comes. */
const pipeIsOpen = async ({ workspace }: Scene): Promise<void> => {
  const writer = await open(join(workspace.directory, 'pipe'), 'w');
  onTestFinished(() => writer.close());
};

const fileIsThere =
  (name: string) =>
  ({ workspace }: Scene): Promise<string> =>
    vi.waitFor(
      async () => {
        const content = await readFile(join(workspace.home, name), 'utf8');
        expect(content).toMatch(/\n$/);
        return content;
      },
      { timeout: 5000, interval: 5 },
    );

const url = ({ server }: Scene): string => `${server.origin}/api`;
const withProfile = () => ['token', '--profile', 'dev'];

const both = ['SIGINT', 'SIGTERM'] as const;

const moments: Moment[] = [
  {
    during: 'discovery',
    signals: both,
    args: () => ['discover'],
    answers: { '/.well-known/openid-configuration': silence },
    arrive: requested('/.well-known/openid-configuration'),
  },
  {
    during: 'a token request',
    signals: both,
    args: () => ['token', '--out', 'token.txt'],
    answers: { '/token': silence },
    arrive: requested('/token'),
  },
  {
    during: 'the body of an answer',
    args: () => ['introspect', 'a-token'],
    answers: {
      '/introspect': (_request, response) => {
        response.writeHead(200).write('{');
      },
    },
    arrive: requested('/introspect'),
  },
  {
    during: 'the wait before another try',
    args: () => ['token'],
    answers: { '/token': (_request, response) => response.writeHead(503, { 'retry-after': '20' }).end() },
    arrive: requested('/token'),
  },
  {
    during: 'a call before its answer',
    args: (scene) => ['call', url(scene)],
    answers: { '/api': silence },
    arrive: requested('/api'),
  },
  {
    during: 'a call that streams its answer',
    signals: both,
    args: (scene) => ['call', url(scene)],
    answers: { '/api': endless },
    arrive: async (_scene, { stdout }) => {
      if (stdout === null) throw new Error('standard output is no pipe');
      await once(stdout, 'data');
    },
  },
  {
    during: 'a call whose answer goes to a file',
    args: (scene) => ['call', url(scene), '-o', 'answer'],
    answers: { '/api': endless },
    arrive: ({ workspace }) =>
      vi.waitFor(async () => expect(await readFile(join(workspace.directory, 'answer'))).not.toHaveLength(0), 5000),
  },
  {
    during: 'a token that is read from standard input',
    signals: both,
    args: () => ['introspect', '-'],
    arrive: inputIsRead,
  },
  {
    during: 'a secret that is read from standard input',
    args: () => ['token', '--client-secret-file', '-'],
    arrive: inputIsRead,
  },
  {
    during: 'a token for call that is read from standard input',
    args: (scene) => ['call', url(scene), '--token-file', '-'],
    arrive: inputIsRead,
  },
  {
    during: 'a key that is read from a pipe',
    signals: both,
    args: withPipe('--private-key'),
    arrive: pipeIsOpen,
  },
  {
    during: 'a certificate that is read from a pipe',
    args: withPipe('--cert'),
    arrive: pipeIsOpen,
  },
  {
    during: 'tokens that are read line by line',
    signals: both,
    args: () => ['decode', '--lines'],
    arrive: inputIsRead,
  },
  {
    during: 'an upload from standard input',
    args: (scene) => ['call', url(scene), '-T', '-'],
    arrive: inputIsRead,
  },
  {
    during: 'a secret command',
    signals: both,
    args: withProfile,
    secretCommand: 'echo $$ > "$HOME/pid.txt"; exec sleep 60',
    arrive: fileIsThere('pid.txt'),
  },
];

async function prepare({ answers, secretCommand }: Pick<Moment, 'answers' | 'secretCommand'>): Promise<Scene> {
  const scene = await openScene(answers, secretCommand === undefined ? {} : { CCGRANT_CLIENT_SECRET: '' });
  if (secretCommand !== undefined) {
    const argv = JSON.stringify(['sh', '-c', secretCommand]);
    await scene.workspace.writeFile(
      '../config/ccgrant/config.toml',
      `[profiles.dev]\nissuer = "${scene.server.origin}"\nclient_id = "${clientId}"\nclient_secret_command = ${argv}\n`,
    );
  }
  return scene;
}

/** Whether a process is there, and more than the memory of one. */
async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z ');
  return !stat.includes(') Z ');
}

/** Everything that looks unfinished. */
async function temporaryFiles(scene: Scene): Promise<string[]> {
  return (await readdir(scene.root, { recursive: true })).filter((name) => /tmp|temp|partial|\.lock$/i.test(name));
}

describe('a signal', () => {
  for (const moment of moments) {
    for (const signal of moment.signals ?? (['SIGINT'] as const)) {
      const status = 128 + constants.signals[signal];
      // Busy machines are late now and then: what counts is that the end can come in time.
      test(`${signal} during ${moment.during} ends it with ${status}, at once and without a word`, {
        retry: 2,
      }, async () => {
        await using scene = await prepare(moment);
        const child = scene.start(moment.args(scene));
        await moment.arrive(scene, child);
        const end = await endBy(child, signal);
        expect(end).toEqual({ status, duration: expect.any(Number), stderr: '' });
        expect(end.duration).toBeLessThan(limit);
        expect(await temporaryFiles(scene)).toEqual([]);
        expect(await readdir(scene.workspace.directory)).not.toContain('token.txt');
      });
    }
  }

  test('SIGHUP ends it with 129', async () => {
    await using scene = await openScene({ '/token': silence });
    const child = scene.start(['token']);
    await requested('/token')(scene);
    expect(await endBy(child, 'SIGHUP')).toMatchObject({ status: 129, stderr: '' });
  });

  test('ends it during a TLS handshake that does not go on', async () => {
    await using silent = await startSilentServer();
    await using scene = await openScene();
    const child = scene.start(['token', '--token-endpoint', `https://127.0.0.1:${silent.port}/token`]);
    await vi.waitFor(() => expect(silent.connections).toBe(1), 5000);
    const { status, duration, stderr } = await endBy(child, 'SIGINT');
    expect({ status, stderr }).toEqual({ status: 130, stderr: '' });
    expect(duration).toBeLessThan(limit);
  });

  test('ends a call whose reader does not read', async () => {
    let sent = 0;
    await using scene = await openScene({
      '/api': (request, response) => {
        endless(request, response);
        response.on('drain', () => {
          sent = response.socket?.bytesWritten ?? 0;
        });
      },
    });
    const child = scene.start(['call', url(scene)]);
    let before = -1;
    await vi.waitFor(
      () => {
        const isStuck = sent > 0 && sent === before;
        before = sent;
        expect(isStuck).toBe(true);
      },
      { timeout: 5000, interval: 100 },
    );
    const { status, duration, stderr } = await endBy(child, 'SIGINT');
    expect({ status, stderr }).toEqual({ status: 130, stderr: '' });
    expect(duration).toBeLessThan(limit);
  });

  test('ends the secret command too', async () => {
    await using scene = await prepare({ secretCommand: 'echo $$ > "$HOME/pid.txt"; exec sleep 60' });
    const child = scene.start(withProfile());
    const pid = Number(await fileIsThere('pid.txt')(scene));
    expect(await isRunning(pid)).toBe(true);
    await endBy(child, 'SIGTERM');
    await vi.waitFor(async () => expect(await isRunning(pid)).toBe(false), 5000);
  });

  test('does not wait for a secret command that will not end', async () => {
    const secretCommand = 'trap "" TERM INT; echo $$ > "$HOME/pid.txt"; while :; do sleep 0.1; done';
    await using scene = await prepare({ secretCommand });
    const child = scene.start(withProfile());
    const pid = Number(await fileIsThere('pid.txt')(scene));
    try {
      const { status, duration } = await endBy(child, 'SIGTERM');
      expect(status).toBe(143);
      expect(duration).toBeLessThan(limit);
    } finally {
      process.kill(pid, 'SIGKILL');
    }
  });

  test('leaves the cache as it was: the next command works', async () => {
    await using scene = await openScene({ '/token': [silence, json(tokenResponse)] });
    const child = scene.start(['token']);
    await requested('/token')(scene);
    await endBy(child, 'SIGINT');
    expect(await scene.run(['token'])).toEqual({
      exitCode: 0,
      signal: null,
      stdout: `${tokenResponse.access_token}\n`,
      stderr: '',
    });
  });
});

describe('a second signal', () => {
  for (const second of ['SIGINT', 'SIGTERM'] as const) {
    test(`${second} right after SIGINT ends it no later, and without a stack trace`, async () => {
      await using scene = await openScene({ '/token': silence });
      const child = scene.start(['token']);
      await requested('/token')(scene);
      const { status, duration, stderr } = await endBy(child, 'SIGINT', second);
      expect([130, 128 + constants.signals[second]]).toContain(status);
      expect(stderr).toBe('');
      expect(duration).toBeLessThan(limit);
    });
  }
});
