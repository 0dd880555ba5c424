import { describe, expect } from 'vitest';
import { test } from '../../support/run-in-process.ts';
import { call, url } from '../support/api-call.ts';
import { failure, report, success } from '../support/scene.ts';

describe('call --retry', () => {
  test.for([408, 429, 500, 502, 503, 504])('tries again after %d', async (status, { cli }) => {
    cli.answer('GET', url, { status, headers: { 'retry-after': '0' }, times: 2 });
    cli.answer('GET', url, { body: 'x' });

    expect(await call(cli, [url, '--retry', '2', '-w', ' %{num_retries}'])).toEqual(success('x 2'));
  });

  test('gives the last answer when none was better', async ({ cli }) => {
    cli.answer('POST', url, { status: 503, headers: { 'retry-after': '0' }, body: 'busy', times: 3 });

    expect(await call(cli, [url, '--retry', '2', '-d', 'a'])).toMatchObject({ exitCode: 22, stdout: 'busy' });
    expect(cli.requests.map(({ body }) => body)).toEqual(['a', 'a', 'a']);
  });

  test.for([400, 401, 404, 501])('does not try again after %d', async (status, { cli }) => {
    cli.answer('GET', url, { status });

    expect(await call(cli, [url, '--retry', '2'])).toMatchObject({ exitCode: 22 });
  });

  test('does not send again what it can read only once', async ({ cli }) => {
    cli.answer('PUT', url, { status: 503, headers: { 'retry-after': '0' } });

    expect(await call(cli, [url, '--retry', '2', '-T', '-'], { stdin: 'once' })).toMatchObject({ exitCode: 22 });
  });

  test.for(['-1', 'x', '1.5'])('takes a whole number, not %s', async (value, { cli }) => {
    expect(await call(cli, [url, '--retry', value])).toEqual(
      failure(2, report('usage', '--retry takes a whole number')),
    );
  });
});
