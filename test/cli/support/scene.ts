import type { Answer, Cli, CliResult } from '../../support/run-in-process.ts';

export const issuer = 'https://as.example.com';
export const tokenEndpoint = `${issuer}/token`;
export const introspectionEndpoint = `${issuer}/introspect`;
export const revocationEndpoint = `${issuer}/revoke`;
export const jwksUri = `${issuer}/jwks`;
export const metadataUrl = `${issuer}/.well-known/openid-configuration`;

/** A secret with every character that some encoding changes. */
export const secret = 'S3cr3t/+=%"';

/** Who asks. */
export const client = { CCGRANT_CLIENT_ID: 'ci-bot', CCGRANT_CLIENT_SECRET: secret };

/** The client and every endpoint, so that nothing has to be discovered. */
export const direct = {
  ...client,
  CCGRANT_TOKEN_ENDPOINT: tokenEndpoint,
  CCGRANT_INTROSPECTION_ENDPOINT: introspectionEndpoint,
  CCGRANT_REVOCATION_ENDPOINT: revocationEndpoint,
};

/** The client and its issuer: the endpoints come from the metadata. */
export const byIssuer = { ...client, CCGRANT_ISSUER: issuer };

/** How the client authenticates unless something else is said. */
export const basicCredentials = `Basic ${btoa('ci-bot:S3cr3t%2F%2B%3D%25%22')}`;

export const metadata = {
  issuer,
  token_endpoint: tokenEndpoint,
  introspection_endpoint: introspectionEndpoint,
  revocation_endpoint: revocationEndpoint,
  jwks_uri: jwksUri,
};

export function answerMetadata(cli: Cli, members: object = {}): void {
  cli.answer('GET', metadataUrl, { json: { ...metadata, ...members } });
}

/** Lets the authorization server issue an access token that is good for five minutes. */
export function answerToken(cli: Cli, accessToken: string, members: object = {}, answer: Answer = {}): void {
  const response = { access_token: accessToken, token_type: 'Bearer', expires_in: 300, ...members };
  cli.answer('POST', tokenEndpoint, { json: response, ...answer });
}

/** A command that did what it should and had nothing to say about it. */
export function success(stdout: string): CliResult {
  return { exitCode: 0, stdout, stderr: '' };
}

/** A command that failed before it had an answer. */
export function failure(exitCode: number, stderr: string): CliResult {
  return { exitCode, stdout: '', stderr };
}

/** The report of a failure for a person, as it stands on standard error. */
export function report(code: string, message: string, facts: ReportedFacts = {}): string {
  const lines = (['server', 'sent', 'hint'] as const).flatMap((label) =>
    facts[label] === undefined ? [] : [`  ${`${label}:`.padEnd(8)}${facts[label]}\n`],
  );
  return `error[${code}]: ${message}\n${lines.join('')}`;
}

export interface ReportedFacts {
  readonly server?: string;
  readonly sent?: string;
  readonly hint?: string;
}
