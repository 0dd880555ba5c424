import { describe, expect, it } from 'vitest';
import { chooseAuthentication } from '../../../src/oauth/client-auth/choose-authentication.ts';
import type { RefusedRequest } from '../../../src/oauth/refusal-hint.ts';
import { refusalHint } from '../../../src/oauth/refusal-hint.ts';
import { Secret } from '../../../src/secret.ts';
import { plainTerms } from '../support/assertions.ts';
import { authenticationBy } from '../support/authenticate.ts';

const request: RefusedRequest = {
  purpose: { kind: 'token', scope: [], namesTarget: false },
  clientId: 'ci-bot',
  authentication: await authenticationBy('client_secret_basic', 'ci-bot', 'secret'),
  basicEncoding: 'form',
  supportedMethods: undefined,
  scopesSupported: undefined,
  unused: undefined,
  hasOddCredentials: false,
};

function hint(error: string | undefined, status: number, change: Partial<RefusedRequest> = {}): string | undefined {
  return refusalHint({ error, status, date: undefined, now: 0 }, { ...request, ...change });
}

describe('refusalHint', () => {
  it.each<[string | undefined, number]>([
    ['invalid_client', 400],
    ['invalid_client', 401],
    ['unauthorized_client', 400],
    ['unauthorized_client', 401],
    [undefined, 401],
    [undefined, 403],
  ])('points to client_secret_post when an odd secret was refused with %s and %i', (error, status) => {
    expect(hint(error, status, { hasOddCredentials: true })).toContain('--auth-method client_secret_post');
  });

  it('points to the raw encoding too, and away from it where it was used', () => {
    expect(hint('invalid_client', 401, { hasOddCredentials: true })).toContain('--basic-encoding raw');
    expect(hint('invalid_client', 401, { hasOddCredentials: true, basicEncoding: 'raw' })).toContain(
      'leave --basic-encoding raw out',
    );
  });

  it.each(['invalid_client', 'unauthorized_client'])('has the odd secret checked first, for %s', (error) => {
    expect(hint(error, 401, { hasOddCredentials: true })).toMatch(/^check the client id and its secret/);
  });

  it.each(['invalid_client', 'unauthorized_client', 'invalid_grant'])(
    'lets an assertion say what is wrong, for %s',
    (error) => {
      const authentication = { ...request.authentication, advise: () => 'the clock' };
      expect(hint(error, 400, { authentication })).toMatch(/^the clock/);
    },
  );

  it('lets a method say what is wrong by the codes that are its own, and by no others', () => {
    const authentication = { ...request.authentication, advise: () => 'the clock', refusals: ['invalid_proof'] };
    expect(hint('invalid_proof', 400, { authentication })).toMatch(/^the clock/);
    expect(hint('invalid_other', 400, { authentication })).toBeUndefined();
    expect(hint('invalid_proof', 400)).toBeUndefined();
  });

  it('has nothing to say to invalid_grant where no assertion was sent', () => {
    expect(hint('invalid_grant', 400)).toBeUndefined();
  });

  it('names another method that the server lists', () => {
    const supportedMethods = ['client_secret_basic', 'client_secret_post'];
    expect(hint('invalid_client', 401, { supportedMethods })).toContain('--auth-method client_secret_post');
  });

  it('names no other method when the server lists none', () => {
    expect(hint('invalid_client', 401, { supportedMethods: ['client_secret_basic'] })).not.toContain('--auth-method');
  });

  it('names every other method for the same credential', () => {
    const supportedMethods = ['private_key_jwt', 'client_secret_basic', 'client_secret_post', 'client_secret_jwt'];
    expect(hint('unauthorized_client', 401, { supportedMethods })).toMatch(
      /; this server also lists client_secret_post: try --auth-method client_secret_post or client_secret_jwt$/,
    );
  });

  it('names what the client may have instead of a secret, of each kind one', () => {
    const supportedMethods = [
      'client_secret_basic',
      'private_key_jwt',
      'tls_client_auth',
      'self_signed_tls_client_auth',
    ];
    expect(hint('invalid_client', 401, { supportedMethods })).toBe(
      'check the client id and its secret; a client with another credential needs --private-key FILE for private_key_jwt or --cert FILE for tls_client_auth',
    );
  });

  it('has a certificate tried that was given beside the secret', () => {
    const material = { kind: 'PEM', certificates: '', privateKey: new Secret('') } as const;
    const tls = { material, thumbprint: 'x', subject: 'CN=client', uris: [], origin: '--cert' };
    const change = {
      authentication: { ...request.authentication, tls },
      supportedMethods: ['client_secret_basic', 'private_key_jwt', 'tls_client_auth'],
    };
    expect(hint('invalid_client', 401, change)).toBe(
      'check the client id and its secret; this server also lists tls_client_auth: try --auth-method tls_client_auth; a client with another credential needs --private-key FILE for private_key_jwt',
    );
  });

  it('names the credential that a client did not use which proved nothing, and no method that it has nothing for', async () => {
    const change = {
      authentication: await authenticationBy('none'),
      supportedMethods: ['private_key_jwt', 'client_secret_basic'],
    };
    const unused = 'secret from --client-secret-file';
    expect(hint('invalid_client', 401, { ...change, unused })).toBe(
      'the client proved nothing: leave --auth-method none out, and the secret from --client-secret-file is used',
    );
    expect(hint('invalid_client', 401, change)).toBe(
      'the client proved nothing: it needs --private-key FILE for private_key_jwt or --client-secret-file FILE for client_secret_basic',
    );
  });

  it('says that a client of Keycloak may lack service accounts', () => {
    expect(hint('unauthorized_client', 401)).toBe(
      'check the client id and its secret, and that it may use this grant (on Keycloak: "Service accounts roles")',
    );
  });

  it.each<[string[], string[] | undefined, string]>([
    [[], undefined, 'say --scope'],
    [['nope'], undefined, 'assigned'],
    [['nope'], ['read', 'write'], 'does not list nope; it lists read, write'],
    [['read'], ['read', 'write'], 'assigned'],
  ])('for the scope %j of %j says %s', (scope, scopesSupported, words) => {
    const purpose = { kind: 'token', scope, namesTarget: false } as const;
    expect(hint('invalid_scope', 400, { purpose, scopesSupported })).toContain(words);
  });

  it('asks whether the server needs to know the API', () => {
    expect(hint('access_denied', 403)).toContain('--audience');
    const purpose = { kind: 'token', scope: [], namesTarget: true } as const;
    expect(hint('access_denied', 403, { purpose })).not.toContain('--audience');
  });

  it('says whose token it is that another client wants to revoke', () => {
    const purpose = { kind: 'revocation', issuedTo: 'other' } as const;
    expect(hint('invalid_request', 400, { purpose })).toContain('belongs to other');
    expect(hint('invalid_request', 400, { purpose: { kind: 'revocation', issuedTo: 'ci-bot' } })).toBeUndefined();
  });

  it.each([
    ['invalid_target', '--resource'],
    ['unsupported_grant_type', 'switch the client credentials grant on'],
    ['unsupported_token_type', 'ccgrant verify'],
  ])('for %s says %s', (error, words) => {
    expect(hint(error, 400)).toContain(words);
  });

  it.each<[boolean | undefined, string]>([
    [false, 'the server did not ask for the certificate'],
    [true, 'is this the certificate that ci-bot is registered with? its subject is CN=client, O=Acme'],
    [undefined, 'is this the certificate that ci-bot is registered with?'],
  ])(
    'asks about the certificate, and not about a secret, when it was asked for: %s',
    async (asksForCertificate, words) => {
      const material = { kind: 'PEM', certificates: '', privateKey: new Secret('') } as const;
      const identity = { material, thumbprint: 'x', subject: 'CN=client, O=Acme', uris: [], origin: '--cert' };
      const authentication = await chooseAuthentication(
        'tls_client_auth',
        {
          clientId: 'ci-bot',
          credential: { kind: 'certificate', identity },
          basicEncoding: 'form',
          assertion: plainTerms,
        },
        undefined,
      );
      const refusal = { error: 'invalid_client', status: 401, asksForCertificate, date: undefined, now: 0 };
      expect(refusalHint(refusal, { ...request, authentication })).toContain(words);
    },
  );

  it('has nothing to say about what it does not know', () => {
    expect(hint('some_error', 400)).toBeUndefined();
    expect(hint(undefined, 400)).toBeUndefined();
  });
});
