import fc from 'fast-check';
import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import {
  type ExpectedToken,
  InvalidAccessToken,
  verifyAccessToken,
} from '../../../../examples/resource-server-node/src/access-token.ts';

let expected: ExpectedToken;
let token: string;

beforeAll(async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  expected = {
    issuer: 'https://as.example',
    audience: undefined,
    keys: createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), kid: 'a' }] }),
  };
  token = await new SignJWT({ iss: expected.issuer, exp: 4_000_000_000 })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'a' })
    .sign(privateKey);
});

const header = fc.dictionary(
  fc.constantFrom('alg', 'typ', 'kid', 'crit', 'b64', 'jwk', 'enc', 'zip', 'x5c'),
  fc.oneof(fc.constantFrom('ES256', 'RS256', 'EdDSA', 'HS256', 'none', 'at+jwt', 'a'), fc.jsonValue()),
);

/** The parts of a real token, some of them replaced by others. */
const forged = fc.tuple(
  fc.option(fc.oneof(header.map(encode), fc.string())),
  fc.option(fc.oneof(fc.jsonValue().map(encode), fc.string())),
  fc.option(fc.oneof(fc.base64String(), fc.string())),
);

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

test('whatever comes as a token is judged as a token, and never blamed on the keys', async () => {
  await fc.assert(
    fc.asyncProperty(forged, async (parts) => {
      const forgery = token
        .split('.')
        .map((part, index) => parts[index] ?? part)
        .join('.');
      fc.pre(forgery !== token);
      await expect(verifyAccessToken(forgery, expected)).rejects.toBeInstanceOf(InvalidAccessToken);
    }),
    { numRuns: 500 },
  );
  expect(await verifyAccessToken(token, expected)).toMatchObject({ iss: expected.issuer });
});
