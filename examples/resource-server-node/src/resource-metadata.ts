import { algorithms } from './algorithms.ts';
import { routes } from './routes.ts';
import type { Settings } from './settings.ts';

const wellKnown = '/.well-known/oauth-protected-resource';

/** Where the metadata of the protected resource at this path is: RFC 9728 section 3.1. */
export function resourceMetadataUrl({ url }: Settings, path: string): string {
  return `${url}${wellKnown}${path}`;
}

/**
 * The document for this path (RFC 9728 section 2): there is one for the whole API, and one for each protected route, as
 * section 3.3 wants `resource` to be exactly the URL that was requested. Undefined where there is none.
 */
export function resourceMetadata(settings: Settings, path: string): object | undefined {
  if (!path.startsWith(wellKnown)) return undefined;
  const resource = path.slice(wellKnown.length);
  const requires = routes.get(resource)?.requires;
  if (resource !== '' && requires === undefined) return undefined;
  const required = requires === undefined ? [...routes.values()].map((route) => route.requires) : [requires];
  return {
    resource: `${settings.url}${resource}`,
    authorization_servers: [settings.issuer],
    scopes_supported: required.flatMap((requirement) => requirement?.scope ?? []),
    bearer_methods_supported: ['header'],
    dpop_signing_alg_values_supported: algorithms,
    dpop_bound_access_tokens_required: requires?.boundOnly === true && settings.tls === undefined,
    tls_client_certificate_bound_access_tokens: settings.tls !== undefined,
  };
}
