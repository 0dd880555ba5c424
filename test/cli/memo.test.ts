import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openRecord, sealRecord } from '../../src/cache/sealed-record.ts';
import { temporaryDirectory } from '../unit/support/temporary-directory.ts';
import type { Step } from './support/desk.ts';
import { Desk, everyFile } from './support/desk.ts';

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
    'a profile elsewhere': (desk) => {
      desk.write('config/ccgrant/config.toml', profile(['client_id = "two"', 'client_secret_file = "~/secret"']));
      desk.write('.config/ccgrant/config.toml', profile(['client_id = "one"', 'client_secret_file = "~/secret"']));
      desk.env = { HOME: desk.home, CCGRANT_PROFILE: 'it', XDG_CONFIG_HOME: join(desk.home, 'config') };
    },
    'a parameter that looks like a variable': (desk) => {
      desk.env.CCGRANT_CLIENT_SECRET_FILE = join(desk.home, 'secret');
      desk.argv = ['token', '--param', 'CCGRANT_A=1'];
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
      'the configuration file is no longer to be elsewhere',
      'a profile elsewhere',
      (desk) => {
        delete desk.env.XDG_CONFIG_HOME;
      },
    ],
    [
      'what was typed is a variable now',
      'a parameter that looks like a variable',
      (desk) => {
        desk.argv = ['token', '--param'];
        desk.env.CCGRANT_A = '1';
      },
    ],
    [
      'a link is in the place of the key',
      'a secret in a variable',
      (desk) => {
        rmSync(join(desk.home, '.cache/ccgrant/key'));
        symlinkSync(join(desk.home, 'secret'), join(desk.home, '.cache/ccgrant/key'));
      },
    ],
    [
      'others may write to the directory of the cache',
      'a secret in a file',
      (desk) => chmodSync(join(desk.home, '.cache/ccgrant'), 0o777),
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

  it.each<[string, number, (file: string, changedOn: number) => void]>([
    ['before its last one', -1000, () => {}],
    ['within a tick of its last one, whatever time of writing it bears', 10, (file) => utimesSync(file, 1, 1)],
    [
      'where times are whole seconds',
      1000,
      (file, changedOn) => utimesSync(file, changedOn / 1000, Math.floor(changedOn / 1000)),
    ],
  ])('is not left while a change of a file could go unseen: %s', async (_, later, prepare) => {
    const desk = new Desk(at('desk'));
    const secret = join(desk.home, 'secret');
    desk.env.CCGRANT_CLIENT_SECRET_FILE = secret;
    prepare(secret, statSync(secret).ctimeMs);
    const now = statSync(secret).ctimeMs + later;
    Object.defineProperty(desk, 'now', { value: now });
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
});
