import type { Requirement } from './authorize.ts';

export interface Route {
  /** Absent where anybody may come. */
  readonly requires?: Requirement;
  readonly message: string;
}

/** The routes by their path. */
export const routes: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['/api/public', { message: 'No need of Authorization to see this' }],
  ['/api/private', { requires: {}, message: 'Authorization is required to see this' }],
  [
    '/api/private-scoped',
    {
      requires: { scope: 'test_api_access' },
      message: 'Authorization with a scope named test_api_access is required to see this',
    },
  ],
  [
    '/api/bound',
    {
      requires: { boundOnly: true },
      message: 'Authorization with an access token that is bound to its client is required to see this',
    },
  ],
]);
