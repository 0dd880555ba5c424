import { describe, expect, it } from 'vitest';
import { ClosedPipeError, ConfigError, ReportedError, ServerRefusedError, SignalError } from '../../src/errors.ts';
import { HttpHeaders } from '../../src/http/headers.ts';
import { requireSuccess } from '../../src/oauth/error-response.ts';
import { reportError } from '../../src/report-error.ts';
import { createContext } from './support/test-context.ts';

const refusal = new ServerRefusedError('the authorization server refused the client credentials', {
  status: 401,
  response: { error: 'invalid_client', error_description: 'Client authentication failed', error_uri: undefined },
  server: '401 from POST https://as.example/token: "Client authentication failed"',
  sent: 'client_secret_basic, client_id=ci-bot, secret from CCGRANT_CLIENT_SECRET_FILE',
  hint: 'this server also lists client_secret_post: try --auth-method client_secret_post',
});

async function report(error: unknown, format: 'text' | 'json' = 'text', secret?: string) {
  const { ctx, stdout, stderr } = await createContext();
  if (secret !== undefined) ctx.io.conceal(secret, '[secret]');
  const exitCode = reportError(error, ctx.io, format);
  return { exitCode, stdout: stdout(), stderr: stderr() };
}

describe('reportError', () => {
  it('shows a failure as the contract of the command line shows it', async () => {
    expect(await report(refusal)).toEqual({
      exitCode: 3,
      stdout: '',
      stderr: [
        'error[invalid_client]: the authorization server refused the client credentials',
        '  server: 401 from POST https://as.example/token: "Client authentication failed"',
        '  sent:   client_secret_basic, client_id=ci-bot, secret from CCGRANT_CLIENT_SECRET_FILE',
        '  hint:   this server also lists client_secret_post: try --auth-method client_secret_post',
        '',
      ].join('\n'),
    });
  });

  it('shows the same as one JSON object on one line', async () => {
    const { stderr, stdout, exitCode } = await report(refusal, 'json');
    expect([exitCode, stdout, stderr.split('\n').length]).toEqual([3, '', 2]);
    expect(JSON.parse(stderr).error).toMatchObject({
      code: 'invalid_client',
      message: 'the authorization server refused the client credentials',
      status: 401,
      error_description: 'Client authentication failed',
      hint: expect.stringContaining('--auth-method'),
    });
  });

  it('shows a failure of ours by its own code, and no empty lines', async () => {
    expect(await report(new ConfigError('unknown_profile', 'no profile dev'))).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'error[unknown_profile]: no profile dev\n',
    });
  });

  it.each(['text', 'json'] as const)(
    'lets nothing of a server begin a line or steer the terminal, as %s',
    async (format) => {
      const evil = 'x\n::set-env name=PATH::/tmp\r\u001b[2J\u202e';
      const error = new ServerRefusedError(evil, { response: { error: 'e' }, server: evil, sent: evil, hint: evil });
      const { stderr } = await report(error, format);
      expect(stderr.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
      expect(stderr).not.toMatch(/^\s*::/m);
    },
  );

  it.each(['text', 'json'] as const)('conceals a secret that a server echoes, as %s', async (format) => {
    const secret = 'S3cr3t/+=%"';
    const echoes = [secret, encodeURIComponent(secret), JSON.stringify(secret), Buffer.from(secret).toString('base64')];
    for (const echo of echoes) {
      const error = new ServerRefusedError('refused', {
        response: { error: 'invalid_client', error_description: `got ${echo}` },
        server: `401: "got ${echo}"`,
      });
      const { stderr } = await report(error, format, secret);
      expect(stderr).toContain('[secret]');
      expect(stderr).not.toContain('S3cr3t');
      expect(stderr).not.toContain(Buffer.from(secret).toString('base64').slice(0, 8));
    }
  });

  describe.each(['text', 'json'] as const)('conceals a secret in the body of a refusal, as %s', (format) => {
    const secrets = ['S3cr3t"\\+=%', 'S3cr3t  two blanks', 'S3cr3t\ttab', 'S3cr3t horse battery staple of many words'];
    const cases = secrets.flatMap((secret): [string, string, string][] => [
      ['in HTML', secret, `<p>wrong: ${secret}</p>`],
      ['in JSON', secret, JSON.stringify({ message: `wrong: ${secret}` })],
      ['percent-encoded', secret, `x=${encodeURIComponent(secret)}`],
      ['where the excerpt ends', secret, `${'x '.repeat(95)}${secret}`],
      ['in a description', secret, JSON.stringify({ error: 'invalid_client', error_description: `wrong: ${secret}` })],
      [
        'where a description ends',
        secret,
        JSON.stringify({ error: 'invalid_client', error_description: `${'x '.repeat(245)}${secret}` }),
      ],
    ]);

    it.each(cases)('%s: %j', async (_, secret, body) => {
      const document = {
        url: new URL('https://as.example/token'),
        method: 'POST',
        status: 401,
        headers: new HttpHeaders([['content-type', 'text/plain']]),
        text: body,
      };
      const { ctx, stderr } = await createContext();
      ctx.io.conceal(secret, '[secret]');
      try {
        requireSuccess(document, { description: '', redact: ctx.io.redact, hint: () => undefined }, 0);
      } catch (error) {
        reportError(error, ctx.io, format);
      }
      expect(stderr()).toContain('401 from POST https://as.example/token');
      expect(stderr()).not.toContain('S3cr3t');
    });
  });

  it.each<[string, unknown]>([
    ['an error of Node', new TypeError('Headers.append: "Bearer S3cr3t" is an invalid header value.')],
    ['an error with a cause', new Error('S3cr3t', { cause: new Error('S3cr3t') })],
    ['a thrown string', 'S3cr3t'],
    ['a thrown object', { message: 'S3cr3t' }],
  ])('never quotes %s, and asks to report the bug', async (_, error) => {
    const { exitCode, stderr } = await report(error);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('error[internal]: a bug in ccgrant');
    expect(stderr).toContain('please report it');
    expect(stderr).not.toContain('S3cr3t');
  });

  it.each(['', 'a', 'at', 'Error'])('says where an error came from although its message is %j', async (message) => {
    const { stderr } = await report(new Error(message));
    expect(stderr).toMatch(/^error\[internal\]: a bug in ccgrant: Error at .*report-error\.test\.ts/);
  });

  it('does not quote the message of an error of Node that has several lines', async () => {
    const { stderr } = await report(new Error('first\n    at S3cr3t (file:1:1)'));
    expect(stderr).not.toContain('S3cr3t');
  });

  it.each<[unknown, number]>([
    [new ClosedPipeError(), 0],
    [new ReportedError('not_a_jwt'), 2],
    [new ReportedError('token_not_valid'), 5],
    [new SignalError(2), 130],
    [new SignalError(15), 143],
  ])('says nothing of %s', async (error, exitCode) => {
    expect(await report(error)).toEqual({ exitCode, stdout: '', stderr: '' });
  });
});
