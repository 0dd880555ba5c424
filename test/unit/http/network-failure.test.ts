import { describe, expect, it } from 'vitest';
import { CcgrantError, NetworkError } from '../../../src/errors.ts';
import { explainFailure } from '../../../src/http/network-failure.ts';

const url = new URL('https://as.example:8443/token?secret=S3cr3t');
const proxy = new URL('http://user:S3cr3t@proxy.example:3128');

/** An error as Node makes it: the words quote what they should not. */
function nodeError(code: string | undefined, message = 'S3cr3t'): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}

function explain(error: unknown, through?: URL, target = url) {
  const failure = explainFailure(error, target, through);
  if (!(failure instanceof CcgrantError)) throw failure;
  return { code: failure.code, message: failure.message, ...failure.facts };
}

describe('explainFailure', () => {
  it.each<[string, string, string]>([
    ['ENOTFOUND', 'dns_failed', 'the host name as.example cannot be resolved'],
    ['EAI_AGAIN', 'dns_failed', 'the host name as.example cannot be resolved'],
    ['EAI_NODATA', 'dns_failed', 'as.example'],
    ['EAI_FAIL', 'dns_failed', 'as.example'],
    ['ECONNREFUSED', 'connection_failed', 'no connection to as.example:8443 (ECONNREFUSED)'],
    ['EHOSTUNREACH', 'connection_failed', 'as.example:8443'],
    ['ENETUNREACH', 'connection_failed', 'as.example:8443'],
    ['EADDRNOTAVAIL', 'connection_failed', 'as.example:8443'],
    ['EACCES', 'connection_failed', 'as.example:8443'],
    ['ETIMEDOUT', 'timeout', 'as.example:8443'],
    ['UND_ERR_CONNECT_TIMEOUT', 'timeout', 'as.example:8443'],
    ['ECONNRESET', 'connection_lost', 'as.example:8443'],
    ['EPIPE', 'connection_lost', 'as.example:8443'],
    ['UND_ERR_SOCKET', 'connection_lost', 'as.example:8443'],
    ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'connection_lost', 'as.example:8443'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls_failed', 'not signed by a known authority'],
    ['UNABLE_TO_GET_ISSUER_CERT', 'tls_failed', 'not signed by a known authority'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'tls_failed', 'not signed by a known authority'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'tls_failed', 'not signed by a known authority'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls_failed', 'not signed by a known authority'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls_failed', 'is for another host'],
    ['HOSTNAME_MISMATCH', 'tls_failed', 'certificate'],
    ['CERT_HAS_EXPIRED', 'tls_failed', 'has expired'],
    ['CERT_NOT_YET_VALID', 'tls_failed', 'is not valid yet'],
    ['CERT_REVOKED', 'tls_failed', 'refused (CERT_REVOKED)'],
    ['CERT_SIGNATURE_FAILURE', 'tls_failed', 'refused'],
    ['INVALID_PURPOSE', 'tls_failed', 'INVALID_PURPOSE'],
    ['INVALID_CA', 'tls_failed', 'INVALID_CA'],
    ['PATH_LENGTH_EXCEEDED', 'tls_failed', 'PATH_LENGTH_EXCEEDED'],
    ['EPROTO', 'tls_failed', 'no TLS connection'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls_failed', 'no TLS connection'],
    ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'tls_failed', 'no TLS connection'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'tls_failed', 'no TLS connection'],
    ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'tls_failed', 'no TLS connection'],
    ['UND_ERR_HEADERS_OVERFLOW', 'response_too_large', 'headers'],
    ['HPE_INVALID_CONSTANT', 'invalid_response', 'does not answer in HTTP'],
    ['HPE_INVALID_HEADER_TOKEN', 'invalid_response', 'does not answer in HTTP'],
    ['SOMETHING_NEW', 'connection_lost', 'SOMETHING_NEW'],
  ])('%s is %s', (nodeCode, code, words) => {
    for (const error of [nodeError(nodeCode), new TypeError('fetch failed S3cr3t', { cause: nodeError(nodeCode) })]) {
      const failure = explain(error);
      expect(failure.code).toBe(code);
      expect(failure.message).toContain(words);
      expect(JSON.stringify(failure)).not.toContain('S3cr3t');
    }
  });

  it.each<[string, string]>([
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', '--cacert'],
    ['CERT_NOT_YET_VALID', 'clock'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'http://'],
    ['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'http://'],
    ['ECONNREFUSED', 'running'],
    ['EAI_AGAIN', 'network'],
    ['ENOTFOUND', 'spelling'],
    ['ETIMEDOUT', '--connect-timeout'],
  ])('%s has a hint: %s', (code, words) => {
    expect(explain(nodeError(code)).hint).toContain(words);
  });

  it('asks for https where plain http is not understood', () => {
    expect(explain(nodeError('HPE_INVALID_CONSTANT'), undefined, new URL('http://localhost:8443')).hint).toContain(
      'https',
    );
  });

  it('finds the code below several addresses that were tried', () => {
    const tried = [nodeError('ECONNREFUSED'), nodeError('EHOSTUNREACH')];
    expect(explain(new AggregateError(tried, 'S3cr3t')).code).toBe('connection_failed');
    expect(explain(new TypeError('x', { cause: new AggregateError(tried) })).code).toBe('connection_failed');
  });

  it.each<[string, unknown]>([
    ['an error without a code', nodeError(undefined)],
    ['a string', 'S3cr3t'],
    ['undefined', undefined],
    ['an error whose cause is a string', new Error('x', { cause: 'S3cr3t' })],
    ['an error whose code is a number', Object.assign(new Error('S3cr3t'), { code: 23 })],
  ])('is a lost connection for %s', (_, error) => {
    const failure = explain(error);
    expect(failure).toMatchObject({ code: 'connection_lost', message: 'the connection to as.example:8443 broke off' });
    expect(JSON.stringify(failure)).not.toContain('S3cr3t');
  });

  it('keeps an error of ours, and what it was caused by', () => {
    const own = new NetworkError('timeout', 'no answer');
    expect(explainFailure(own, url, undefined)).toBe(own);
    const cause = nodeError('ECONNREFUSED');
    const explained = explainFailure(cause, url, undefined);
    expect(explained).toBeInstanceOf(CcgrantError);
    expect((explained as CcgrantError).cause).toBe(cause);
  });

  it.each([new TypeError('x is not a function'), new RangeError('x'), new ReferenceError('x'), new URIError('x')])(
    'leaves a fault of the program what it is: %s',
    (bug) => {
      expect(explainFailure(bug, url, undefined)).toBe(bug);
    },
  );

  it('names --cacert, and where authorities were given says that theirs is not among them', () => {
    const hint = (hasAuthorities: boolean) => {
      const error = nodeError('SELF_SIGNED_CERT_IN_CHAIN');
      const failure = explainFailure(error, url, undefined, undefined, hasAuthorities);
      return failure instanceof CcgrantError ? failure.facts.hint : undefined;
    };
    expect(hint(false)).toBe('name the certificate of its authority with --cacert FILE');
    expect(hint(true)).toBe(
      'the file of --cacert or SSL_CERT_FILE does not hold its authority, or not the whole chain',
    );
  });

  it('asks whether the server wants https where it goes away from plain http without a word', () => {
    const plain = new URL('http://localhost:8443/token');
    const https = 'does the server want https on this port?';
    expect(explain(nodeError('UND_ERR_SOCKET'), undefined, plain).hint).toBe(https);
    expect(explain(nodeError('UND_ERR_SOCKET'), proxy, plain).hint).toBeUndefined();
    expect(explain(nodeError('UND_ERR_SOCKET')).hint).toBeUndefined();
    expect(explain(nodeError('ECONNRESET'), undefined, plain).hint).toBeUndefined();
  });

  it.each<[string, string]>([
    ['Proxy response (407) !== 200 when HTTP Tunneling', '407'],
    ['Proxy response (502) !== 200 when HTTP Tunneling', '502'],
    ['Proxy response (403) !== 200 when HTTP Tunneling', '403'],
  ])('is the refusal of a proxy: %s', (message, status) => {
    const failure = explain(new Error('x', { cause: nodeError('UND_ERR_ABORTED', message) }), proxy);
    expect(failure).toMatchObject({ code: 'proxy_failed', message: `the proxy proxy.example:3128 answered ${status}` });
    expect(JSON.stringify(failure)).not.toContain('S3cr3t');
  });

  it('names the proxy that cannot be reached, not the server behind it', () => {
    expect(explain(nodeError('ECONNREFUSED'), proxy).message).toContain('the proxy proxy.example:3128');
    expect(explain(nodeError('ENOTFOUND'), proxy).message).toContain('proxy.example');
  });
});
