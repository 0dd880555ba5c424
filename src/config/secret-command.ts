import { execFile } from 'node:child_process';
import type { Context, Environment } from '../context.ts';
import { ConfigError } from '../errors.ts';

/** Milliseconds. */
const patience = 10_000;

/**
 * Runs a command without a shell and takes the first line of its standard output as the secret; its
 * standard error goes to ours, so that a password manager can say what it wants.
 * @param directory absolute path that it runs in
 * @throws ConfigError secret_unusable
 */
export async function runSecretCommand(
  { argv, directory }: { readonly argv: readonly string[]; readonly directory: string },
  origin: string,
  ctx: Context,
  noun = 'secret',
): Promise<string> {
  const [program = '', ...args] = argv;
  const { output, failure } = await execute(program, args, directory, ctx);
  if (ctx.signal.aborted) throw ctx.signal.reason;
  if (failure !== undefined) {
    throw new ConfigError('secret_unusable', `the command ${program} (${origin}) ${failure}`, {
      hint: `run it by hand: it must print the ${noun}, and nothing before it`,
    });
  }
  const secret = output.split(/\r?\n/, 1)[0] ?? '';
  if (secret === '') throw new ConfigError('secret_unusable', `the command ${program} (${origin}) printed no ${noun}`);
  return secret;
}

function execute(
  program: string,
  args: string[],
  directory: string,
  ctx: Context,
): Promise<{ output: string; failure?: string }> {
  const { env, io, signal } = ctx;
  return new Promise((resolve) => {
    const child = execFile(
      program,
      args,
      { cwd: directory, env: withoutSecrets(env), signal, encoding: 'utf8' },
      (error, output) => {
        clearTimeout(timer);
        resolve(error === null ? { output } : { output, failure: explain(error) });
      },
    );
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      // Its own children may live on and hold the pipe: nobody waits for them.
      child.stdout?.destroy();
      resolve({ output: '', failure: `did not end within ${patience / 1000} s` });
    }, patience);
    child.stdin?.end();
    child.stderr?.on('data', (chunk: string) => io.stderr.writeNow(chunk));
  });
}

function explain(error: Error & { code?: string | number | null }): string {
  if (error.code === 'ENOENT') return 'is not installed';
  return typeof error.code === 'number'
    ? `ended with exit code ${error.code}`
    : `failed (${error.code ?? 'by a signal'})`;
}

/** The child has no need of the secrets that stand in our environment. */
function withoutSecrets(env: Environment): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => name !== 'CCGRANT_CLIENT_SECRET'));
}
