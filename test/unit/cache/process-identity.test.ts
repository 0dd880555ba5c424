import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Observer, ProcessIdentity } from '../../../src/cache/process-identity.ts';
import { identifyProcess, livenessOf } from '../../../src/cache/process-identity.ts';
import { fieldsOf, IdleProcess, letterOf } from '../support/idle-process.ts';

const self = identifyProcess(process.pid, 'host', () => true);

/** A process that is there until the test has ended, and its identity beside ours. */
function startProcess(): { readonly idle: IdleProcess; readonly identity: ProcessIdentity } {
  const idle = new IdleProcess();
  onTestFinished(() => idle.kill());
  return { idle, identity: { ...self, pid: idle.pid, startTime: idle.startTime } };
}

describe('identifyProcess', () => {
  it('names the start of this process, the boot, the namespace and the machine', () => {
    expect(self).toMatchObject({
      pid: process.pid,
      startTime: fieldsOf(process.pid)[19],
      bootId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      pidNamespace: expect.stringMatching(/^pid:\[\d+\]$/),
      machine: expect.stringMatching(/^host /),
    });
  });

  it('names no start where /proc is that of another namespace, in which the number is somebody else', () => {
    expect(identifyProcess(process.ppid, 'host', () => true).startTime).toBeNull();
  });
});

describe('livenessOf', () => {
  it('sees this process running', () => {
    expect(livenessOf(self, self)).toBe('running');
  });

  it('sees a process stop, go on, and die', async () => {
    const { idle, identity } = startProcess();
    expect(livenessOf(identity, self)).toBe('running');
    await idle.stop();
    expect(livenessOf(identity, self)).toBe('stopped');
    await idle.resume();
    expect(livenessOf(identity, self)).toBe('running');
    await idle.kill();
    expect(livenessOf(identity, self)).toBe('dead');
  });

  it('takes a zombie for dead', async () => {
    // The shell becomes a program that never asks how its child has ended, which must not be before that.
    const parent = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 600'], { stdio: ['ignore', 'pipe', 'ignore'] });
    onTestFinished(() => void parent.kill('SIGKILL'));
    const [line] = await once(parent.stdout, 'data');
    const pid = Number(line);
    await vi.waitFor(() => expect(letterOf(pid)).toBe('Z'), { interval: 1 });
    expect(livenessOf({ ...self, pid, startTime: fieldsOf(pid)[19] ?? '' }, self)).toBe('dead');
  });

  it('takes a process for dead whose number is that of a later one', () => {
    const { idle, identity } = startProcess();
    expect(livenessOf({ ...identity, startTime: String(Number(idle.startTime) - 1) }, self)).toBe('dead');
  });

  it.each(['sleep) Z 1 (', 'a b', ') R 1'])('is not misled by a process that calls itself %s', async (name) => {
    const code = `process.title = ${JSON.stringify(name)}; console.log('named'); setInterval(() => {}, 1000)`;
    const env = { PATH: process.env.PATH };
    const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'ignore'], env });
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    const pid = child.pid ?? 0;
    expect(livenessOf({ ...self, pid, startTime: fieldsOf(pid)[19] ?? '' }, self)).toBe('running');
  });

  const absent = { startTime: null, bootId: null, pidNamespace: null };
  it.each<[string, Partial<ProcessIdentity>, Partial<Observer>, string]>([
    ['before the machine was started anew', { bootId: 'another' }, {}, 'dead'],
    ['in another namespace, whatever its number is here', { pidNamespace: 'pid:[1]' }, {}, 'unknown'],
    ['in another namespace, with a number that nobody has here', { pidNamespace: 'pid:[1]', pid: 0 }, {}, 'unknown'],
    ['in another namespace before the machine was started anew', { pidNamespace: 'x', bootId: 'another' }, {}, 'dead'],
    ['on another machine', { machine: 'other 1', bootId: 'another' }, {}, 'unknown'],
    ['on this machine, which has had another name', { machine: 'other 1' }, {}, 'running'],
    ['without /proc, as we, and its number is nobody now', absent, { ...absent, hasProcess: () => false }, 'dead'],
    ['without /proc, as we, and somebody has its number', absent, { ...absent, hasProcess: () => true }, 'unknown'],
    [
      'without /proc on another machine',
      { ...absent, machine: 'x' },
      { ...absent, hasProcess: () => false },
      'unknown',
    ],
    ['without /proc, which we have', absent, { hasProcess: () => false }, 'unknown'],
    ['with /proc, which we have not', {}, { ...absent, hasProcess: () => false }, 'unknown'],
    ['under the /proc of another namespace, as we: nobody', { startTime: null }, { hasProcess: () => false }, 'dead'],
    ['under the /proc of another namespace, as we: somebody', { startTime: null }, {}, 'unknown'],
  ])('judges a process %s', (_, owner, observer, liveness) => {
    expect(livenessOf({ ...self, ...owner }, { ...self, ...observer })).toBe(liveness);
  });
});
