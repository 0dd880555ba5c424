import { expect } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };
import type { Cli, CliOptions, CliResult, SentRequest } from '../../support/run-in-process.ts';

/** The API that is called, and another one. */
export const api = 'https://api.example.com';
export const url = `${api}/orders`;
export const other = 'https://other.example.com/orders';
export const userAgent = `ccgrant/${manifest.version}`;

/** `ccgrant call` with a token from a file, so that the authorization server has no part in it. */
export async function call(cli: Cli, args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const file = await cli.writeFile('token.txt', 'the-token\n');
  return cli.run(['call', '--token-file', file, ...args], options);
}

/** The only request that was sent, less the headers that every one has. */
export function sent({ requests }: Cli): SentRequest | undefined {
  expect(requests).toHaveLength(1);
  const [request] = requests;
  if (request === undefined) return undefined;
  const { authorization, 'user-agent': agent, accept, ...headers } = request.headers;
  expect({ authorization, agent }).toEqual({ authorization: 'Bearer the-token', agent: userAgent });
  return { ...request, headers: accept === '*/*' ? headers : { ...headers, ...(accept && { accept }) } };
}
