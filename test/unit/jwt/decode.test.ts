import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/errors.ts';
import { decodeJwt, readJwtClaims, splitCompact } from '../../../src/jwt/decode.ts';
import { failureOf } from '../support/failure.ts';
import { keycloakToken, readFixture } from '../support/fixtures.ts';
import { compact, encode } from '../support/json-web-token.ts';

interface Decoded {
  readonly header: object;
  readonly payload: object;
}

const header = encode('{"alg":"RS256"}');
const payload = encode('{"sub":"ci-bot"}');
const signature = 'c2ln';
const good = `${header}.${payload}.${signature}`;

describe('a JWS', () => {
  it('gives exactly the header and the claims that the tutorial shows for its token', () => {
    const tutorial = readFixture<Decoded & { response: { access_token: string } }>('keycloak/tutorial-token.json');
    expect(decodeJwt(tutorial.response.access_token)).toEqual({
      kind: 'JWS',
      header: tutorial.header,
      payload: tutorial.payload,
      signature: tutorial.response.access_token.split('.')[2],
    });
  });

  it.each(['token', 'token-scoped'])('gives the header and claims of Keycloak as in %s-decoded', (name) => {
    const { header, payload } = readFixture<Decoded>(`keycloak/${name}-decoded.json`);
    expect(decodeJwt(keycloakToken(name))).toMatchObject({ kind: 'JWS', header, payload });
  });

  it('keeps the claims in the order of the token', () => {
    const decoded = decodeJwt(compact('{"alg":"RS256"}', '{"z":1,"a":2,"m":3}'));
    expect(decoded.kind === 'JWS' && Object.keys(decoded.payload)).toEqual(['z', 'a', 'm']);
  });

  it('has the signature as it stands in the token', () => {
    expect(decodeJwt(good)).toMatchObject({ signature });
    expect(decodeJwt(`${header}.${payload}.`)).toMatchObject({ signature: '' });
  });

  it.each<[string, string, object]>([
    ['white space between the members', ' {\r\n "a" :\t1 }\n', { a: 1 }],
    ['no member', '{}', {}],
    ['UTF-8', '{"name":"Zoë 🦊"}', { name: 'Zoë 🦊' }],
    ['the character that stands for a wrong byte', '{"name":"\ufffd"}', { name: '\ufffd' }],
    ['the same name in two objects', '{"a":{"x":1},"b":{"x":2},"x":3}', { a: { x: 1 }, b: { x: 2 }, x: 3 }],
    ['the same name in the objects of an array', '[{"x":1},{"x":2}]', [{ x: 1 }, { x: 2 }]],
    ['a name that is also a value', '{"a":"b","b":"a","c":["a","b"]}', { a: 'b', b: 'a', c: ['a', 'b'] }],
    [
      'braces, colons and quotes in strings',
      '{"a":"{\\"a\\":1}","b":"}","c:":":"}',
      { a: '{"a":1}', b: '}', 'c:': ':' },
    ],
    ['names that differ in case', '{"Sub":1,"sub":2}', { Sub: 1, sub: 2 }],
  ])('is read when its claims set has %s', (_, source, claims) => {
    const inMember = `{"claim":${source}}`;
    expect(decodeJwt(compact('{"alg":"none"}', inMember))).toMatchObject({ payload: { claim: claims } });
  });

  it('is read for any header and claims set', () => {
    const objects = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue());
    fc.assert(
      fc.property(objects, objects, (someHeader, somePayload) => {
        const decoded = decodeJwt(compact(someHeader, somePayload, signature));
        expect(JSON.stringify(decoded)).toBe(
          JSON.stringify({ kind: 'JWS', header: someHeader, payload: somePayload, signature }),
        );
      }),
    );
  });

  it('is read with a claim of half a megabyte', () => {
    const decoded = decodeJwt(compact('{"alg":"none"}', { long: 'x"'.repeat(250_000) }));
    expect(decoded.kind === 'JWS' && decoded.payload.long).toHaveLength(500_000);
  });
});

