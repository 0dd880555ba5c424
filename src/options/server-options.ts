import type { EndpointName } from '../oauth/endpoint-names.ts';
import { endpointNames } from '../oauth/endpoint-names.ts';
import type { OptionRow } from './option.ts';

/** Which authorization server is meant, and which profile says so. */
export const issuerOptions: readonly OptionRow[] = [
  {
    name: 'issuer',
    value: 'URL',
    group: 'Authorization server',
    summary: 'issuer identifier; a pasted well-known URL will do',
    variable: 'CCGRANT_ISSUER',
    inProfile: true,
  },
  {
    name: 'profile',
    value: 'NAME',
    group: 'Authorization server',
    summary: 'take values from this profile',
    variable: 'CCGRANT_PROFILE',
  },
  {
    name: 'config',
    value: 'FILE',
    group: 'Authorization server',
    summary: 'read profiles from this file',
    variable: 'CCGRANT_CONFIG',
  },
];

/** Endpoints that win over the metadata; with enough of them no metadata is needed. */
export const endpointOptions: readonly OptionRow[] = endpointNames.map(endpointOption);

/** The endpoint that tells tokens apart where no server is asked. */
export const tokenEndpointOption: OptionRow = endpointOption('token_endpoint');

function endpointOption(name: EndpointName): OptionRow {
  return {
    name: name.replaceAll('_', '-'),
    value: 'URL',
    group: 'Authorization server',
    summary: `wins over ${name} of the metadata`,
    variable: `CCGRANT_${name.toUpperCase()}`,
    inProfile: true,
  };
}
