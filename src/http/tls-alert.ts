import type { TlsIdentity } from './types.ts';

/** What a server has to say against a client certificate, and what a person can do about it. */
interface AlertMeaning {
  /** What it says, of the certificate as it is called. */
  readonly reason: (certificate: string) => string;
  readonly hint: string;
}

const unknown: AlertMeaning = {
  reason: (certificate) => `does not accept ${certificate}`,
  hint: 'does the server trust the authority that signed it? a file with the whole chain, the certificate first, may be what it lacks',
};

/** The alerts that are about the certificate of the client, RFC 8446 section 6.2, by OpenSSL's names. */
const meanings: Readonly<Record<string, AlertMeaning>> = {
  UNKNOWN_CA: {
    reason: (certificate) => `does not know the authority of ${certificate}`,
    hint: unknown.hint,
  },
  CERTIFICATE_UNKNOWN: unknown,
  BAD_CERTIFICATE: unknown,
  ACCESS_DENIED: {
    reason: (certificate) => `does not let ${certificate} in`,
    hint: 'is it the one that is registered there?',
  },
  UNSUPPORTED_CERTIFICATE: {
    reason: (certificate) => `does not take ${certificate}, because of its kind`,
    hint: 'is it one for clients (extended key usage clientAuth)?',
  },
  CERTIFICATE_EXPIRED: {
    reason: (certificate) => `says that ${certificate} has expired`,
    hint: 'is the clock of the server right?',
  },
  CERTIFICATE_REVOKED: {
    reason: (certificate) => `says that ${certificate} has been revoked`,
    hint: 'its authority has to make a new one',
  },
};

/**
 * Says why a server broke off the handshake over the certificate of the client, or for want of one. In TLS 1.3
 * it does so after the handshake, in place of an answer.
 * @param codes of the error, such as ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED
 * @param identity the certificate that was offered
 */
export function explainAlert(
  codes: ReadonlySet<string>,
  host: string,
  identity: TlsIdentity | undefined,
): { readonly message: string; readonly hint: string } | undefined {
  const alert = [...codes].flatMap((code) => /_ALERT_([A-Z_]+)$/.exec(code)?.[1] ?? []).at(0);
  if (alert === undefined) return undefined;
  const meaning = meanings[alert];
  if (identity === undefined) {
    const isForWant = alert === 'CERTIFICATE_REQUIRED' || alert === 'HANDSHAKE_FAILURE' || meaning !== undefined;
    if (!isForWant) return undefined;
    const certainty = alert === 'CERTIFICATE_REQUIRED' ? 'wants' : 'may want';
    return {
      message: `no TLS connection to ${host}: it ${certainty} a client certificate`,
      hint: 'give one with --cert FILE and --key FILE',
    };
  }
  if (alert === 'CERTIFICATE_REQUIRED' || alert === 'HANDSHAKE_FAILURE') {
    return {
      message: `no TLS connection to ${host}: it found no certificate that it can use`,
      hint: `the one from ${identity.origin} was offered: is its key of a kind that the server takes?`,
    };
  }
  if (meaning === undefined) return undefined;
  const certificate = `the certificate from ${identity.origin} (${identity.subject})`;
  return { message: `${host} ${meaning.reason(certificate)}`, hint: meaning.hint };
}

/** What a person can look at when a server asked for a client certificate, and then went away without a word. */
export function silentRefusal(identity: TlsIdentity | undefined): string {
  return identity === undefined
    ? 'the server asked for a client certificate: give one with --cert FILE and --key FILE'
    : `the server asked for a client certificate: does it accept the one from ${identity.origin} (${identity.subject})?`;
}
