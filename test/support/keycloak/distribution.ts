import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { cacheDirectory } from './paths.ts';
import { runTool, say } from './tools.ts';

/** The version that the tests were written against, and the SHA-256 of its zip file. */
const knownVersion = '26.7.3';
const knownChecksum = '27a6535553c3cdcd083872ba40629efafb3475e3b758e0c6f691395561dd0f1f';

/** In memory: every start begins with an empty database, and nothing is left behind. */
const buildOptions = [
  '--db=dev-mem',
  '--health-enabled=true',
  '--https-client-auth=request',
  // Attestation-based client authentication, experimental.
  '--features=client-auth-abca',
  `--features-disabled=${[
    'account',
    'admin',
    'admin-fine-grained-authz',
    'authorization',
    'ciba',
    'device-flow',
    'impersonation',
    'kerberos',
    'organization',
    'par',
    'passkeys',
    'recovery-codes',
    'twitter-broker',
    'update-email',
    'user-event-metrics',
    'web-authn',
    'workflows',
  ].join()}`,
];

/** Less to compile and less to keep in memory: quick to start rather than quick for long. */
const jvmSettings = {
  JAVA_OPTS_KC_HEAP: '-Xms128m -Xmx512m',
  JAVA_OPTS_APPEND: '-XX:-UseG1GC -XX:+UseSerialGC -XX:TieredStopAtLevel=1',
  KC_CACHE: 'local',
};

/** The version asked for by `KEYCLOAK_VERSION`, or the known one. */
export function keycloakVersion(): string {
  return process.env.KEYCLOAK_VERSION || knownVersion;
}

/** The environment of `kc.sh`: where Java is, the light JVM settings, and nothing else of ours. */
export function keycloakEnvironment(): Record<string, string> {
  const passedOn = ['PATH', 'HOME', 'JAVA_HOME', 'LANG'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(passedOn), ...jvmSettings };
}

/** Whether the distribution of this version is unpacked already. */
export async function hasDistribution(version: string): Promise<boolean> {
  return exists(distributionHome(version));
}

/** The unpacked distribution of this version, fetched by Maven when it is not there yet. */
export async function provideDistribution(version: string): Promise<string> {
  const home = distributionHome(version);
  if (await exists(home)) return home;
  await mkdir(join(cacheDirectory, 'keycloak'), { recursive: true });
  const scratch = await mkdtemp(join(cacheDirectory, 'keycloak', 'incoming-'));
  try {
    const archive = await fetchArchive(version, scratch);
    await checkArchive(version, archive);
    await runTool('python3', ['-m', 'zipfile', '-e', archive, join(scratch, 'unpacked')]);
    await rename(join(scratch, 'unpacked', `keycloak-${version}`), home).catch(async (error) => {
      // Another run of the tests may have been quicker.
      if (!(await exists(home))) throw error;
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return home;
}

/** Builds the server for the tests' options, unless they have been the last that it was built for; returns `kc.sh`. */
export async function buildServer(home: string): Promise<string> {
  const script = join(home, 'bin', 'kc.sh');
  const marker = join(home, 'ccgrant-tests-build.txt');
  // Whoever starts it with other options in between, as the examples do, has it built anew.
  const buildOf = async (): Promise<string> => {
    const { mtimeMs } = await stat(join(home, 'lib', 'quarkus', 'quarkus-application.dat'));
    return `${[...buildOptions, mtimeMs].join('\n')}\n`;
  };
  if ((await readFile(marker, 'utf8').catch(() => undefined)) === (await buildOf())) return script;
  say(`building the server in ${home} (once)`);
  await rm(marker, { force: true });
  await chmod(script, 0o755);
  await runTool(script, ['build', ...buildOptions], { env: keycloakEnvironment() });
  await writeFile(marker, await buildOf());
  return script;
}

function distributionHome(version: string): string {
  return join(cacheDirectory, 'keycloak', version);
}

async function fetchArchive(version: string, directory: string): Promise<string> {
  say(`fetching Keycloak ${version} with Maven (once)`);
  await runTool('mvn', [
    '--batch-mode',
    '--quiet',
    '--no-transfer-progress',
    'org.apache.maven.plugins:maven-dependency-plugin:copy',
    `-Dartifact=org.keycloak:keycloak-quarkus-dist:${version}:zip`,
    `-DoutputDirectory=${directory}`,
  ]);
  const archive = (await readdir(directory)).find((name) => name.endsWith('.zip'));
  if (archive === undefined) throw new Error(`Maven brought no zip file of Keycloak ${version}`);
  return join(directory, archive);
}

async function checkArchive(version: string, archive: string): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(archive), hash);
  const checksum = hash.digest('hex');
  if (version !== knownVersion) {
    say(`note: the checksum of Keycloak ${version} is not known here; its SHA-256 is ${checksum}`);
  } else if (checksum !== knownChecksum) {
    throw new Error(`the zip file of Keycloak ${version} has SHA-256 ${checksum}, expected ${knownChecksum}`);
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
