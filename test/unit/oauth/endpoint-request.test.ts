import { describe, expect, it } from 'vitest';
import type { HttpHeaders } from '../../../src/http/headers.ts';
import type { HttpDocument } from '../../../src/http/transport.ts';
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

  describe('sends once more', () => {
    const learner = (name: string, error: string) => {
      let learnt = '';
      return {
        complete: async <T extends { headers: HttpHeaders }>(request: T): Promise<T> => ({
          ...request,
          headers: request.headers.with(name, learnt),
        }),
        wantsAnotherTry: ({ headers }: HttpDocument, found: string | undefined) => {
          learnt = headers.get(name) ?? learnt;
          return found?.includes(error) === true;
        },
      };
    };
    const authentication = { method: 'odd', ...learner('challenge', 'use_challenge') };
    const constraint = {
      tokenType: 'DPoP',
      isOptional: false,
      confirmation: { method: 'jkt', thumbprint: '', isRequired: true, noun: 'key', shown: '', hint: () => '' },
      ...learner('nonce', 'use_nonce'),
    } as const;

    it.each<[string, string[], string[]]>([
      ['when the authentication wants it', ['use_challenge'], ['1']],
      ['when the sender constraint wants it', ['use_nonce'], ['1']],
      ['for each of the two', ['use_challenge', 'use_nonce'], ['1', '2']],
      ['for both at once', ['use_challenge+use_nonce'], ['1']],
    ])('%s, with what the answer brought', async (_, errors, learnt) => {
      const http = scriptedHttp((_request, number) => {
        const error = errors[number - 1];
        const headers = { challenge: `${number}`, nonce: `${number}` };
        return error === undefined ? { headers, body: {} } : { status: 400, headers, body: { error } };
      });
      const document = await postForm(url, [], { authentication, constraint, transport: http.transport });
      expect(document.status).toBe(200);
      const sent = http.requests.slice(1).map(({ headers }) => [headers.get('challenge'), headers.get('nonce')]);
      expect(sent).toEqual(learnt.map((one) => [one, one]));
    });

    it('and no more, whatever the server wants', async () => {
      const refuse = () => scriptedHttp(() => ({ status: 400, body: { error: 'use_challenge+use_nonce' } }));
      const one = refuse();
      await postForm(url, [], { authentication, transport: one.transport });
      expect(one.requests).toHaveLength(2);
      const both = refuse();
      await postForm(url, [], { authentication, constraint, transport: both.transport });
      expect(both.requests).toHaveLength(3);
    });
  });
});
