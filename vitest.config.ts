import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/{unit,cli,e2e}/**/*.test.ts'],
    globalSetup: ['test/support/require-build.ts'],
    setupFiles: ['test/support/property-seed.ts'],
    testTimeout: 20_000,
  },
});
