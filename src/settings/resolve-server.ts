import type { ServerSettings } from '../client/authorization-server.ts';
import { parseUrl } from '../http/url-policy.ts';
import type { EndpointName } from '../oauth/endpoint-names.ts';
import { endpointNames } from '../oauth/endpoint-names.ts';
import { toServerIdentity } from '../oauth/metadata.ts';
import type { Settings } from './settings.ts';

/** @throws UsageError invalid_url */
export function resolveServer(settings: Settings): ServerSettings {
  const issuer = settings.text('issuer');
  return {
    identity: issuer && toServerIdentity(issuer.value, parseUrl(issuer.value, issuer.origin.name)),
    endpoints: new Map(
      endpointNames.flatMap((name): [EndpointName, URL][] => {
        const endpoint = settings.text(name.replaceAll('_', '-'));
        return endpoint === undefined ? [] : [[name, parseUrl(endpoint.value, endpoint.origin.name)]];
      }),
    ),
  };
}
