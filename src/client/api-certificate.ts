import type { Context } from '../context.ts';
import { ConfigError, UsageError } from '../errors.ts';
import type { TlsIdentity } from '../http/types.ts';
import { boundThumbprint } from '../oauth/certificate-binding.ts';
import { text } from '../text.ts';
import type { ClientSettings, OAuthClient } from './oauth-client.ts';

/**
 * Makes sure, before anything is sent, that the API can be shown a certificate where that was asked for.
 * @throws ConfigError missing_setting; UsageError http_not_allowed
 */
export function requireApiCertificate(url: URL, { certificate }: ClientSettings): void {
  if (certificate === undefined) {
    throw new ConfigError('missing_setting', 'no certificate is given for --api-cert', {
      hint: 'give it where the credential is given: --cert FILE, CCGRANT_CERT or a profile',
    });
  }
  if (url.protocol === 'https:') return;
  throw new UsageError('http_not_allowed', `a certificate cannot be shown to ${url.host} over plain http`, {
    hint: 'call it by https://, or leave --api-cert out',
  });
}

/**
 * The certificate for a request to a protected resource: the client's where the token is bound to one
 * (RFC 8705 section 3), else none, as it says who the client is to whoever asks.
 * @param isAskedFor whether it is to be shown with any token
 * @throws what reading the certificate throws
 */
export async function apiCertificate(
  url: URL,
  accessToken: string,
  isAskedFor: boolean,
  { settings, credentials }: OAuthClient,
  { io }: Context,
): Promise<TlsIdentity | undefined> {
  const { certificate } = settings.client;
  const bound = boundThumbprint(accessToken);
  if (bound === undefined && !isAskedFor) {
    if (certificate !== undefined) {
      io.trace(
        text`* the certificate from ${certificate.origin} is not shown to ${url.host}: the token does not say that it is bound to it; --api-cert shows it all the same`,
      );
    }
    return undefined;
  }
  if (certificate === undefined) {
    io.warn(text`the token is bound to a certificate, and none is given: with --cert FILE it is shown to ${url.host}`);
    return undefined;
  }
  const identity = await credentials.certificate();
  if (bound !== undefined && bound !== identity?.thumbprint) {
    io.warn(text`the token is bound to another certificate than the one from ${certificate.origin}`);
  } else if (url.protocol === 'http:') {
    io.warn(
      text`the token is bound to a certificate, which cannot be shown over plain http: ${url.host} has to be called by https`,
    );
  } else {
    const reason = bound === undefined ? '--api-cert' : 'the token is bound to it';
    io.trace(text`* the certificate from ${certificate.origin} is shown to ${url.host}: ${reason}`);
  }
  return identity;
}

/** What a person can do about a refusal of a token that is bound to a certificate which the API has not seen. */
export async function certificateHint(
  accessToken: string,
  { settings, credentials }: OAuthClient,
): Promise<string | undefined> {
  const { certificate } = settings.client;
  const bound = boundThumbprint(accessToken);
  if (bound === undefined) return undefined;
  const way = 'give the one that it was asked for with by --cert FILE and --key FILE';
  if (certificate === undefined) return `the token is of use only with its certificate: ${way}`;
  const identity = await credentials.certificate();
  return identity?.thumbprint === bound ? undefined : `the certificate is not that of the token: ${way}`;
}
