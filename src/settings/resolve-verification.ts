import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';
import { signingAlgorithms } from '../jwt/algorithms.ts';
import type { VerifyRequirements } from '../jwt/verify.ts';
import { toScope } from './resolve-request.ts';
import { resolveServer } from './resolve-server.ts';
import type { Settings } from './settings.ts';
import { toSeconds } from './settings.ts';
import { resolveBoundCertificate, resolveBoundKey } from './verification-keys.ts';
import type { OpenClient } from './with-client.ts';

/** Seconds; RFC 7519 section 4.1.4 speaks of a few minutes. */
const maxLeeway = 300;

/**
 * What a token must fulfil, the issuer aside.
 * @throws UsageError usage; ConfigError file_unusable
 */
export async function resolveChecks(settings: Settings, ctx: Context): Promise<Omit<VerifyRequirements, 'issuer'>> {
  const scope = settings.list('scope');
  const leeway = settings.text('leeway');
  const maxAge = settings.text('max-age');
  const algorithms = settings.text('alg');
  const seconds = leeway === undefined ? 60 : toSeconds(leeway);
  if (seconds > maxLeeway)
    throw new UsageError('usage', `--leeway is more than ${maxLeeway} s`, { hint: 'set the clocks instead' });
  return {
    audience: settings.list('audience')?.value ?? [],
    scope: scope === undefined ? [] : toScope(scope),
    typ: settings.text('typ')?.value,
    algorithms: algorithms && toAlgorithms(algorithms.value),
    leeway: seconds,
    maxAge: maxAge && toSeconds(maxAge),
    isAccessTokenJwt: settings.flag('at-jwt'),
    signatureOnly: settings.flag('signature-only'),
    boundToCertificate: await resolveBoundCertificate(settings, ctx),
    boundToKey: await resolveBoundKey(settings, ctx),
  };
}

function toAlgorithms(list: string): string[] {
  const algorithms = list.split(',').map((alg) => alg.trim());
  const unknown = algorithms.find((alg) => !signingAlgorithms.includes(alg));
  if (unknown === undefined) return algorithms;
  throw new UsageError('usage', `--alg ${unknown} is not known`, { hint: `known are ${signingAlgorithms.join(', ')}` });
}

/** The issuer that the token must name: a server has to be asked for it only where its metadata was named instead. */
export async function requiredIssuer(settings: Settings, openClient: OpenClient): Promise<string | undefined> {
  const { identity } = resolveServer(settings);
  return identity?.kind === 'metadata url' ? (await openClient()).server.issuer() : identity?.issuer;
}
