import { signingAlgorithms } from '../jwt/algorithms.ts';
import type { OptionRow } from './option.ts';

/** How a client proves who it is by a signed assertion, its own or somebody else's. */
export const assertionOptions: readonly OptionRow[] = [
  {
    name: 'private-key',
    value: 'FILE',
    group: 'Client',
    summary: 'private key that signs assertions (PEM or JWK)',
    variable: 'CCGRANT_PRIVATE_KEY',
    inProfile: true,
    isPath: true,
    readsStandardInput: true,
  },
  {
    name: 'key-id',
    value: 'ID',
    group: 'Client',
    summary: 'kid of --private-key in assertions; by default that of its JWK',
    inProfile: true,
  },
  {
    name: 'signing-alg',
    value: 'ALG',
    group: 'Client',
    summary: 'algorithm of assertions; by default what key and metadata allow',
    choices: signingAlgorithms,
    inProfile: true,
  },
  {
    name: 'assertion-audience',
    value: 'AUD',
    group: 'Client',
    summary: 'whom assertions are meant for: issuer, token-endpoint or a URL',
    inProfile: true,
  },
  {
    name: 'x5t',
    group: 'Client',
    summary: 'name the certificate of --cert in assertions by its thumbprint (x5t#S256)',
    inProfile: true,
  },
  {
    name: 'client-assertion-file',
    value: 'FILE',
    group: 'Client',
    summary: 'assertion that somebody else has signed, read anew for each request',
    variable: 'CCGRANT_CLIENT_ASSERTION_FILE',
    inProfile: true,
    isPath: true,
    readsStandardInput: true,
  },
  {
    name: 'client-assertion-from',
    value: 'SOURCE',
    group: 'Client',
    summary: 'who is asked for an assertion of the job',
    choices: ['github-actions'],
    inProfile: true,
  },
  {
    name: 'client-assertion-type',
    value: 'TYPE',
    group: 'Client',
    summary: 'jwt-bearer, jwt-spiffe or a URN; by default jwt-bearer',
    inProfile: true,
  },
  {
    name: 'client-attestation-file',
    value: 'FILE',
    group: 'Client',
    summary: 'attestation of --private-key by somebody the server trusts, read anew for each request',
    variable: 'CCGRANT_CLIENT_ATTESTATION_FILE',
    inProfile: true,
    isPath: true,
    readsStandardInput: true,
  },
];

/** Key of a profile that is no option: a command that prints an assertion. */
export const assertionCommandKey = 'client_assertion_command';
