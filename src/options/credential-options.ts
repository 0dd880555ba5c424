import type { OptionRow } from './option.ts';

/** What the client proves who it is with, and where that is to be had. */
export const credentialOptions: readonly OptionRow[] = [
  {
    name: 'client-secret-file',
    value: 'FILE',
    group: 'Client',
    summary: 'file that holds the client secret, - for standard input',
    variable: 'CCGRANT_CLIENT_SECRET_FILE',
    inProfile: true,
    isPath: true,
    readsStandardInput: true,
  },
  {
    name: 'cert',
    value: 'FILE',
    group: 'Client',
    summary: 'client certificate: PEM with its chain, DER, or PKCS#12 with its key',
    variable: 'CCGRANT_CERT',
    inProfile: true,
    isPath: true,
  },
  {
    name: 'key',
    value: 'FILE',
    group: 'Client',
    summary: "private key of --cert; by default in the certificate's file",
    variable: 'CCGRANT_KEY',
    inProfile: true,
    isPath: true,
  },
  {
    name: 'pass-file',
    value: 'FILE',
    group: 'Client',
    summary: 'file with the password of a private key or PKCS#12 file',
    inProfile: true,
    isPath: true,
    readsStandardInput: true,
  },
];

/** Key of a profile that is no option: a command that prints the client secret. */
export const secretCommandKey = 'client_secret_command';
