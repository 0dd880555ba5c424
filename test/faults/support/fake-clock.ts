import { libfaketime } from './libfaketime.ts';

/**
 * Variables under which a process sees a clock that is this many seconds ahead (or behind) and runs on;
 * its timers are those of the real clock, as after a real jump.
 */
export function clockAt(seconds: number): Readonly<Record<string, string>> {
  const sign = seconds < 0 ? '-' : '+';
  return {
    LD_PRELOAD: libfaketime() ?? '',
    FAKETIME: `${sign}${Math.abs(seconds)}`,
    DONT_FAKE_MONOTONIC: '1',
    // Files are stamped by the kernel, whose clock is the one of the other processes.
    NO_FAKE_STAT: '1',
  };
}

export const day = 24 * 60 * 60;
