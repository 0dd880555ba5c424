import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openRecord, sealRecord } from '../../src/cache/sealed-record.ts';
import { run } from '../../src/cli.ts';
import type { Environment } from '../../src/context.ts';
import type { OutputStream } from '../../src/io/io.ts';
import { recall } from '../../src/memo/recall.ts';
import { sha256Hex } from '../../src/sha256.ts';
import { thisProcess } from '../support/cache-location.ts';
import { scriptedHttp } from '../unit/support/scripted-http.ts';
import { temporaryDirectory } from '../unit/support/temporary-directory.ts';

/**
 * The whole program and the memo side by side, on real files: whatever the memo answers, the program
 * must answer too, to the byte.
 */
class Desk {
  readonly home: string;
  argv: readonly string[] = ['token'];
  env: Record<string, string> = {};
  workingDirectory: string;
  /** Milliseconds that the clock is ahead of the real one; files bear the time of the latter. */
  ahead = 60_000;
  issued = 0;

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
    const http = scriptedHttp(() => {
      this.issued += 1;
      return { body: { access_token: `token-${this.issued}`, token_type: 'Bearer', expires_in: 300 } };
    });
    const [stdout, stderr] = [memory(), memory()];
    const env: Environment = this.env;
    const exitCode = await run(
      argv,
      {
        stdin: { isTerminal: false, read: async () => Buffer.from('S3cr3t-stdin'), stream: async function* () {} },
        stdout: stdout.stream,
        stderr: stderr.stream,
      },
      {
        env,
        connect: async () => http.client,
        now: () => now,
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

const profiles = [
  '',
  'client_id = "p-one"',
  'client_id = "p-two"',
  'client_secret_file = "../secret"',
  'client_secret_file = "~/here/secret"',
  'client_secret_command = ["printf", "S3cr3t-cmd"]',
  'client_secret_command = ["printf", "S3cr3t-xyz"]',
  'scope = ["a", "b"]',
  'scope = ["b", "c"]',
  'min_ttl = "10s"',
  'min_ttl = "9m"',
  'no_cache = true',
  'fresh = true',
  'cache_dir = "../other-cache"',
  'audience = "x"',
  'issuer = "https://as.example"',
  'unknown = "x"',
];

const typed: readonly string[][] = [
  ['--scope', 'a'],
  ['--scope=a b'],
  ['--no-scope'],
  ['--format', 'token'],
  ['--format', 'header'],
  ['--format', 'env'],
  ['--format', 'json'],
  ['--format', 'exec-credential'],
  ['--json'],
  ['--min-ttl', '10s'],
  ['--min-ttl', '4m30s'],
  ['--fresh'],
  ['--no-cache'],
  ['--profile', 'one'],
  ['--profile', 'two'],
  ['--config', 'config.toml'],
  ['--client-id', 'typed'],
  ['--client-secret-file', 'secret'],
  ['--client-secret-file', '../secret'],
  ['--client-secret-file=-'],
  ['--cache-dir', '../other-cache'],
  ['--audience', 'x'],
  ['--param', 'a=b'],
  ['--auth-method', 'client_secret_post'],
  ['--basic-encoding', 'raw'],
  ['--color', 'always'],
  ['-q'],
  ['-v'],
  ['-k'],
  ['--'],
  ['--unknown'],
  ['operand'],
  ['--out', 'out'],
  ['--out', '-'],
  ['-h'],
];

const variables: readonly (readonly [string, readonly string[]])[] = [
  ['CCGRANT_CLIENT_SECRET', ['S3cr3t-env', 'S3cr3t-ENV', '']],
  ['CCGRANT_CLIENT_SECRET_FILE', ['secret', '../secret', '-']],
  ['CCGRANT_TOKEN_ENDPOINT', ['https://as.example/token', 'https://as.example/other', 'https://AS.example/token']],
  ['CCGRANT_CLIENT_ID', ['ci-bot', 'other']],
  ['CCGRANT_SCOPE', ['a', 'b a', '']],
  ['CCGRANT_AUDIENCE', ['x', 'y']],
  ['CCGRANT_PROFILE', ['one', 'two', 'none']],
  ['CCGRANT_CONFIG', ['config.toml', '../config/ccgrant/config.toml', 'missing.toml']],
  ['CCGRANT_CACHE_DIR', ['../cache/ccgrant', '../other-cache', 'relative']],
  ['CCGRANT_NO_CACHE', ['0', '1', 'maybe']],
  ['CCGRANT_AUTH_METHOD', ['client_secret_basic', 'client_secret_post', 'none']],
  ['CCGRANT_ALLOW_HTTP', ['1', '0']],
  ['XDG_CONFIG_HOME', ['HOME/config', 'relative', 'HOME/elsewhere']],
  ['XDG_CACHE_HOME', ['HOME/cache', 'relative', 'HOME/other-cache']],
  ['HOME', ['HOME', 'HOME/here']],
  ['UNRELATED', ['x', 'y']],
  ['HTTPS_PROXY', ['http://u:S3cr3t@proxy.example', '']],
];

type Step = (desk: Desk) => void;

function tomlWith(one: readonly string[], two: readonly string[], defaultProfile: string | undefined): string {
  return [
    defaultProfile === undefined ? '' : `default_profile = "${defaultProfile}"`,
    '[profiles.one]',
    ...new Set(one),
    '[profiles.two]',
    ...new Set(two),
    '',
  ].join('\n');
}

const arbitraryConfig: fc.Arbitrary<Step> = fc
  .tuple(
    fc.constantFrom('.config/ccgrant/config.toml', 'config/ccgrant/config.toml', 'here/config.toml'),
    fc.subarray(profiles, { maxLength: 2 }),
    fc.subarray(profiles, { maxLength: 2 }),
    fc.constantFrom(undefined, 'one', 'two'),
  )
  .map(
    ([name, one, two, chosen]) =>
      (desk) =>
        desk.write(name, tomlWith(one, two, chosen)),
  );

const arbitraryVariable: fc.Arbitrary<Step> = fc
  .constantFrom(...variables)
  .chain(([name, values]) => fc.tuple(fc.constant(name), fc.constantFrom(undefined, ...values)))
  .map(([name, value]) => (desk) => {
    if (value === undefined && name !== 'HOME') delete desk.env[name];
    else if (value !== undefined) desk.env[name] = value.replace('HOME', desk.home);
  });

const arbitraryArgv: fc.Arbitrary<Step> = fc
  .tuple(fc.shuffledSubarray([...typed], { maxLength: 3 }), fc.constantFrom('front', 'behind', 'behind', 'behind'))
  .map(([options, place]) => (desk) => {
    desk.argv = place === 'front' ? [...options.flat(), 'token'] : ['token', ...options.flat()];
  });

const everyFile = (desk: Desk, folder: string): string[] =>
  ['.cache/ccgrant', 'cache/ccgrant', 'other-cache'].flatMap((cache) => {
    try {
      const directory = join(desk.home, cache, folder);
      return readdirSync(directory).map((name) => join(directory, name));
    } catch {
      return [];
    }
  });

const arbitraryMishap: fc.Arbitrary<Step> = fc.oneof(
  fc.constantFrom<Step[]>(
    (desk) => desk.write('secret', 'S3cr3t-two'),
    (desk) => desk.write('here/secret', 'S3cr3t-HERE'),
    (desk) => {
      desk.workingDirectory = join(desk.home, 'there');
    },
    (desk) => {
      desk.workingDirectory = join(desk.home, 'here');
    },
    (desk) => rmSync(join(desk.home, 'secret'), { force: true }),
    (desk) => rmSync(join(desk.home, '.config'), { recursive: true, force: true }),
    (desk) => chmodSync(join(desk.home, 'here/secret'), 0o666),
    (desk) => {
      for (const file of everyFile(desk, 'tokens')) rmSync(file);
    },
    (desk) => {
      for (const file of everyFile(desk, 'tokens')) chmodSync(file, 0o644);
    },
    (desk) => {
      const [first, second] = everyFile(desk, 'tokens');
      if (first !== undefined && second !== undefined) cpSync(first, second);
    },
    (desk) => {
      for (const file of everyFile(desk, 'tokens')) {
        cpSync(file, `${file}.moved`);
        rmSync(file);
        symlinkSync(`${file}.moved`, file);
      }
    },
    (desk) => chmodSync(join(desk.home, 'other-cache'), 0o777),
    (desk) => {
      for (const file of everyFile(desk, '.')) if (file.endsWith('/key')) writeFileSync(file, Buffer.alloc(32, 7));
    },
  ),
  fc.constantFrom(1, 100, 179, 239, 241, 269, 271, 301, 3600, 86_400, -86_400).map(
    (seconds): Step =>
      (desk) => {
        desk.ahead += seconds * 1000;
      },
  ),
  fc.tuple(fc.constantFrom('tokens', 'memos'), fc.nat(), fc.integer({ min: 1, max: 255 })).map(
    ([folder, position, change]): Step =>
      (desk) => {
        for (const file of everyFile(desk, folder)) {
          if (!statSync(file).isFile()) continue;
          const bytes = readFileSync(file);
          const index = position % bytes.length;
          bytes[index] = (bytes[index] ?? 0) ^ change;
          writeFileSync(file, bytes);
        }
      },
  ),
);

const arbitraryStep = fc.oneof(
  { weight: 2, arbitrary: arbitraryVariable },
  { weight: 2, arbitrary: arbitraryArgv },
  { weight: 1, arbitrary: arbitraryConfig },
  { weight: 2, arbitrary: arbitraryMishap },
);

const at = temporaryDirectory();

describe('a memo', () => {
  const endpoint = 'https://as.example/token';
  const setUp: Readonly<Record<string, Step>> = {
    'a secret in a file': (desk) => {
      desk.env.CCGRANT_CLIENT_SECRET_FILE = join(desk.home, 'secret');
    },
    'a secret in a file of the working directory': (desk) => {
      desk.env.CCGRANT_CLIENT_SECRET_FILE = 'secret';
    },
    'a secret in a variable': (desk) => {
      desk.env.CCGRANT_CLIENT_SECRET = 'S3cr3t-env';
    },
    'a profile': (desk) => {
      desk.write('.config/ccgrant/config.toml', profile(['client_id = "one"', 'client_secret_file = "~/secret"']));
      desk.env = { HOME: desk.home, CCGRANT_PROFILE: 'it' };
    },
    'a time that the token must be good for': (desk) => {
      desk.env.CCGRANT_CLIENT_SECRET_FILE = join(desk.home, 'secret');
      desk.argv = ['token', '--min-ttl', '4m30s'];
    },
  };
  const profile = (lines: readonly string[]): string =>
    ['[profiles.it]', `token_endpoint = "${endpoint}"`, ...lines, ''].join('\n');

  it.each(Object.keys(setUp))('answers the same command line again, with %s', async (name) => {
    const desk = new Desk(at('desk'));
    setUp[name]?.(desk);
    expect(await desk.recalled()).toBeUndefined();
    const { stdout } = await desk.answered();
    expect(await desk.recalled()).toBe(stdout.trimEnd());
    expect(desk.issued).toBe(1);
  });

  const forEachToken = (desk: Desk, change: (file: string) => void): void => {
    for (const file of everyFile(desk, 'tokens')) change(file);
  };

  it.each<[string, string, Step]>([
    ['the secret file has another content', 'a secret in a file', (desk) => desk.write('secret', 'S3cr3t-two')],
    ['the secret file is gone', 'a secret in a file', (desk) => rmSync(join(desk.home, 'secret'))],
    [
      'there is a configuration file where was none',
      'a secret in a file',
      (desk) => desk.write('.config/ccgrant/config.toml', 'default_profile = "it"\n[profiles.it]\nscope = "a"\n'),
    ],
    [
      'the configuration file cannot be looked at',
      'a secret in a file',
      (desk) => {
        mkdirSync(join(desk.home, '.config'), { recursive: true });
        symlinkSync('ccgrant', join(desk.home, '.config/ccgrant'));
      },
    ],
    [
      'the configuration file is to be elsewhere',
      'a profile',
      (desk) => {
        desk.write('config/ccgrant/config.toml', profile(['client_id = "two"', 'client_secret_file = "~/secret"']));
        desk.env.XDG_CONFIG_HOME = join(desk.home, 'config');
      },
    ],
    [
      'the profile has changed',
      'a profile',
      (desk) =>
        desk.write('.config/ccgrant/config.toml', profile(['client_id = "two"', 'client_secret_file = "~/secret"'])),
    ],
    [
      'we are somewhere else',
      'a secret in a file of the working directory',
      (desk) => {
        desk.workingDirectory = join(desk.home, 'there');
      },
    ],
    [
      'the variable holds another secret',
      'a secret in a variable',
      (desk) => {
        desk.env.CCGRANT_CLIENT_SECRET = 'S3cr3t-two';
      },
    ],
    [
      'the variable is gone',
      'a secret in a variable',
      (desk) => {
        delete desk.env.CCGRANT_CLIENT_SECRET;
      },
    ],
    [
      'the key of the cache is another one',
      'a secret in a variable',
      (desk) => writeFileSync(join(desk.home, '.cache/ccgrant/key'), Buffer.alloc(32, 7)),
    ],
    [
      'the token is not good for long enough',
      'a time that the token must be good for',
      (desk) => {
        desk.ahead += 31_000;
      },
    ],
    [
      'the token is to be replaced',
      'a secret in a file',
      (desk) => {
        desk.ahead += 241_000;
      },
    ],
    [
      'the token has expired',
      'a secret in a file',
      (desk) => {
        desk.ahead += 301_000;
      },
    ],
    [
      'the clock was set back',
      'a secret in a file',
      (desk) => {
        desk.ahead -= 86_400_000;
      },
    ],
    ['the entry is gone', 'a secret in a file', (desk) => forEachToken(desk, rmSync)],
    ['others may read the entry', 'a secret in a file', (desk) => forEachToken(desk, (file) => chmodSync(file, 0o644))],
    [
      'the entry is one of another command line',
      'a secret in a file',
      (desk) =>
        forEachToken(desk, (file) => {
          const record = openRecord(readFileSync(file)) as { readonly key: object };
          writeFileSync(file, sealRecord({ ...record, key: { ...record.key, client_id: 'other' } }) ?? '');
        }),
    ],
    [
      'others may write to the cache',
      'a secret in a file',
      (desk) => chmodSync(join(desk.home, '.cache/ccgrant/tokens'), 0o777),
    ],
    [
      'an option more is typed',
      'a secret in a file',
      (desk) => {
        desk.argv = ['token', '--scope', 'a'];
      },
    ],
  ])('does not answer when %s', async (_, name, change) => {
    const desk = new Desk(at('desk'));
    setUp[name]?.(desk);
    await desk.answered();
    expect(await desk.recalled()).toBeDefined();
    change(desk);
    expect(await desk.recalled()).toBeUndefined();
  });

  it.each<[string, Step]>([
    [
      'a secret from standard input',
      (desk) => {
        desk.env.CCGRANT_CLIENT_SECRET_FILE = '-';
      },
    ],
    [
      'a warning that each run gives',
      (desk) => {
        desk.env.CCGRANT_CLIENT_SECRET_FILE = join(desk.home, 'secret');
        desk.argv = ['token', '--insecure'];
      },
    ],
    [
      '--fresh',
      (desk) => {
        desk.env.CCGRANT_CLIENT_SECRET_FILE = join(desk.home, 'secret');
        desk.argv = ['token', '--fresh'];
      },
    ],
    [
      'an answer that changes with time',
      (desk) => {
        desk.env.CCGRANT_CLIENT_SECRET_FILE = join(desk.home, 'secret');
        desk.argv = ['token', '--format', 'json'];
      },
    ],
    [
      'a cache directory of the profile, where nobody looks for a memo',
      (desk) => {
        desk.write(
          '.config/ccgrant/config.toml',
          profile(['client_id = "one"', 'client_secret_file = "~/secret"', 'cache_dir = "~/other-cache"']),
        );
        desk.env = { HOME: desk.home, CCGRANT_PROFILE: 'it' };
      },
    ],
  ])('is not left by a run with %s', async (_, change) => {
    const desk = new Desk(at('desk'));
    change(desk);
    expect(await desk.answered()).toMatchObject({ exitCode: 0 });
    expect(everyFile(desk, 'memos')).toEqual([]);
  });

  it('is not left while a change of a file could go unseen', async () => {
    const desk = new Desk(at('desk'));
    desk.env.CCGRANT_CLIENT_SECRET_FILE = join(desk.home, 'secret');
    desk.ahead = statSync(join(desk.home, 'secret')).ctimeMs - Date.now() - 1000;
    expect(await desk.answered()).toMatchObject({ exitCode: 0 });
    expect(everyFile(desk, 'memos')).toEqual([]);
  });

  it('holds no secret', async () => {
    const desk = new Desk(at('desk'));
    desk.env.CCGRANT_CLIENT_SECRET = 'S3cr3t-env';
    desk.env.HTTPS_PROXY = 'http://user:S3cr3t-proxy@127.0.0.1:1';
    await desk.answered();
    const memos = everyFile(desk, 'memos').map((file) => readFileSync(file, 'utf8'));
    expect(memos).toHaveLength(1);
    expect(memos.join()).not.toMatch(/S3cr3t|token-1/);
  });

  it.each(['http://user:S3cr3t-proxy@127.0.0.1:1', 'user:S3cr3t-proxy@127.0.0.1:1'])(
    'is not left of a command line with a password in it: %s',
    async (proxy) => {
      const desk = new Desk(at('desk'));
      desk.env.CCGRANT_CLIENT_SECRET = 'S3cr3t-env';
      desk.argv = ['token', '-x', proxy];
      expect(await desk.answered()).toMatchObject({ exitCode: 0 });
      expect(everyFile(desk, 'memos')).toEqual([]);
    },
  );

  it('answers nothing that the whole program would not answer, whatever has changed since', async () => {
    let desks = 0;
    let checks = 0;
    let answers = 0;
    const beginning = fc.tuple(
      arbitraryArgv,
      fc.array(arbitraryVariable, { maxLength: 2 }),
      fc.option(arbitraryConfig),
    );
    await fc.assert(
      fc.asyncProperty(beginning, fc.array(arbitraryStep, { minLength: 1, maxLength: 4 }), async (first, steps) => {
        desks += 1;
        const desk = new Desk(at(`desk-${desks}`));
        desk.env.CCGRANT_CLIENT_SECRET_FILE = join(desk.home, 'secret');
        const [argv, variables, config] = first;
        for (const step of [argv, ...variables, ...(config === null ? [] : [config])]) step(desk);
        for (const step of [() => {}, () => {}, ...steps.flatMap((one) => [one, () => {}])]) {
          step(desk);
          const recalled = await desk.recalled();
          const result = await desk.answered();
          checks += 1;
          if (recalled === undefined) continue;
          answers += 1;
          expect(result).toEqual({ exitCode: 0, stdout: `${recalled}\n`, stderr: '' });
        }
      }),
      { numRuns: 150 },
    );
    // A memo that never answers would pass as well.
    expect(answers / checks).toBeGreaterThan(0.15);
  }, 60_000);
});
