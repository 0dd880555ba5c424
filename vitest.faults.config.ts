import { defineConfig } from 'vitest/config';
import { isLong } from './test/faults/support/grid.ts';

/** Crowds of processes, crashes, full disks and clocks that jump. One file at a time: they need the machine. */
export default defineConfig({
  test: {
    include: ['test/faults/**/*.test.ts'],
    globalSetup: ['test/support/require-build.ts', 'test/faults/support/require-tools.ts'],
    fileParallelism: false,
    testTimeout: isLong ? 1_800_000 : 300_000,
  },
});
