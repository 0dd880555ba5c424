import { describe, expect, it } from 'vitest';
import type { ClientAuthentication } from '../../../src/oauth/client-auth/client-authentication.ts';
import { postForm } from '../../../src/oauth/endpoint-request.ts';
import { authenticationBy } from '../support/authenticate.ts';
import { scriptedHttp } from '../support/scripted-http.ts';

const url = new URL('https://as.example/token');
const again = { status: 503, headers: { 'retry-after': '0' } };

describe('postForm', () => {
  it('percent-encodes every name and value', async () => {
    const http = scriptedHttp(() => ({}));
    const form: [string, string][] = [
      ['a b', 'ü&=+%\n'],
      ['a b', ''],
    ];
    await postForm(url, form, { authentication: await authenticationBy('none', 'x'), transport: http.transport });
    expect(http.requests[0]?.body).toBe('a+b=%C3%BC%26%3D%2B%25%0A&a+b=&client_id=x');
  });

  it('proves who the client is anew for each try, so that a one-time proof is never sent twice', async () => {
    let proofs = 0;
    const authentication: ClientAuthentication = {
      method: 'private_key_jwt',
      complete: async (request) => {
        proofs += 1;
        return { ...request, form: [...request.form, ['client_assertion', `proof-${proofs}`]] };
      },
    };
    const http = scriptedHttp((_, number) => (number < 3 ? again : { body: {} }));
    const document = await postForm(url, [], { authentication, transport: http.transport });
    expect(document.status).toBe(200);
    expect(http.requests.map(({ body }) => body)).toEqual([
      'client_assertion=proof-1',
      'client_assertion=proof-2',
      'client_assertion=proof-3',
    ]);
  });

  it('does not try again when a 503 says in OAuth words that it is no use', async () => {
    const http = scriptedHttp(() => ({ ...again, body: { error: 'invalid_client' } }));
    const document = await postForm(url, [], {
      authentication: await authenticationBy('none'),
      transport: http.transport,
    });
    expect(document.status).toBe(503);
    expect(http.requests).toHaveLength(1);
  });

  it.each([400, 401, 403, 404])('does not try again at %i', async (status) => {
    const http = scriptedHttp(() => ({ status, headers: { 'retry-after': '0' } }));
    await postForm(url, [], { authentication: await authenticationBy('none'), transport: http.transport });
    expect(http.requests).toHaveLength(1);
  });

  it('sends at most once more when a sender constraint wants it', async () => {
    const http = scriptedHttp(() => ({
      status: 400,
      headers: { 'dpop-nonce': 'n1' },
      body: { error: 'use_dpop_nonce' },
    }));
    await postForm(url, [], {
      authentication: await authenticationBy('none'),
      transport: http.transport,
      constraint: {
        tokenType: 'DPoP',
        isOptional: false,
        confirmation: { method: 'jkt', thumbprint: '', isRequired: true, noun: 'key', shown: '', hint: '' },
        complete: async (request) => request,
        wantsAnotherTry: () => true,
      },
    });
    expect(http.requests).toHaveLength(2);
  });
});
