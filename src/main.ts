import { writeSync } from 'node:fs';
import { recall } from './memo/recall.ts';
import { version } from './version.ts';

/**
 * The entry: what can be answered at once is answered here, without loading what everything else needs.
 * Whatever is unusual goes on to the program, which knows every case.
 */
function main(): void {
  const argv = process.argv.slice(2);
  const answer = asksForVersionOnly(argv) ? `ccgrant ${version}` : recallAnswer(argv);
  if (answer instanceof Promise) void answer.then(give);
  else give(answer);
}

/** Writes an answer; what is left of it, and whatever has none, is the program's. */
function give(answer: string | undefined): void {
  if (answer === undefined) void runProgram();
  else {
    const written = write(`${answer}\n`);
    if (written < Buffer.byteLength(answer) + 1) void finish(`${answer}\n`, written);
  }
}

async function runProgram(): Promise<void> {
  const program = await import('./program.ts');
  await program.runProgram();
}

async function finish(answer: string, written: number): Promise<void> {
  if (written === 0) return runProgram();
  const { finishAnswer } = await import('./program.ts');
  await finishAnswer(Buffer.from(answer).subarray(written));
}

function asksForVersionOnly(argv: readonly string[]): boolean {
  return argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V');
}

function recallAnswer(argv: readonly string[]): ReturnType<typeof recall> {
  return recall({
    argv,
    env: process.env,
    platform: process.platform,
    workingDirectory: () => process.cwd(),
    userId: process.getuid?.(),
    now: Date.now(),
  });
}

/** How many bytes could be written: the program waits for a slow reader, and says what is wrong with a full disk. */
function write(answer: string): number {
  try {
    return writeSync(1, answer);
  } catch {
    return 0;
  }
}

main();
