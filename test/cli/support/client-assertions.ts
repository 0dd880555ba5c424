import { createPrivateKey } from 'node:crypto';
import { expect } from 'vitest';
import type { Cli } from '../../support/run-in-process.ts';
import { issuer, tokenEndpoint } from './scene.ts';
import { unsignedToken } from './signing.ts';

export const now = Date.parse('2026-01-01T00:00:00Z') / 1000;
export const client = { CCGRANT_CLIENT_ID: 'ci-bot' };
export const byIssuer = { ...client, CCGRANT_ISSUER: issuer };
export const foreign = unsignedToken({ iss: 'https://kubernetes.default.svc', sub: 'system:sa', exp: now + 600 });
export const githubUrl = 'https://runner.example.com/idtoken?api-version=2.0';
export const github = { ACTIONS_ID_TOKEN_REQUEST_URL: githubUrl, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'runner-token-1' };

/** The forms that were sent to the token endpoint. */
export function forms(cli: Cli): URLSearchParams[] {
  return cli.requests.filter(({ url }) => url === tokenEndpoint).map(({ body }) => new URLSearchParams(body));
}

export function sentAssertion(cli: Cli, index = 0): string {
  return forms(cli)[index]?.get('client_assertion') ?? '';
}

/** Runs a command that must be refused before anything that proves something is sent, with exit code 2. */
export async function refused(
  cli: Cli,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  stdin?: string,
) {
  const { stderr, ...rest } = await cli.run(['token', ...args], { env, ...(stdin === undefined ? {} : { stdin }) });
  expect(rest, stderr).toEqual({ exitCode: 2, stdout: '' });
  expect(cli.requests.filter(({ method }) => method === 'POST')).toEqual([]);
  return stderr;
}

export function encrypt(pem: string, passphrase: string): string {
  const options = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase } as const;
  return createPrivateKey(pem).export(options).toString();
}
