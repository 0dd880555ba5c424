import type { JsonObject } from '../../json-object.ts';
import { readJwtClaims } from '../../jwt/decode.ts';
import { withAssertion } from './client-assertion.ts';
import type { ClientAuthentication, CredentialOf } from './client-authentication.ts';
import { excerpt } from './excerpt.ts';

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
      const claims = readJwtClaims(assertion) ?? {};
      const untimely = describeUntimeliness(claims, Date.parse(refusal.date ?? '') / 1000);
      if (untimely !== undefined) return untimely;
      const { iss, sub, aud } = claims;
      const said = Object.entries({ iss, sub, aud }).flatMap(([name, value]) => {
        const words = [value].flat().filter((one) => typeof one === 'string');
        return words.length === 0 ? [] : [`${name} ${excerpt(words.join(' '))}`];
      });
      return `does the server know whoever signed the assertion, and is this client bound to it? it says ${said.join(', ')}`;
    },
  };
}

/** Seconds by which clocks may differ before that is a likely reason. */
const tolerance = 5;

/**
 * Whether the assertion was too old or too new for the server; our own clock has no part in that.
 * @param serverTime epoch seconds, NaN when the server does not say
 */
function describeUntimeliness({ exp, nbf, iat }: JsonObject, serverTime: number): string | undefined {
  if (typeof exp === 'number' && serverTime >= exp)
    return `by the server's clock it expired ${Math.round(serverTime - exp)} s ago: whoever gives it out has to give a newer one`;
  const begin = nbf ?? iat;
  if (typeof begin === 'number' && begin - serverTime > tolerance)
    return `by the server's clock it is good in ${Math.round(begin - serverTime)} s only: the clock of whoever signed it is ahead`;
  return undefined;
}
