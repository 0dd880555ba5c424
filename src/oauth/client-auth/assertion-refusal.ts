import type { Refusal } from './client-authentication.ts';

/** What a refused assertion said of itself. */
export interface SentAssertion {
  readonly clientId: string;
  readonly audience: string;
  /** What to say to --assertion-audience for another one. */
  readonly otherAudience: string;
  readonly algorithm: string;
  readonly keyId?: string | undefined;
  /** JWK thumbprint of the key, where it has one. */
  readonly thumbprint?: string;
}

/** Seconds by which clocks may differ before that is a likely reason. */
const tolerance = 5;

/**
 * The likely reasons why an assertion was refused, by what was sent and when: servers word it too differently.
 */
export function explainRefusedAssertion(refusal: Refusal, sent: SentAssertion): string {
  const { clientId, audience, otherAudience, algorithm, keyId, thumbprint } = sent;
  const skew = describeSkew(refusal);
  if (skew !== undefined) return `${skew}: an assertion of a wrong time is refused; set the clock`;
  const key =
    thumbprint === undefined
      ? `is the secret the one of ${clientId}, and ${algorithm} what the server expects (--signing-alg)?`
      : `does the server know the public key of ${clientId}, for ${algorithm} (--signing-alg), ${kidAdvice(keyId, thumbprint)}?`;
  return `${key} the other usual reason is aud, which was ${audience}: try --assertion-audience ${otherAudience}`;
}

/** How far the clock of this machine is from the server's, where that is more than clocks may differ. */
export function describeSkew({ date, now }: Pick<Refusal, 'date' | 'now'>): string | undefined {
  const server = Date.parse(date ?? '');
  const seconds = Math.round((now - server) / 1000);
  if (!(Math.abs(seconds) > tolerance)) return undefined;
  return `the clock of this machine is ${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} the server's`;
}

function kidAdvice(keyId: string | undefined, thumbprint: string): string {
  return keyId === undefined
    ? `and without a kid (else --key-id ID; the key's thumbprint is ${thumbprint})`
    : `and by the kid ${keyId} (the key's thumbprint is ${thumbprint})`;
}
