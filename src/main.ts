import { writeSync } from 'node:fs';
import { version } from './version.ts';

/**
 * The entry: what can be answered at once is answered here, without loading what everything else needs.
 * Whatever is unusual goes on to the program, which knows every case.
 */
async function main(): Promise<void> {
  if (asksForVersionOnly(process.argv.slice(2)) && print(`ccgrant ${version}\n`)) return;
  const { runProgram } = await import('./program.ts');
  await runProgram();
}

function asksForVersionOnly(args: readonly string[]): boolean {
  return args.length === 1 && (args[0] === '--version' || args[0] === '-V');
}

/** Whether it could be written: the program waits for a slow reader, and says what is wrong with a full disk. */
function print(line: string): boolean {
  try {
    return writeSync(1, line) === line.length;
  } catch {
    return false;
  }
}

void main();