describe('what is refused as not a JWT', () => {
  it.each([
    ['a zero-width space', `${header}.${payload}\u200b.${signature}`],
    ['a NUL', `${header}.${payload}.${signature}\0`],
    ['padding', `${encode('{"alg":"RS256"} ')}==.${payload}.${signature}`],
    ['padding of the signature', `${header}.${payload}.YQ==`],
    ['a plus sign of ordinary base64', `${header}.${payload}.ab+d`],
    ['a slash of ordinary base64', `${header}.${payload}.ab/d`],
    ['a part of impossible length', `${header}.${payload}.abcde`],
    ['bits that are not zero at the end of the signature', `${header}.${payload}.YR`],
    ['bits that are not zero at the end of the payload', `${header}.${encode('{}').replace(/0$/, '1')}.${signature}`],
    ['a letter beyond ASCII', `${header}.${payload}.ünü0`],
    ['percent-encoding', `${header}.${payload}.ab%2Dd`],
  ])('%s', async (_, token) => {
    expect(await failureOf(() => decodeJwt(token))).toMatchObject({
      code: 'not_a_jwt',
      message: 'not a JWT: a part of it is not base64url',
    });
  });

  it.each([
    ['a blank in front', ` ${good}`],
    ['a blank at the end', `${good} `],
    ['a final newline', `${good}\n`],
    ['a newline in the header', `${header.slice(0, 5)}\n${header.slice(5)}.${payload}.${signature}`],
    ['a newline in the payload', `${header}.${payload.slice(0, 5)}\r\n${payload.slice(5)}.${signature}`],
    ['a tab in the signature', `${header}.${payload}.c2\tln`],
    ['a no-break space', `${header}\u00a0.${payload}.${signature}`],
  ])('%s, which is named', async (_, token) => {
    expect(await failureOf(() => decodeJwt(token))).toMatchObject({
      code: 'not_a_jwt',
      message: 'not a JWT: there is white space in it',
    });
  });

  it.each([
    ['nothing', ''],
    ['an opaque token', '9f86d081884c7d659a2feaa0c55ad015'],
    ['an opaque token with dots', 'ya29.a0AfH6SMB'],
    ['one part', header],
    ['two parts', `${header}.${payload}`],
    ['four parts', `${good}.${signature}`],
    ['six parts', 'a.b.c.d.e.f'],
    ['a UUID', '123e4567-e89b-12d3-a456-426614174000'],
    ['the JSON serialisation', '{"payload":"e30","signatures":[{"protected":"e30","signature":""}]}'],
  ])('%s, with the hint to ask the server', async (_, token) => {
    expect(await failureOf(() => decodeJwt(token))).toMatchObject({
      code: 'not_a_jwt',
      message: expect.stringContaining('not a JWT'),
      hint: expect.stringContaining('ccgrant introspect'),
    });
  });

  const byteOrderMark = '\ufeff';
  const texts: [string, string | Uint8Array][] = [
    ['no bytes', ''],
    ['an array', '[{"alg":"RS256"}]'],
    ['null', 'null'],
    ['a string', '"alg"'],
    ['a number', '1'],
    ['a list in front of it', '[],{}'],
    ['two objects', '{}{}'],
    ['a trailing comma', '{"alg":"RS256",}'],
    ['single quotes', "{'alg':'RS256'}"],
    ['a comment', '{"alg":"RS256"/**/}'],
    ['an open end', '{"alg":"RS256"'],
    ['NaN', '{"exp":NaN}'],
    ['a byte order mark', `${byteOrderMark}{"alg":"RS256"}`],
    ['UTF-16', Buffer.from('{"alg":"RS256"}', 'utf16le')],
    ['an invalid UTF-8 sequence', Buffer.concat([Buffer.from('{"alg":"'), Buffer.of(0xc3, 0x28), Buffer.from('"}')])],
    ['an overlong UTF-8 sequence', Buffer.concat([Buffer.from('{"alg":"'), Buffer.of(0xc0, 0xaf), Buffer.from('"}')])],
    ['a surrogate in UTF-8', Buffer.concat([Buffer.from('{"a":"'), Buffer.of(0xed, 0xa0, 0x80), Buffer.from('"}')])],
    ['a control character in a string', '{"alg":"RS\u0001256"}'],
    ['a member twice', '{"alg":"RS256","alg":"none"}'],
    ['a member twice, once escaped', '{"alg":"RS256","\\u0061lg":"none"}'],
    ['a member twice with the same value', '{"alg":"RS256","alg":"RS256"}'],
    ['a member twice in an inner object', '{"cnf":{"jkt":"a","jkt":"b"}}'],
    ['a member twice with an object between', '{"a":{"b":{}},"c":[{"a":1}],"a":2}'],
    ['a member twice in the object of an array', '{"a":[{"b":1},{"b":1,"b":2}]}'],
    ['an empty name twice', '{"":1,"":2}'],
    ['__proto__ twice', '{"__proto__":1,"__proto__":2}'],
  ];

  it.each(texts)('a header with %s', async (_, bytes) => {
    const { code, message } = await failureOf(() => decodeJwt(compact(bytes, '{"sub":"x"}', signature)));
    expect(code).toBe('not_a_jwt');
    expect(message).toMatch(/^not a JWT: its header /);
  });

  it.each(texts)('a claims set with %s', async (_, bytes) => {
    const { code, message } = await failureOf(() => decodeJwt(compact('{"alg":"RS256"}', bytes, signature)));
    expect(code).toBe('not_a_jwt');
    expect(message).toMatch(/^not a JWT: its claims set /);
  });

  it('a token of more than a megabyte', async () => {
    const token = compact('{"alg":"none"}', { long: 'x'.repeat(1024 * 1024) });
    expect(await failureOf(() => decodeJwt(token))).toMatchObject({ code: 'not_a_jwt' });
  });

  it.each(['header', 'claims set'])('a token whose %s is nested too deeply', async (part) => {
    const deep = `{"a":${'['.repeat(1000)}${']'.repeat(1000)}}`;
    const token = part === 'header' ? compact(deep, '{}') : compact('{}', deep);
    expect(await failureOf(() => decodeJwt(token))).toMatchObject({
      code: 'not_a_jwt',
      message: `not a JWT: its ${part} is nested too deeply`,
    });
  });

  it('names the member that is there twice, and not its values', async () => {
    const { message } = await failureOf(() => decodeJwt(compact('{"alg":"x","alg":"S3cr3t"}', '{}')));
    expect(message).toBe('not a JWT: its header has the member alg twice');
  });

  it('never ends in another failure, whatever the text is', () => {
    const part = fc.oneof(fc.string(), fc.base64String(), fc.uint8Array().map(encode), fc.json().map(encode));
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        try {
          decodeJwt(parts.join('.'));
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('has exactly the parts that base64url gives back as they were', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (const signature of ['', 'a', 'ab', 'abc', 'abcd'].flatMap((start) =>
      [...alphabet].map((end) => start + end),
    )) {
      const isCanonical = Buffer.from(signature, 'base64url').toString('base64url') === signature;
      const split = () => splitCompact(`${header}.${payload}.${signature}`);
      if (isCanonical) expect(split()).toMatchObject({ signature });
      else expect(split, signature).toThrow('a part of it is not base64url');
    }
  });

  it('does not take the header of one token for that of another', () => {
    for (const alg of ['RS256', 'ES256', 'RS256']) {
      expect(decodeJwt(compact({ alg }, {}))).toMatchObject({ header: { alg } });
    }
  });

  it('has only one spelling of a token: no other character anywhere gives the same token', () => {
    const parts = splitCompact(good);
    const alphabet = fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/= \n.');
    fc.assert(
      fc.property(fc.nat({ max: good.length - 1 }), alphabet, (index, character) => {
        fc.pre(good[index] !== character);
        const changed = `${good.slice(0, index)}${character}${good.slice(index + 1)}`;
        try {
          expect(splitCompact(changed)).not.toEqual(parts);
        } catch (error) {
          if (!(error instanceof UsageError)) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a JWE', () => {
  const jweHeader = { alg: 'RSA-OAEP', enc: 'A256GCM', kid: 'k1' };

  it('gives its header and nothing else', () => {
    expect(decodeJwt(`${encode(jweHeader)}.a2V5.aXY.dGV4dA.dGFn`)).toEqual({ kind: 'JWE', header: jweHeader });
  });

  it('may have an empty encrypted key, as with dir', () => {
    expect(decodeJwt(`${encode({ alg: 'dir', enc: 'A256GCM' })}..aXY.dGV4dA.dGFn`)).toMatchObject({ kind: 'JWE' });
  });

  it.each([
    ['a header that is no JSON', `${encode('x')}.a2V5.aXY.dGV4dA.dGFn`],
    ['a member twice in its header', `${encode('{"alg":"dir","alg":"RSA-OAEP"}')}.a2V5.aXY.dGV4dA.dGFn`],
    ['white space in it', `${encode(jweHeader)}.a2V5.aXY.dGV4 dA.dGFn`],
    ['padding', `${encode(jweHeader)}.a2V5.aXY.dGV4dA.dGE=`],
  ])('is refused with %s', async (_, token) => {
    expect(await failureOf(() => decodeJwt(token))).toMatchObject({ code: 'not_a_jwt' });
  });
});

describe('readJwtClaims', () => {
  it('tells the claims of a JWT', () => {
    expect(readJwtClaims(good)).toEqual({ sub: 'ci-bot' });
  });

  it.each([
    ['an opaque token', 'opaque'],
    ['a JWE', `${encode({ alg: 'dir' })}..aXY.dGV4dA.dGFn`],
    ['a JWS whose payload is no claims set', compact('{"alg":"none"}', 'Payload')],
  ])('is undefined for %s', (_, token) => {
    expect(readJwtClaims(token)).toBeUndefined();
  });
});
