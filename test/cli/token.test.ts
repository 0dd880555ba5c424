import { expect } from 'vitest';
import { test } from '../support/run-in-process.ts';

test('x', async ({ cli }) => {
  cli.answer('POST', 'https://as.example.com/token', { json: { access_token: 'abc', token_type: 'Bearer', expires_in: 300 } });
  expect(await cli.run(['token', '--token-endpoint', 'https://as.example.com/token', '--client-id', 'ci-bot'], { env: { CCGRANT_CLIENT_SECRET: 'S3cr3t' } })).toEqual({ exitCode: 0, stdout: 'abc\n', stderr: '' });
  expect(await cli.run(['token', '--token-endpoint', 'https://as.example.com/token', '--client-id', 'ci-bot'], { env: { CCGRANT_CLIENT_SECRET: 'S3cr3t' } })).toEqual({ exitCode: 0, stdout: 'abc\n', stderr: '' });
  console.log(cli.requests);
});
