import { describe, expect } from 'vitest';
import { test } from '../../support/run-in-process.ts';
import { call, url } from '../support/api-call.ts';
import { success } from '../support/scene.ts';

describe("curl's options", () => {
  test.for<[args: string[], method: string]>([
    [['-fsSL'], 'GET'],
    [['-sSf'], 'GET'],
    [['-s', '-S', '-f', '--fail-with-body'], 'GET'],
    [['--silent', '--show-error', '--fail', '--location'], 'GET'],
    [['-XPOST'], 'POST'],
    [['-sXPUT'], 'PUT'],
    [['--request=DELETE'], 'DELETE'],
  ])('are taken together and apart: %s', async ([args, method], { cli }) => {
    cli.answer(method, url, { body: 'x' });

    expect(await call(cli, [...args, url])).toEqual(success('x'));
  });

  test.for<[option: string, hint: RegExp]>([
    ['-u', /--token-file/],
    ['--user', /--token-file/],
    ['-O', /--output FILE/],
    ['-A', /-H 'User-Agent/],
    ['-b', /-H 'Cookie/],
    ['--cookie', /-H 'Cookie/],
  ])('that do not belong here get a hint: %s', async ([option, hint], { cli }) => {
    const { stderr, ...rest } = await call(cli, [option, 'user:hunter22', url]);

    expect(rest).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^error\\[unknown_option\\]: .*${option}.*\n {2}hint: {3}.*${hint.source}`));
    expect(stderr).not.toContain('hunter22');
  });

  test.for([
    '--expect-status',
    '--expect-header',
    '--expect-json',
    '--expect-text',
    '--expect-max-time',
    '--junit',
    '--probe',
  ])('and ours of later releases are not there: %s', async (option, { cli }) => {
    const { stderr, ...rest } = await call(cli, [url, option, 'x']);

    expect(rest).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error\[unknown_option\]: /);
  });

  test.for<[args: string[], message: RegExp]>([
    [['-X', 'BAD METHOD'], /--request|method/],
    [['-H', 'Transfer-Encoding: gzip'], /[Tt]ransfer-[Ee]ncoding/],
    [['-H', 'Content-Length: 7', '-d', 'abc'], /[Cc]ontent-[Ll]ength/],
    [['-H', 'Content-Length: x', '-d', 'abc'], /[Cc]ontent-[Ll]ength/],
  ])('that make no request are a matter of usage: %s', async ([args, message], { cli }) => {
    const { stderr, ...rest } = await call(cli, [url, ...args]);

    expect(rest).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error\[usage\]: /);
    expect(stderr).toMatch(message);
    expect(cli.requests).toEqual([]);
  });
});
