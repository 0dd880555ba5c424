// `npm run test:faults`, and with `-- --long` the full grid. What else is said goes to vitest.
import { spawnSync } from 'node:child_process';

const args = process.argv.slice(2);
const { status } = spawnSync(
  'vitest',
  ['run', '--config', 'vitest.faults.config.ts', ...args.filter((arg) => arg !== '--long')],
  {
    stdio: 'inherit',
    env: { ...process.env, ...(args.includes('--long') ? { CCGRANT_FAULTS: 'long' } : {}) },
  },
);
process.exitCode = status ?? 1;
