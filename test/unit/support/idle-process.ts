import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { vi } from 'vitest';

/** A process that does nothing, for others to look at. */
export class IdleProcess {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat. */
  readonly startTime: string;
  readonly #child: ChildProcess;

  constructor() {
    this.#child = spawn('sleep', ['600'], { stdio: 'ignore' });
    this.pid = this.#child.pid ?? 0;
    this.startTime = fieldsOf(this.pid)[19] ?? '';
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGSTOP');
    await vi.waitFor(() => this.#isIn('T'), { interval: 1 });
  }

  async resume(): Promise<void> {
    this.#child.kill('SIGCONT');
    await vi.waitFor(() => this.#isIn('RSD'), { interval: 1 });
  }

  /** Kills the process; nothing is left of it then. */
  async kill(): Promise<void> {
    if (this.#child.signalCode !== null) return;
    const end = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await end;
  }

  #isIn(letters: string): void {
    const letter = letterOf(this.pid);
    if (!letters.includes(letter)) throw new Error(`the process is in the state ${letter}`);
  }
}

/** What /proc says about the state of a process: S sleeping, T stopped, Z zombie … */
export function letterOf(pid: number): string {
  return fieldsOf(pid)[0] ?? '';
}

/** The fields of /proc/PID/stat from the third one on. */
export function fieldsOf(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}
