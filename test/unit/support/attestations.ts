import { makeKey } from '../../support/authentication/keys.ts';
import { compact } from './json-web-token.ts';

/** The key of the client that is attested. */
export const instance = makeKey('ES256');

export const attestationType = 'oauth-client-attestation+jwt';

/** An attestation that says this; nobody here looks at its signature. */
export function attest(claims: object = {}, header: object = {}): string {
  const said = { iss: 'https://attester.example', sub: 'ci-bot', cnf: { jwk: instance.publicJwk }, ...claims };
  return compact({ alg: 'ES256', typ: attestationType, ...header }, said, 'c2ln');
}
