import { describe, expect, it } from 'vitest';
import { HttpHeaders } from '../../../src/http/headers.ts';
import {
  bearerAuthorization,
  isTokenRefused,
  refusalReason,
  resourceHint,
} from '../../../src/oauth/protected-resource.ts';
import { keycloakAnswer } from '../support/fixtures.ts';

const inspection = 'ccgrant decode --cached';

function response(status: number, challenge?: string) {
  return { status, headers: new HttpHeaders(challenge === undefined ? [] : [['WWW-Authenticate', challenge]]) };
}

function stored(name: string) {
  const { status, headers } = keycloakAnswer(name);
  return { status, headers: new HttpHeaders(Object.entries(headers)) };
}

describe('bearerAuthorization (RFC 6750 section 2.1)', () => {
  const complete = async (headers: HttpHeaders) => {
    const url = new URL('https://api.example/');
    const request = await bearerAuthorization('abc').complete({ method: 'GET', url, headers });
    return request.headers;
  };

  it('puts the token into the Authorization field', async () => {
    expect([...(await complete(new HttpHeaders([['accept', '*/*']])))]).toEqual([
      ['accept', '*/*'],
      ['Authorization', 'Bearer abc'],
    ]);
  });

  it('leaves no other Authorization field beside it', async () => {
    const headers = await complete(new HttpHeaders([['authorization', 'Basic x']]));
    expect(headers.get('authorization')).toBe('Bearer abc');
  });
});

describe('isTokenRefused', () => {
  it.each<[number, string | undefined, boolean]>([
    [401, 'Bearer error="invalid_token"', true],
    [401, 'bearer realm="x", error=invalid_token', true],
    [401, 'DPoP error="invalid_token"', true],
    [401, 'Basic realm="x", Bearer error="invalid_token"', true],
    [401, 'Bearer', false],
    [401, undefined, false],
    [401, 'Bearer error="insufficient_scope"', false],
    [401, 'Bearer error="Invalid_Token"', false],
    [401, 'Basic error="invalid_token"', false],
    [403, 'Bearer error="invalid_token"', false],
    [400, 'Bearer error="invalid_token"', false],
    [200, 'Bearer error="invalid_token"', false],
  ])('of %i with %s is %s', (status, challenge, refused) => {
    expect(isTokenRefused(response(status, challenge))).toBe(refused);
  });

  it.each<[string, boolean]>([
    ['resource-server-jwks-private-expired', true],
    ['resource-server-jwks-scoped-tampered', true],
    ['resource-server-jwks-private-no-token', false],
    ['resource-server-jwks-scoped-unscoped', false],
  ])('of the Flask resource server in %s is %s', (name, refused) => {
    expect(isTokenRefused(stored(name))).toBe(refused);
  });
});

describe('refusalReason', () => {
  it.each<[string | undefined, string | undefined]>([
    [undefined, undefined],
    ['Basic realm="x"', undefined],
    ['Bearer', 'wants a bearer token'],
    ['DPoP algs="ES256"', 'wants a dpop token'],
    ['Bearer error="invalid_token"', 'invalid_token'],
    ['Bearer error="invalid_token", error_description="it expired"', 'invalid_token "it expired"'],
    ['Bearer error="insufficient_scope", scope="a b"', 'insufficient_scope scope="a b"'],
  ])('of %s is %s', (challenge, reason) => {
    expect(refusalReason(response(401, challenge))).toBe(reason);
  });
});

describe('resourceHint', () => {
  it('names the scope that the API asks for', () => {
    expect(
      resourceHint(response(403, 'Bearer error="insufficient_scope", scope="orders:read orders:write"'), inspection),
    ).toBe("ask for what it needs: --scope 'orders:read orders:write'");
  });

  it('does not hand out a command line that does more than that when the API asks for a strange scope', () => {
    const challenge = `Bearer error="insufficient_scope", scope="x'; touch /tmp/owned; '"`;
    expect(resourceHint(response(403, challenge), inspection)).not.toContain("x'; touch");
  });

  it.each<[number, string | undefined, string]>([
    [403, 'Bearer error="insufficient_scope"', '--scope'],
    [401, 'Bearer error="invalid_token"', inspection],
    [401, undefined, inspection],
    [403, undefined, 'scope or role'],
  ])('for %i with %s points to %s', (status, challenge, words) => {
    expect(resourceHint(response(status, challenge), inspection)).toContain(words);
  });

  it.each([400, 404, 409, 500])('has nothing to say about %i', (status) => {
    expect(resourceHint(response(status), inspection)).toBeUndefined();
  });
});
