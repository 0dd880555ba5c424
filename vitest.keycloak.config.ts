import { defineConfig } from 'vitest/config';

/** The tests against a real Keycloak and a real Flask server. One file at a time: they share the realm's name. */
export default defineConfig({
  test: {
    include: ['test/keycloak/**/*.test.ts'],
    globalSetup: ['test/support/require-build.ts', 'test/support/keycloak/global-setup.ts'],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    teardownTimeout: 90_000,
  },
});
