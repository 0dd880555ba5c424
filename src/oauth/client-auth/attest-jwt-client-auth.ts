import { describeKey } from '../../jwt/algorithms.ts';
import { readJwtClaims } from '../../jwt/decode.ts';
import { chooseAlgorithm } from './assertion-algorithm.ts';
import { describeSkew } from './assertion-refusal.ts';
import type { ClientAuthentication, CredentialOf, PossibleClient } from './client-authentication.ts';
import { excerpt } from './excerpt.ts';

/**
 * An attestation of this instance of the client by somebody whom the server trusts, and a proof that the instance has
 * the key in it, draft-ietf-oauth-attestation-based-client-auth. Both are new for each try.
 * @throws ConfigError config_invalid when key, algorithm and server do not go together
 */
export function attestJwtClientAuth(
  { assertion: terms, supportedProofAlgorithms: supportedAlgorithms }: PossibleClient,
  { key: { privateKey, publicJwk, algorithms }, clientId, read }: CredentialOf<'attestation'>,
): ClientAuthentication {
  const algorithm = chooseAlgorithm(algorithms, describeKey(publicJwk), { ...terms, supportedAlgorithms });
  let challenge: string | undefined;
  let attestation = '';
  let audience = '';
  return {
    method: 'attest_jwt_client_auth',
    clientId,
    complete: async (request) => {
      attestation = (await read()).reveal().trim();
      audience = await terms.audience(request.url);
      const { signJwt } = await import('../../jwt/sign.ts');
      const claims = {
        // Older drafts want it, and newer ones do not look at it.
        iss: clientId,
        aud: audience,
        jti: crypto.randomUUID(),
        iat: Math.floor(terms.now() / 1000),
        ...(challenge === undefined ? {} : { challenge }),
      };
      const proof = await signJwt({ alg: algorithm, typ: 'oauth-client-attestation-pop+jwt' }, claims, privateKey);
      return {
        ...request,
        headers: request.headers
          .with('OAuth-Client-Attestation', attestation)
          .with('OAuth-Client-Attestation-PoP', proof),
        form: [...request.form, ['client_id', clientId]],
      };
    },
    wantsAnotherTry: ({ headers }, error) => {
      const newer = headers.get('oauth-client-attestation-challenge');
      if (newer === undefined || !/^[\x21-\x7e]{1,1000}$/.test(newer)) return false;
      challenge = newer;
      return error === 'use_attestation_challenge';
    },
    refusals: ['invalid_client_attestation', 'use_attestation_challenge', 'use_fresh_attestation'],
    advise: (refusal) => {
      if (refusal.error === 'use_attestation_challenge')
        return 'the server wants a challenge that it does not give, or does not take then: do several servers answer in its name?';
      if (refusal.error === 'use_fresh_attestation')
        return 'the server wants a newer attestation: whoever gives it out has to replace it';
      const skew = describeSkew(refusal);
      if (skew !== undefined) return `${skew}: an attestation or a proof of a wrong time is refused; set the clock`;
      const { iss } = readJwtClaims(attestation) ?? {};
      const attester = typeof iss === 'string' ? `${excerpt(iss)}, who` : 'whoever';
      return `does the server trust ${attester} signed the attestation, and is ${clientId} registered for this method? the other usual reason is aud of the proof, which was ${audience}: try --assertion-audience ${terms.otherAudience}`;
    },
  };
}
