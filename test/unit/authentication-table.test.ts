import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { authMethodNames } from '../../src/oauth/client-auth/auth-methods.ts';
import type { AuthenticationRow } from '../support/authentication/rows.ts';
import { authenticationRows, certificateRows, draftRows } from '../support/authentication/rows.ts';

const rows: readonly AuthenticationRow[] = [...authenticationRows, ...certificateRows, ...draftRows];

function line({ name, algorithms, ...servers }: AuthenticationRow): string {
  const cells = (['oidcProvider', 'keycloak'] as const).map((server) => {
    const commands = servers[server].join(', ') || '-';
    return algorithms === undefined ? commands : `${commands}: ${algorithms[server].join(', ')}`;
  });
  return `| \`${name}\` | ${cells.join(' | ')} |`;
}

it('docs/authentication.md has the table of what the tests are made from, and no other', () => {
  const document = readFileSync(new URL('../../docs/authentication.md', import.meta.url), 'utf8');
  const [, table = ''] =
    /\| way \| oidc-provider \| Keycloak \|\n\|---\|---\|---\|\n((?:\|.*\n)+)/.exec(document) ?? [];
  expect(table.trim().split('\n')).toEqual(rows.map(line));
});

it('every method that can be asked for has a row', () => {
  const named = rows.map(({ name }) => name);
  expect(authMethodNames.filter((name) => !named.includes(name))).toEqual([]);
});
