import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseChallenges, tokenChallenge } from '../../../src/oauth/challenge.ts';
import { keycloakAnswer } from '../support/fixtures.ts';

type Plain = [scheme: string, parameters: Record<string, string>];

function plain(field: string): Plain[] {
  return parseChallenges(field).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
}

describe('parseChallenges (RFC 9110 section 11.6.1)', () => {
  it.each<[string, string, Plain[]]>([
    ['nothing', '', []],
    ['white space', ' \t ', []],
    ['a scheme alone', 'Negotiate', [['negotiate', {}]]],
    [
      'the example of RFC 9110',
      'Basic realm="simple", Newauth realm="apps", type=1, title="Login to \\"apps\\""',
      [
        ['basic', { realm: 'simple' }],
        ['newauth', { realm: 'apps', type: '1', title: 'Login to "apps"' }],
      ],
    ],
    [
      'the same in the other order',
      'Newauth realm="apps", type=1, title="Login to \\"apps\\"", Basic realm="simple"',
      [
        ['newauth', { realm: 'apps', type: '1', title: 'Login to "apps"' }],
        ['basic', { realm: 'simple' }],
      ],
    ],
    [
      'the example of RFC 6750',
      'Bearer realm="example", error="invalid_token", error_description="The access token expired"',
      [['bearer', { realm: 'example', error: 'invalid_token', error_description: 'The access token expired' }]],
    ],
    [
      'the example of RFC 9449',
      'DPoP error="use_dpop_nonce", error_description="Resource server requires nonce in DPoP proof"',
      [['dpop', { error: 'use_dpop_nonce', error_description: 'Resource server requires nonce in DPoP proof' }]],
    ],
    [
      'the example of RFC 9728',
      'Bearer resource_metadata="https://resource.example.com/.well-known/oauth-protected-resource"',
      [['bearer', { resource_metadata: 'https://resource.example.com/.well-known/oauth-protected-resource' }]],
    ],
    [
      'two schemes alone',
      'Bearer, DPoP',
      [
        ['bearer', {}],
        ['dpop', {}],
      ],
    ],
    ['a token68', 'Negotiate YWJjZA==', [['negotiate', {}]]],
    [
      'a token68 and another challenge',
      'Negotiate YWJj/+-._~ZA==, Bearer error="invalid_token"',
      [
        ['negotiate', {}],
        ['bearer', { error: 'invalid_token' }],
      ],
    ],
    [
      'a token68 without padding and another challenge',
      'NTLM TlRMTVNTUAAB, Basic realm="x"',
      [
        ['ntlm', {}],
        ['basic', { realm: 'x' }],
      ],
    ],
    [
      'names in any case',
      'BEARER Error="invalid_token", ERROR_DESCRIPTION="x"',
      [['bearer', { error: 'invalid_token', error_description: 'x' }]],
    ],
    [
      'blanks around the equals sign',
      'Bearer error = "invalid_token" , scope\t=\tread',
      [['bearer', { error: 'invalid_token', scope: 'read' }]],
    ],
    ['no blank after the comma', 'Bearer a="1",b="2"', [['bearer', { a: '1', b: '2' }]]],
    ['several blanks after the scheme', 'Bearer    a="1"', [['bearer', { a: '1' }]]],
    [
      'empty list elements',
      ', Bearer a="1", , b="2",, Basic realm="x",',
      [
        ['bearer', { a: '1', b: '2' }],
        ['basic', { realm: 'x' }],
      ],
    ],
    ['an empty value', 'Bearer realm="", error="x"', [['bearer', { realm: '', error: 'x' }]]],
    [
      'commas and equals signs in a value',
      'Bearer a="b, c=d, Basic realm=\\"e\\"", f="g"',
      [['bearer', { a: 'b, c=d, Basic realm="e"', f: 'g' }]],
    ],
    ['a backslash in a value', 'Bearer a="C:\\\\temp"', [['bearer', { a: 'C:\\temp' }]]],
    [
      'no comma between parameters',
      'Bearer error="invalid_token" error_description="x"',
      [['bearer', { error: 'invalid_token', error_description: 'x' }]],
    ],
    [
      'a value without quotes that is no token',
      'Bearer error_uri=https://as.example/x?y',
      [['bearer', { error_uri: 'https://as.example/x?y' }]],
    ],
    ['a parameter before any scheme', 'realm="x", Bearer error="y"', [['bearer', { error: 'y' }]]],
  ])('reads %s', (_, field, challenges) => {
    expect(plain(field)).toEqual(challenges);
  });

  it('keeps parameters with the names of object members apart from the object', () => {
    const [challenge] = parseChallenges('Bearer __proto__="x", constructor="y", error="z"');
    expect([...(challenge?.parameters ?? [])]).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
      ['error', 'z'],
    ]);
  });

  it('reads what it is written, for any schemes and values', () => {
    const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/);
    const parameters = fc.uniqueArray(fc.tuple(token, fc.string()), {
      selector: ([name]) => name.toLowerCase(),
      minLength: 1,
    });
    const quoted = (value: string) => `"${value.replace(/["\\]/g, '\\$&')}"`;
    fc.assert(
      fc.property(fc.array(fc.tuple(token, parameters)), (challenges) => {
        const field = challenges
          .map(([scheme, list]) => `${scheme} ${list.map(([name, value]) => `${name}=${quoted(value)}`).join(', ')}`)
          .join(', ');
        const expected = challenges.map(([scheme, list]) => ({
          scheme: scheme.toLowerCase(),
          parameters: new Map(list.map(([name, value]) => [name.toLowerCase(), value])),
        }));
        expect(parseChallenges(field)).toEqual(expected);
      }),
    );
  });

  it('ends with some answer for any text', () => {
    const piece = fc.constantFrom('Bearer', ' ', ',', '=', '"', '\\', 'error', '\n', '\u0000', 'ü', 'a=b', '==', '\t');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((pieces) => pieces.join('')),
        ),
        (field) => {
          for (const { scheme } of parseChallenges(field)) expect(scheme).toMatch(/^[!#$%&'*+.^_`|~0-9a-z-]+$/);
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    ['an open quote', `Bearer error="${'a'.repeat(50_000)}`],
    ['backslashes', `Bearer error="${'\\'.repeat(50_001)}"`],
    ['commas', ','.repeat(50_000)],
    ['quotes', '"'.repeat(50_000)],
    ['equals signs', `Bearer ${'='.repeat(50_000)}`],
    ['schemes', 'a,'.repeat(25_000)],
    ['blanks', `Bearer${' '.repeat(50_000)}x`],
    ['a token68 that ends otherwise', `Negotiate ${'a'.repeat(50_000)}!`],
  ])('is done soon with fifty thousand characters: %s', (_, field) => {
    const start = performance.now();
    parseChallenges(field);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

describe('tokenChallenge', () => {
  const parametersOf = (field: string | undefined) => Object.fromEntries(tokenChallenge(field)?.parameters ?? []);

  it.each([undefined, '', 'Basic realm="x"', 'Negotiate, Digest nonce="x"'])('is undefined for %j', (field) => {
    expect(tokenChallenge(field)).toBeUndefined();
  });

  it('is the one with an error among several', () => {
    expect(parametersOf('Basic realm="a", Bearer realm="b", DPoP error="invalid_token"')).toEqual({
      error: 'invalid_token',
    });
  });

  it('is the first one when none has an error', () => {
    expect(tokenChallenge('DPoP algs="ES256", Bearer realm="b"')?.scheme).toBe('dpop');
  });

  it('reads what Keycloak says of a bound token', () => {
    const field =
      'Bearer realm="myorg", error="invalid_token", error_description="Client certificate missing, or its thumbprint and one in the token did NOT match"';
    expect(parametersOf(field)).toEqual({
      realm: 'myorg',
      error: 'invalid_token',
      error_description: 'Client certificate missing, or its thumbprint and one in the token did NOT match',
    });
  });

  it('reads what Keycloak says of a DPoP proof', () => {
    expect(parametersOf('DPoP algs="PS384 RS384 EdDSA", realm="myorg", error="invalid_token"')).toMatchObject({
      error: 'invalid_token',
    });
  });

  it.each([
    [
      'resource-server-jwks-private-no-token',
      { error: 'missing_authorization', error_description: "Missing 'Authorization' in headers." },
    ],
    [
      'resource-server-jwks-private-expired',
      {
        error: 'invalid_token',
        error_description: 'The access token provided is expired, revoked, malformed, or invalid for other reasons.',
      },
    ],
  ])('reads the header of Flask in %s', (name, parameters) => {
    expect(parametersOf(keycloakAnswer(name).headers['WWW-Authenticate'])).toEqual(parameters);
  });

  it('reads the empty description that Flask sends for another scheme', () => {
    expect(parametersOf('bearer error="unsupported_token_type", error_description=""')).toEqual({
      error: 'unsupported_token_type',
      error_description: '',
    });
  });
});
