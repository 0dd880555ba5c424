import { existsSync } from 'node:fs';

/** The e2e tests run what is built: without it nothing would be tested. */
export function setup(): void {
  if (!existsSync(new URL('../../dist/main.cjs', import.meta.url)))
    throw new Error('dist/ is missing: run npm run build');
}
