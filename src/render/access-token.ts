import type { AccessToken } from '../client/access-token.ts';
import type { Environment } from '../context.ts';
import { expirySkew } from '../expiry.ts';
import { timestamp } from '../timestamp.ts';
import { safeJson } from './json.ts';
import { renderPlainToken } from './plain-token.ts';

/** Formats of `ccgrant token`, the ordinary one first. */
export const tokenFormats = ['token', 'header', 'json', 'env', 'exec-credential'] as const;
export type TokenFormat = (typeof tokenFormats)[number];

/**
 * An access token for a script, without a final newline.
 * @param now epoch seconds
 */
export function renderAccessToken(token: AccessToken, format: TokenFormat, now: number, env: Environment): string {
  const { expiresOn } = token;
  switch (format) {
    case 'token':
    case 'header':
    case 'env':
      return renderPlainToken(token, format);
    case 'json':
      return safeJson(
        {
          ...token.response,
          ...(expiresOn === undefined
            ? {}
            : {
                expires_in: Math.max(0, Math.floor(expiresOn - now)),
                expires_at: timestamp(expiresOn),
                expires_on: expiresOn,
              }),
          from_cache: token.isFromCache,
        },
        2,
      ).value;
    case 'exec-credential':
      return safeJson(toExecCredential(token, env)).value;
  }
}

const execCredentialVersion = 'client.authentication.k8s.io/v1';

/** The answer of a credential plugin to kubectl, in the API version that it asked for. */
function toExecCredential({ accessToken, expiresOn, issuedOn }: AccessToken, env: Environment): object {
  // kubectl keeps the token to this instant: it must end before the token does.
  const skew = expiresOn === undefined ? 0 : Math.floor(expirySkew(issuedOn, expiresOn));
  return {
    apiVersion: askedVersion(env.KUBERNETES_EXEC_INFO) ?? execCredentialVersion,
    kind: 'ExecCredential',
    status: {
      token: accessToken,
      ...(expiresOn === undefined ? {} : { expirationTimestamp: timestamp(expiresOn - skew) }),
    },
  };
}

function askedVersion(info: string | undefined): string | undefined {
  try {
    const { apiVersion } = JSON.parse(info ?? '{}');
    return typeof apiVersion === 'string' ? apiVersion : undefined;
  } catch {
    return undefined;
  }
}
