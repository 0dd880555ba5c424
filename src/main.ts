import { writeSync } from 'node:fs';
import { recall } from './memo/recall.ts';
import { version } from './version.ts';

/**
 * The entry: what can be answered at once is answered here, without loading what everything else needs.
 * Whatever is unusual goes on to the program, which knows every case.
 */
async function main(): Promise<void> {
  const argv = process.argv.slice(2);
  const answer = asksForVersionOnly(argv) ? `ccgrant ${version}` : await recallAnswer(argv);
  const written = answer === undefined ? 0 : write(`${answer}\n`);
  if (answer !== undefined && written === Buffer.byteLength(answer) + 1) return;
  const { runProgram, finishAnswer } = await import('./program.ts');
  if (answer === undefined || written === 0) await runProgram();
  else await finishAnswer(Buffer.from(`${answer}\n`).subarray(written));
}

function asksForVersionOnly(argv: readonly string[]): boolean {
  return argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V');
}

function recallAnswer(argv: readonly string[]): Promise<string | undefined> {
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

void main();
