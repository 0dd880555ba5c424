import { readFileSync, readlinkSync } from 'node:fs';

/**
 * A process, told apart from every other one that ever had its number: on this machine, on another one
 * that shares the directory, before a reboot, or in a container with numbers of its own.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /**
   * Clock ticks from boot to its start; a number that is given out again has another one. Null without /proc, or
   * where that is the one of another namespace, whose numbers mean others.
   */
  readonly startTime: string | null;
  /** Random for each boot of the kernel; null without /proc. */
  readonly bootId: string | null;
  /** Numbers of processes mean something within one namespace only; null without /proc. */
  readonly pidNamespace: string | null;
  /** Host name and machine id. */
  readonly machine: string;
}

/** Who looks at other processes. */
export interface Observer extends ProcessIdentity {
  /** Whether some process has this number. */
  readonly hasProcess: (pid: number) => boolean;
}

/** This process. */
export function identifyProcess(pid: number, hostName: string, hasProcess: (pid: number) => boolean): Observer {
  return {
    hasProcess,
    pid,
    startTime: orNull(() => readlinkSync('/proc/self')) === `${pid}` ? (processState(pid)?.startTime ?? null) : null,
    bootId: orNull(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()),
    pidNamespace: orNull(() => readlinkSync('/proc/self/ns/pid')),
    machine: `${hostName} ${orNull(() => readFileSync('/etc/machine-id', 'latin1').trim())}`,
  };
}

export type Liveness = 'running' | 'stopped' | 'dead' | 'unknown';

/**
 * Whether a process still runs, as seen from another one.
 *
 * - Same boot, same namespace: exact, by its number and start time; a zombie is dead.
 * - Same boot, another namespace: its numbers cannot be looked up from here: unknown.
 * - Another boot of the same machine: a reboot has ended it.
 * - Another machine, or one whose host name has changed since: unknown.
 * - Without /proc, or with that of another namespace: dead if nobody has the number; else it may have been given
 *   out again: unknown.
 * - With /proc for one of the two only: they need not share their numbers: unknown.
 */
export function livenessOf(owner: ProcessIdentity, observer: Observer): Liveness {
  const isSameMachine = owner.machine === observer.machine;
  if (owner.bootId !== observer.bootId) {
    const isKnown = owner.bootId !== null && observer.bootId !== null;
    return isSameMachine && isKnown ? 'dead' : 'unknown';
  }
  if (owner.pidNamespace !== observer.pidNamespace) return 'unknown';
  if (owner.bootId === null && !isSameMachine) return 'unknown';
  if (owner.startTime === null || observer.startTime === null) {
    return observer.hasProcess(owner.pid) ? 'unknown' : 'dead';
  }
  const state = processState(owner.pid);
  if (state === undefined || state.startTime !== owner.startTime || 'ZXx'.includes(state.letter)) return 'dead';
  return 'Tt'.includes(state.letter) ? 'stopped' : 'running';
}

/** Fields 3 and 22 of /proc/PID/stat; the name in field 2 may hold blanks and brackets. */
function processState(pid: number): { readonly letter: string; readonly startTime: string } | undefined {
  const stat = orNull(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [letter, startTime] = [fields?.[0], fields?.[19]];
  return letter === undefined || startTime === undefined ? undefined : { letter, startTime };
}

function orNull<T>(action: () => T): T | null {
  try {
    return action();
  } catch {
    return null;
  }
}
