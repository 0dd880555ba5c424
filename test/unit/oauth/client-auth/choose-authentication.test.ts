import { describe, expect, it } from 'vitest';
import { HttpHeaders } from '../../../../src/http/headers.ts';
import { chooseAuthentication } from '../../../../src/oauth/client-auth/choose-authentication.ts';
import { Secret } from '../../../../src/secret.ts';
import { plainTerms } from '../../support/assertions.ts';
import { authenticationBy } from '../../support/authenticate.ts';
import { failureOf, wordsOf } from '../../support/failure.ts';

const url = new URL('https://as.example/token');
const withSecret = {
  clientId: 'ci-bot',
  credential: { kind: 'secret', secret: new Secret('S3cr3t') },
  basicEncoding: 'form',
  assertion: plainTerms,
} as const;

describe('client_secret_post (RFC 6749 section 2.3.1)', () => {
  it('puts id and secret into the form as they are, and nothing elsewhere', async () => {
    const authentication = await authenticationBy('client_secret_post', 'ci:bot', 'a+b%&=ü "');
    const request = await authentication.complete({ url, headers: new HttpHeaders(), form: [['token', 'x']] });
    expect(request.form).toEqual([
      ['token', 'x'],
      ['client_id', 'ci:bot'],
      ['client_secret', 'a+b%&=ü "'],
    ]);
    expect([...request.headers]).toEqual([]);
    expect(request.url.href).toBe(url.href);
  });
});

describe('none', () => {
  it('puts the id into the form, and no secret anywhere although there is one', async () => {
    const authentication = await authenticationBy('none', 'ci-bot', 'S3cr3t');
    const request = await authentication.complete({ url, headers: new HttpHeaders(), form: [] });
    expect(request.form).toEqual([['client_id', 'ci-bot']]);
    expect([...request.headers]).toEqual([]);
  });
});

describe('the method, where nobody said it', () => {
  it.each<[string[] | undefined, string]>([
    [undefined, 'client_secret_basic'],
    [[], 'client_secret_basic'],
    [['client_secret_basic'], 'client_secret_basic'],
    [['client_secret_post'], 'client_secret_post'],
    [['client_secret_post', 'client_secret_basic'], 'client_secret_basic'],
    [['none', 'client_secret_post', 'private_key_jwt'], 'client_secret_post'],
    [['none', 'client_secret_basic'], 'client_secret_basic'],
    [
      ['private_key_jwt', 'client_secret_basic', 'client_secret_post', 'tls_client_auth', 'client_secret_jwt'],
      'client_secret_basic',
    ],
  ])('with %j listed is %s', async (listed, method) => {
    expect((await chooseAuthentication(undefined, withSecret, listed)).method).toBe(method);
  });

  it('is never none because the server lists it: a secret was given to be used', async () => {
    expect(await failureOf(() => chooseAuthentication(undefined, withSecret, ['none']))).toMatchObject({
      code: 'missing_setting',
    });
  });

  it('is missing where the server lists none that takes a secret', async () => {
    const failure = await failureOf(() => chooseAuthentication(undefined, withSecret, ['tls_client_auth', 'none']));
    expect(failure).toMatchObject({
      code: 'missing_setting',
      message: expect.stringContaining('tls_client_auth, none'),
      hint: expect.stringContaining('--auth-method'),
    });
    expect(wordsOf(failure)).not.toContain('S3cr3t');
  });

  it('is missing without a secret', async () => {
    const credentials = { ...withSecret, credential: undefined };
    expect(await failureOf(() => chooseAuthentication(undefined, credentials, undefined))).toMatchObject({
      code: 'missing_setting',
      hint: expect.stringContaining('--client-secret-file'),
    });
  });
});

describe('the method that was asked for', () => {
  it.each(['client_secret_basic', 'client_secret_post', 'none'])(
    '%s is used whatever the server lists',
    async (method) => {
      expect((await chooseAuthentication(method, withSecret, ['private_key_jwt'])).method).toBe(method);
    },
  );

  it.each(['client_secret_basic', 'client_secret_post'])('%s needs a secret', async (method) => {
    const credentials = { ...withSecret, credential: undefined };
    expect(await failureOf(() => chooseAuthentication(method, credentials, undefined))).toMatchObject({
      code: 'missing_setting',
    });
  });
});
