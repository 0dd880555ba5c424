import { defineConfig } from 'vitest/config';

/** Crowds of processes, crashes, full disks and clocks that jump. One file at a time: they need the machine. */
export default defineConfig({
  test: {
    include: ['test/faults/**/*.test.ts'],
    globalSetup: ['test/support/require-build.ts', 'test/faults/support/require-tools.ts'],
    fileParallelism: false,
    testTimeout: 300_000,
  },
});
