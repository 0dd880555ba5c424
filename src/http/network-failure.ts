import { CcgrantError, NetworkError, ProtocolError } from '../errors.ts';
import { explainAlert, silentRefusal } from './tls-alert.ts';
import type { TlsIdentity } from './types.ts';

const unknownAuthority = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
]);

const refusedCertificate = new Set(['HOSTNAME_MISMATCH', 'INVALID_CA', 'INVALID_PURPOSE', 'PATH_LENGTH_EXCEEDED']);

/**
 * Says in ccgrant's words why a request did not get an answer. The words of the library are not
 * shown: they can quote header values.
 * @param certificate the client certificate of the request, and whether the server wanted one
 * @param hasAuthorities whether somebody said which authorities are trusted
 * @returns the error itself where it is a fault of the program
 */
export function explainFailure(
  error: unknown,
  url: URL,
  proxy: URL | undefined,
  certificate: { readonly identity: TlsIdentity | undefined; readonly isAskedFor: boolean } = noCertificate,
  hasAuthorities = false,
): unknown {
  if (error instanceof CcgrantError) return error;
  const codes = errorCodes(error);
  if (isBug(error)) return error;
  const host = url.host;
  const facts = { cause: error };
  const has = (...wanted: string[]): boolean => wanted.some((code) => codes.has(code));

  const rejection = proxyRejection(error);
  if (proxy !== undefined && rejection !== undefined) {
    return new NetworkError('proxy_failed', `the proxy ${proxy.host} answered ${rejection}`, {
      ...facts,
      hint: rejection === '407' ? 'put the user and password of the proxy into its URL' : undefined,
    });
  }
  if (has('ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_FAIL')) {
    const name = proxy?.hostname ?? url.hostname;
    return new NetworkError('dns_failed', `the host name ${name} cannot be resolved`, {
      ...facts,
      hint: has('EAI_AGAIN') ? 'is the network up?' : 'check the spelling of the host name',
    });
  }
  if (has('UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'ETIMEDOUT')) {
    return new NetworkError('timeout', `no connection to ${host} in time`, {
      ...facts,
      hint: 'is a proxy or firewall in the way? --connect-timeout gives it more time',
    });
  }
  const alert = explainAlert(codes, host, certificate.identity);
  if (alert !== undefined) return new NetworkError('tls_failed', alert.message, { ...facts, hint: alert.hint });
  const untrusted = [...codes].find((code) => unknownAuthority.has(code));
  if (untrusted !== undefined) {
    return new NetworkError(
      'tls_failed',
      `the certificate of ${host} is not signed by a known authority (${untrusted})`,
      {
        ...facts,
        hint: hasAuthorities
          ? 'the file of --cacert or SSL_CERT_FILE does not hold its authority, or not the whole chain'
          : 'name the certificate of its authority with --cacert FILE',
      },
    );
  }
  if (has('ERR_TLS_CERT_ALTNAME_INVALID')) {
    return new NetworkError('tls_failed', `the certificate of ${host} is for another host`, facts);
  }
  if (has('CERT_HAS_EXPIRED')) return new NetworkError('tls_failed', `the certificate of ${host} has expired`, facts);
  if (has('CERT_NOT_YET_VALID')) {
    return new NetworkError('tls_failed', `the certificate of ${host} is not valid yet`, {
      ...facts,
      hint: 'is the clock of this machine right?',
    });
  }
  if (has('EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER') || [...codes].some((code) => code.startsWith('ERR_SSL_'))) {
    return new NetworkError('tls_failed', `no TLS connection to ${host}${codeOf(codes)}`, {
      ...facts,
      hint: has('ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG')
        ? 'the server speaks plain http on this port: try http://'
        : undefined,
    });
  }
  if ([...codes].some((code) => /^(CERT_|ERR_TLS_)/.test(code) || refusedCertificate.has(code))) {
    return new NetworkError('tls_failed', `the certificate of ${host} was refused${codeOf(codes)}`, facts);
  }
  if (has('ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'EACCES', 'EPERM')) {
    const target = proxy === undefined ? host : `the proxy ${proxy.host}`;
    return new NetworkError('connection_failed', `no connection to ${target}${codeOf(codes)}`, {
      ...facts,
      hint: has('ECONNREFUSED') ? 'is the server running, and is the port right?' : undefined,
    });
  }
  if (has('UND_ERR_HEADERS_OVERFLOW')) {
    return new ProtocolError('response_too_large', `the response headers of ${host} are too large`, facts);
  }
  if (has('HTTPParserError') || [...codes].some((code) => code.startsWith('HPE_'))) {
    return new ProtocolError('invalid_response', `${host} does not answer in HTTP${codeOf(codes)}`, {
      ...facts,
      hint: url.protocol === 'http:' ? 'does the server want https on this port?' : undefined,
    });
  }
  return new NetworkError('connection_lost', `the connection to ${host} broke off${codeOf(codes)}`, {
    ...facts,
    hint: certificate.isAskedFor ? silentRefusal(certificate.identity) : plainHttpHint(url, proxy, codes),
  });
}

/** A server that wants TLS goes away without a word from who does not begin with it. */
function plainHttpHint({ protocol }: URL, proxy: URL | undefined, codes: ReadonlySet<string>): string | undefined {
  const isPlain = protocol === 'http:' && proxy === undefined;
  return isPlain && codes.has('UND_ERR_SOCKET') ? 'does the server want https on this port?' : undefined;
}

const noCertificate = { identity: undefined, isAskedFor: false };

/** Errors that the language raises, and no code of the system explains. */
function isBug(error: unknown): boolean {
  const isOfLanguage = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
  return (isOfLanguage || error instanceof URIError) && errorCodes(error).size === 0;
}

function codeOf(codes: ReadonlySet<string>): string {
  const [code] = codes;
  return code === undefined ? '' : ` (${code})`;
}

/** The status by which a proxy refused a tunnel. undici says it only in prose. */
function proxyRejection(error: unknown): string | undefined {
  for (const one of errorChain(error)) {
    const status = /^Proxy response \((\d{3})\)|\((407)\)$/.exec(one.message);
    if (status !== null) return status[1] ?? status[2];
  }
  return undefined;
}

function errorCodes(error: unknown): ReadonlySet<string> {
  return new Set(
    errorChain(error).flatMap((one) => {
      // undici's parser has no code for what is no HTTP at all.
      const { code = one.name === 'HTTPParserError' ? one.name : undefined } = one as NodeJS.ErrnoException;
      return typeof code === 'string' ? [code] : [];
    }),
  );
}

function errorChain(error: unknown): Error[] {
  if (!(error instanceof Error)) return [];
  const inner = error instanceof AggregateError ? error.errors : [];
  return [error, ...[error.cause, ...inner].flatMap(errorChain)];
}
