import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { libfaketime } from './libfaketime.ts';

/** Says what is missing before a test can fail for it. */
export function setup(): void {
  const missing = [
    ...(hasInjection() ? [] : ['strace that may trace and inject (Debian: strace; in a container: CAP_SYS_PTRACE)']),
    ...(libfaketime() === undefined ? ['libfaketime (Debian: faketime)'] : []),
    ...(canMount() ? [] : ['the right to mount a tmpfs and to give files away (root, CAP_SYS_ADMIN)']),
  ];
  if (missing.length > 0) throw new Error(`the fault tests lack:\n${missing.map((what) => `- ${what}\n`).join('')}`);
}

function hasInjection(): boolean {
  const { signal } = spawnSync('strace', [
    '-f',
    '-o',
    '/dev/null',
    '-e',
    'inject=chdir:signal=SIGKILL',
    'sh',
    '-c',
    'cd /',
  ]);
  return signal === 'SIGKILL';
}

function canMount(): boolean {
  if (process.getuid?.() !== 0) return false;
  const directory = mkdtempSync(join(tmpdir(), 'ccgrant-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12k', 'tmpfs', directory], { stdio: 'ignore' });
    execFileSync('umount', [directory], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(directory);
  }
}
