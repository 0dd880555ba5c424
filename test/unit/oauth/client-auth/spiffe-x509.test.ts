import { describe, expect, it } from 'vitest';
import { HttpHeaders } from '../../../../src/http/headers.ts';
import { chooseAuthentication } from '../../../../src/oauth/client-auth/choose-authentication.ts';
import type { PossibleClient } from '../../../../src/oauth/client-auth/client-authentication.ts';
import { Secret } from '../../../../src/secret.ts';
import { plainTerms } from '../../support/assertions.ts';
import { failureOf } from '../../support/failure.ts';

/** The SPIFFE ID of the example in draft-ietf-oauth-spiffe-client-auth-02 section 3.2.1. */
const spiffeId = 'spiffe://example.org/my-oauth-client';

function client(clientId: string | undefined, ...uris: string[]): PossibleClient {
  const material = { kind: 'PEM', certificates: '', privateKey: new Secret('') } as const;
  const identity = { material, thumbprint: 'x', subject: 'O=SPIRE', uris, origin: '--cert' };
  return { clientId, credential: { kind: 'certificate', identity }, basicEncoding: 'form', assertion: plainTerms };
}

describe('spiffe_x509 (draft-ietf-oauth-spiffe-client-auth-02 section 3.2)', () => {
  it.each([
    ['its SPIFFE ID', undefined, spiffeId],
    ['the client id that was given', 'https://client.example/metadata', 'https://client.example/metadata'],
  ])('shows the certificate, and names the client by %s', async (_, given, sent) => {
    const authentication = await chooseAuthentication('spiffe_x509', client(given, spiffeId), undefined);
    expect(authentication).toMatchObject({ method: 'spiffe_x509', clientId: sent, tls: { uris: [spiffeId] } });
    const url = new URL('https://as.example/token');
    const { form } = await authentication.complete({ url, headers: new HttpHeaders(), form: [['token', 'x']] });
    expect(form).toEqual([
      ['token', 'x'],
      ['client_id', sent],
    ]);
  });

  it.each([
    'spiffe://example.org/a',
    'spiffe://9.staging_x-y.example/ns/prod/sa/Web.API_2-x',
    'spiffe://a/.b/...',
    `spiffe://a/${'b'.repeat(2037)}`,
  ])('takes %s', async (uri) => {
    expect(await chooseAuthentication('spiffe_x509', client(undefined, uri), undefined)).toMatchObject({
      clientId: uri,
    });
  });

  it.each([
    'spiffe://example.org',
    'spiffe://example.org/',
    'spiffe://example.org/a/',
    'spiffe://example.org//a',
    'spiffe://example.org/a/../b',
    'spiffe://example.org/.',
    'spiffe://Example.org/a',
    'spiffe://example.org:443/a',
    'spiffe://user@example.org/a',
    'spiffe://example.org/a?b',
    'spiffe://example.org/a#b',
    'spiffe://example.org/%61',
    'spiffe:///a',
    'SPIFFE://example.org/a',
    'https://example.org/a',
    `spiffe://${'a'.repeat(256)}/b`,
    `spiffe://a/${'b'.repeat(2038)}`,
  ])('does not take %s (SPIFFE-ID section 2)', async (uri) => {
    expect(await failureOf(() => chooseAuthentication('spiffe_x509', client('ci-bot', uri), undefined))).toMatchObject({
      code: 'file_unusable',
      message: `the certificate from --cert names ${uri}, which is no SPIFFE ID`,
    });
  });

  it.each([
    ['no URI', []],
    ['two URIs, each a SPIFFE ID', ['spiffe://example.org/a', 'spiffe://example.org/b']],
  ])('does not take a certificate with %s', async (_, uris) => {
    const failure = await failureOf(() =>
      chooseAuthentication('spiffe_x509', client('ci-bot', ...uris), ['spiffe_x509']),
    );
    expect(failure).toMatchObject({ code: 'file_unusable', hint: expect.stringContaining('X.509-SVID') });
  });

  it.each<[listed: string[] | undefined, clientId: string | undefined, method: string]>([
    [['tls_client_auth', 'spiffe_x509'], 'ci-bot', 'tls_client_auth'],
    [['self_signed_tls_client_auth', 'spiffe_x509'], 'ci-bot', 'self_signed_tls_client_auth'],
    [['client_secret_basic', 'spiffe_x509'], 'ci-bot', 'spiffe_x509'],
    [undefined, 'ci-bot', 'tls_client_auth'],
    [['tls_client_auth', 'spiffe_x509'], undefined, 'spiffe_x509'],
    [undefined, undefined, 'spiffe_x509'],
  ])('of a certificate with %j listed and the client id %s, %s is used', async (listed, clientId, method) => {
    expect(await chooseAuthentication(undefined, client(clientId, spiffeId), listed)).toMatchObject({ method });
  });

  it.each([
    [false, undefined, 'the server did not ask for the certificate'],
    [true, undefined, `does the server know the client ${spiffeId}, and the bundle of its trust domain?`],
    [true, 'ci-bot', `does the server know ${spiffeId} as the client ci-bot, and the bundle of its trust domain?`],
  ])('is refused with a hint, the certificate being asked for: %s, client id %s', async (asks, given, words) => {
    const { advise } = await chooseAuthentication('spiffe_x509', client(given, spiffeId), undefined);
    const refusal = { error: 'invalid_client', status: 401, asksForCertificate: asks, date: undefined, now: 0 };
    expect(advise?.(refusal)).toContain(words);
  });
});
