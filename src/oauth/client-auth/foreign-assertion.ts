import { readJwtClaims } from '../../jwt/decode.ts';
import { describeSkew } from './assertion-refusal.ts';
import { withAssertion } from './client-assertion.ts';
import type { ClientAuthentication, CredentialOf } from './client-authentication.ts';

/** Characters of a claim that a hint shows. */
const shownLength = 200;

/**
 * An assertion that somebody else has signed, RFC 7521 section 4.2. It is read anew for each try, as
 * whoever gives it out replaces it before it expires.
 * @param clientId sent where the person gave one: the assertion says already who it is about
 */
export function foreignAssertion(
  clientId: string | undefined,
  { type, read }: CredentialOf<'assertion'>,
): ClientAuthentication {
  let assertion = '';
  return {
    method: 'client_assertion',
    complete: async (request) => {
      assertion = (await read(request.url)).reveal().trim();
      return withAssertion(request, clientId, type, assertion);
    },
    advise: (refusal) => {
      const skew = describeSkew(refusal);
      if (skew !== undefined) return `${skew}: set the clock, or have it tell the time`;
      const { iss, sub, aud } = readJwtClaims(assertion) ?? {};
      const said = Object.entries({ iss, sub, aud }).flatMap(([name, value]) => {
        const words = [value].flat().filter((one) => typeof one === 'string');
        return words.length === 0 ? [] : [`${name} ${words.join(' ').slice(0, shownLength)}`];
      });
      return `does the server know whoever signed the assertion, and is this client bound to it? it says ${said.join(', ')}`;
    },
  };
}
