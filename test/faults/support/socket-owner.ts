import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Which of these processes has the local end of a TCP connection from this port; undefined when none has. */
export function socketOwner(port: number, pids: readonly number[]): number | undefined {
  const local = port.toString(16).toUpperCase().padStart(4, '0');
  const row = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find(([, address]) => address?.endsWith(`:${local}`));
  const socket = `socket:[${row?.[9]}]`;
  return pids.find((pid) => descriptors(pid).includes(socket));
}

function descriptors(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((name) => readlinkSync(`/proc/${pid}/fd/${name}`));
  } catch {
    return [];
  }
}
