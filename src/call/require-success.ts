import type { Exchanged } from '../curl/exchange.ts';
import { HttpStatusError } from '../errors.ts';
import { unaskedHint } from '../oauth/certificate-binding.ts';
import { presentationHint } from '../oauth/dpop-refusal.ts';
import { challengeResponse, refusalReason, resourceHint } from '../oauth/protected-resource.ts';
import type { Settings } from '../settings/settings.ts';

/**
 * Makes sure that the API did not refuse, unless nobody minds.
 * @param alg algorithm of the proof, undefined for a bearer token
 * @param now milliseconds since the epoch
 */
export function requireSuccess(
  { request, response }: Exchanged,
  alg: string | undefined,
  settings: Settings,
  now: number,
): void {
  const { status } = response;
  if (status < 400 || settings.flag('no-fail')) return;
  const { method, url } = request;
  const tokenFile = settings.text('token-file')?.value;
  const reason = refusalReason(response);
  throw new HttpStatusError(`the API answered ${status}`, {
    response: challengeResponse(response),
    status,
    server: `${status} from ${method} ${url.origin}${url.pathname}${reason === undefined ? '' : `: ${reason}`}`,
    hint:
      unaskedHint(response) ??
      presentationHint(response, { alg, isRepeatable: request.body?.isRepeatable !== false, now }) ??
      resourceHint(response, tokenFile === undefined ? 'ccgrant decode --cached' : `ccgrant decode - < ${tokenFile}`),
  });
}
