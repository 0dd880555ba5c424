import type { Exchanged } from '../curl/exchange.ts';
import { HttpStatusError } from '../errors.ts';
import { unaskedHint } from '../oauth/certificate-binding.ts';
import { presentationHint } from '../oauth/dpop-refusal.ts';
import { challengeResponse, refusalReason, resourceHint } from '../oauth/protected-resource.ts';
import type { Settings } from '../settings/settings.ts';

/** How the token was shown to the API, as far as advice depends on it. */
export interface Presentation {
  /** Algorithm of the proof, undefined for a bearer token. */
  readonly alg: string | undefined;
  /** What a person can do about a token that is bound to a certificate which was not shown. */
  readonly certificateHint: string | undefined;
  /** The command that shows what the token says. */
  readonly inspection: string;
}

/**
 * Makes sure that the API did not refuse, unless nobody minds.
 * @param now milliseconds since the epoch
 */
export function requireSuccess(
  { request, response }: Exchanged,
  { alg, certificateHint, inspection }: Presentation,
  settings: Settings,
  now: number,
): void {
  const { status } = response;
  if (status < 400 || settings.flag('no-fail')) return;
  const { method, url } = request;
  const reason = refusalReason(response);
  throw new HttpStatusError(`the API answered ${status}`, {
    response: challengeResponse(response),
    status,
    server: `${status} from ${method} ${url.origin}${url.pathname}${reason === undefined ? '' : `: ${reason}`}`,
    hint:
      (status === 401 ? certificateHint : undefined) ??
      unaskedHint(response) ??
      presentationHint(response, { alg, isRepeatable: request.body?.isRepeatable !== false, now }) ??
      resourceHint(response, inspection),
  });
}
