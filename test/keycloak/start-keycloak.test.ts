import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { examplesDirectory } from '../support/keycloak/paths.ts';
import { runTool } from '../support/keycloak/tools.ts';

/** All that the script may start beside `java` and `kc.sh`. */
const programs = ['cat', 'dirname', 'grep', 'mkdir', 'nohup', 'openssl', 'rm', 'sed', 'sleep', 'tail', 'touch'];

/** A server that says what it was started with, and that it listens. */
const listens = `printf '%s ' "$KC_BOOTSTRAP_ADMIN_CLIENT_ID" "$KC_BOOTSTRAP_ADMIN_CLIENT_SECRET" "$@"
echo; echo 'Listening on: http://localhost:8080'; exec sleep 1000`;

const java17 = `echo 'openjdk version "17.0.15" 2025-04-15' >&2`;

let root: string;
let started: number[];

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'ccgrant-start-keycloak-')));
  started = [];
  await mkdir(join(root, 'bin'));
  for (const file of ['start-keycloak.sh', 'mtls-playbook/certificates.sh'])
    await cp(join(examplesDirectory, file), join(root, 'examples', file));
  for (const program of programs)
    await symlink((await runTool('sh', ['-c', `command -v ${program}`])).trim(), join(root, 'bin', program));
  await install('java', java17);
});

afterEach(async () => {
  for (const pid of started) process.kill(pid);
  await rm(root, { recursive: true });
});

const install = (name: string, commands: string) =>
  writeFile(join(root, 'bin', name), `#!/bin/sh\n${commands}\n`, { mode: 0o755 });

const readState = (name: string) => readFile(join(root, 'examples/state', name), 'utf8');

async function start(): Promise<{ exitCode: unknown; stdout: string; stderr: string }> {
  const result = await new Promise<{ exitCode: unknown; stdout: string; stderr: string }>((resolve) => {
    const options = { cwd: '/', env: { PATH: join(root, 'bin') }, timeout: 60_000 };
    execFile(join(root, 'examples/start-keycloak.sh'), options, (error, stdout, stderr) =>
      resolve({ exitCode: error?.code ?? 0, stdout, stderr }),
    );
  });
  const [, pid] = result.stdout.match(/stop it with kill (\d+)$/m) ?? [];
  if (pid !== undefined) started.push(Number(pid));
  return result;
}

test('returns when Keycloak listens, with a bootstrap client whose secret only its owner can read', async () => {
  await install('kc.sh', listens);

  const { exitCode, stderr } = await start();

  expect(exitCode, stderr).toBe(0);
  const secret = (await readState('admin.secret')).trim();
  expect(secret).toMatch(/^[0-9a-f]{48}$/);
  expect((await stat(join(root, 'examples/state/admin.secret'))).mode & 0o777).toBe(0o600);
  expect(await readState('keycloak.log')).toMatch(new RegExp(`^setup ${secret} start-dev .*--http-host=127.0.0.1 `));
  expect(await readState('keycloak.pid')).toBe(`${started[0]}\n`);
});

test('the next one has the same secret and the same certificates', async () => {
  await install('kc.sh', listens);
  await start();
  const read = async () => [
    await readState('admin.secret'),
    await readFile(join(root, 'examples/mtls-playbook/pki/client.pem'), 'utf8'),
  ];
  const before = await read();

  const { exitCode } = await start();

  expect(exitCode).toBe(0);
  expect(await read()).toEqual(before);
});

test('a Keycloak that ends is an error with its last lines', async () => {
  await install('kc.sh', 'echo "Port 8080 already in use"; exit 1');

  const { exitCode, stderr } = await start();

  expect(exitCode).toBe(1);
  expect(stderr).toBe(
    `Port 8080 already in use\nerror: Keycloak has ended: ${join(root, 'examples/state/keycloak.log')}\n`,
  );
});

test.each([
  ['kc.sh', /^error: no Keycloak: kc\.sh is not on the path\n {2}hint: .*https:\/\/www\.keycloak\.org\/downloads/],
  ['java', /^error: no Java 17 or newer, which Keycloak needs\n {2}hint: .*JAVA_HOME/],
  ['openssl', /^error: openssl is not installed\n/],
])('without %s it says what is missing and how to get it, and makes nothing', async (program, message) => {
  await install('kc.sh', listens);
  await rm(join(root, 'bin', program));

  const { exitCode, stderr } = await start();

  expect(exitCode).toBe(127);
  expect(stderr).toMatch(message);
  await expect(stat(join(root, 'examples/state'))).rejects.toThrow('ENOENT');
});

test('an old Java is not enough', async () => {
  await install('kc.sh', listens);
  await install('java', `echo 'openjdk version "11.0.2" 2019-01-15' >&2`);

  const { exitCode, stderr } = await start();

  expect(exitCode).toBe(127);
  expect(stderr).toContain('error: no Java 17 or newer, which Keycloak needs');
});
