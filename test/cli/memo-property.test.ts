import { chmodSync, cpSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../unit/support/temporary-directory.ts';
import type { Step } from './support/desk.ts';
import { Desk, everyFile } from './support/desk.ts';

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

/** Command lines that differ in one option at most, most of which have a memo. */
const plainArgv: fc.Arbitrary<Step> = fc
  .constantFrom(
    [],
    ['--scope', 'a'],
    ['--format', 'header'],
    ['--min-ttl', '10s'],
    ['--min-ttl', '4m30s'],
    ['--dpop'],
    ['--client-secret-file', 'secret'],
    ['--cache-dir', '../other-cache'],
  )
  .map((option) => (desk) => {
    desk.argv = ['token', ...option];
  });

const anyArgv: fc.Arbitrary<Step> = fc
  .tuple(fc.shuffledSubarray([...typed], { maxLength: 3 }), fc.constantFrom('front', 'behind', 'behind', 'behind'))
  .map(([options, place]) => (desk) => {
    desk.argv = place === 'front' ? [...options.flat(), 'token'] : ['token', ...options.flat()];
  });

const arbitraryArgv = fc.oneof(plainArgv, anyArgv);

/** Where the secret is, and that a new one is there some time later. */
const secretPlaces: readonly Step[] = [
  (desk) => {
    desk.env.CCGRANT_CLIENT_SECRET_FILE = join(desk.home, 'secret');
  },
  (desk) => {
    desk.env.CCGRANT_CLIENT_SECRET_FILE = 'secret';
  },
  (desk) => {
    desk.env.CCGRANT_CLIENT_SECRET = 'S3cr3t-env';
  },
];

const rotation: Step = (desk) => {
  if (desk.env.CCGRANT_CLIENT_SECRET !== undefined) desk.env.CCGRANT_CLIENT_SECRET += '-new';
  for (const name of ['secret', 'here/secret']) desk.write(name, `S3cr3t-new-${desk.issued}`);
};

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
    (desk) => copyOver(everyFile(desk, 'tokens')),
    (desk) => {
      for (const file of everyFile(desk, 'tokens')) {
        cpSync(file, `${file}.moved`);
        rmSync(file);
        symlinkSync(`${file}.moved`, file);
      }
    },
    (desk) => chmodSync(join(desk.home, 'other-cache'), 0o777),
    (desk) => {
      for (const file of everyFile(desk, '..')) if (file.endsWith('/ccgrant')) chmodSync(file, 0o777);
    },
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

/** What belongs to another command line lies under the names of this one. */
const confusion: fc.Arbitrary<Step> = fc.constantFrom('memos', 'tokens', 'keys').map((folder) => async (desk) => {
  const { argv } = desk;
  const scope = argv.indexOf('--scope');
  desk.argv = [...argv.slice(0, scope === -1 ? undefined : scope), '--scope', 'confused'];
  await desk.answered();
  desk.argv = argv;
  copyOver(everyFile(desk, folder));
});

const lossOfKeys: Step = (desk) => {
  for (const file of everyFile(desk, 'keys')) rmSync(file);
};

const otherConfiguration: Step = (desk) => {
  desk.write('config/ccgrant/config.toml', tomlWith(['scope = ["x", "y"]'], [], 'one'));
  desk.env.XDG_CONFIG_HOME = join(desk.home, 'config');
};

/** Puts what is in the first file into all others. */
function copyOver([first, ...others]: readonly string[]): void {
  for (const other of others) cpSync(first ?? '', other);
}

const arbitraryStep = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom(rotation, lossOfKeys, otherConfiguration) },
  { weight: 1, arbitrary: confusion },
  { weight: 2, arbitrary: arbitraryVariable },
  { weight: 2, arbitrary: arbitraryArgv },
  { weight: 1, arbitrary: arbitraryConfig },
  { weight: 2, arbitrary: arbitraryMishap },
);

const at = temporaryDirectory();

test('a memo answers nothing that the whole program would not answer, whatever has changed since', async () => {
  let desks = 0;
  let checks = 0;
  let answers = 0;
  const beginning = fc.tuple(
    arbitraryArgv,
    fc.constantFrom(...secretPlaces),
    fc.array(arbitraryVariable, { maxLength: 2 }),
    fc.option(arbitraryConfig),
  );
  await fc.assert(
    fc.asyncProperty(beginning, fc.array(arbitraryStep, { minLength: 1, maxLength: 4 }), async (first, steps) => {
      desks += 1;
      const desk = new Desk(at(`desk-${desks}`));
      const [argv, place, variables, config] = first;
      for (const step of [argv, place, ...variables, ...(config === null ? [] : [config])]) await step(desk);
      for (const step of [() => {}, () => {}, ...steps.flatMap((one) => [one, () => {}])]) {
        await step(desk);
        const recalled = await desk.recalled();
        const result = await desk.answered();
        checks += 1;
        if (recalled === undefined) continue;
        answers += 1;
        expect(result).toEqual({ exitCode: 0, stdout: `${recalled}\n`, stderr: '' });
      }
    }),
    { numRuns: 500 },
  );
  // A memo that never answers would pass as well.
  expect(answers / checks).toBeGreaterThan(0.15);
}, 60_000);
