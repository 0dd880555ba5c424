import { algorithms } from './algorithms.ts';
import type { Refusal, Scheme } from './refusal.ts';

/**
 * The challenges of a refused request, one for each WWW-Authenticate field: RFC 6750 section 3, RFC 9449 section 7.1
 * and RFC 9728 section 5.1. A 401 names every scheme that would do, and the error beside the one that was tried;
 * any other status has nothing to offer but the error.
 *
 * @param offered the schemes that the resource accepts
 * @param resourceMetadata where the metadata of the resource is
 */
export function formatChallenges(
  { status, facts }: Refusal,
  offered: readonly Scheme[],
  resourceMetadata: string,
): string[] {
  const { error, description, scope } = facts;
  const tried = offered.find((scheme) => scheme === facts.scheme) ?? offered[0];
  return offered
    .filter((scheme) => status === 401 || scheme === tried)
    .map((scheme) =>
      formatChallenge(scheme, {
        ...(error !== undefined && scheme === tried && { error, error_description: description, scope }),
        ...(scheme === 'DPoP' && { algs: algorithms.join(' ') }),
        resource_metadata: resourceMetadata,
      }),
    );
}

function formatChallenge(scheme: Scheme, parameters: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return `${scheme} ${given.map(([name, value]) => `${name}=${quote(String(value))}`).join(', ')}`;
}

/** A quoted-string, RFC 9110 section 5.6.4; what no field may hold becomes a question mark. */
function quote(value: string): string {
  return `"${value.replaceAll(/[^\x20-\x7e]/g, '?').replaceAll(/["\\]/g, '\\$&')}"`;
}
