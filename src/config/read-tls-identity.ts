import type { X509Certificate } from 'node:crypto';
import type { Context } from '../context.ts';
import { ConfigError } from '../errors.ts';
import type { TlsIdentity } from '../http/types.ts';
import { Secret } from '../secret.ts';
import { text } from '../text.ts';
import { isPkcs12, parseCertificates, pemBlocks, thumbprintOf } from './certificate.ts';
import { readFileOnce, readSecret } from './read-secret.ts';
import type { TlsFiles } from './tls-files.ts';
import { parseTlsKey } from './tls-key.ts';

/**
 * Reads a client certificate and its private key, PEM or PKCS#12, and makes sure that a server can take them.
 * @throws ConfigError file_unusable, secret_unusable
 */
export async function readTlsIdentity(files: TlsFiles, ctx: Context): Promise<TlsIdentity> {
  const { certificate: path, origin } = files;
  const content = readFileOnce({ path, origin, noun: 'certificate', holdsSecret: holdsKey }, ctx);
  const place = `${path} (${origin})`;
  const password = files.password && (await readSecret(files.password.source, files.password.origin, ctx)).reveal();
  const identity = isPkcs12(content)
    ? await fromPkcs12(content, place, password, files, ctx)
    : await fromPem(content, place, password, files, ctx);
  ctx.io.trace(text`* certificate from ${origin}: ${identity.subject}, x5t#S256 ${identity.thumbprint}`);
  return identity;
}

async function fromPkcs12(
  pfx: Buffer,
  place: string,
  password: string | undefined,
  { privateKey, origin }: TlsFiles,
  ctx: Context,
): Promise<TlsIdentity> {
  if (privateKey !== undefined) {
    throw new ConfigError(
      'secret_unusable',
      `${place} is PKCS#12, which has its key in it, and not in ${privateKey.origin}`,
      {
        hint: `leave ${privateKey.origin} out`,
      },
    );
  }
  const { openPkcs12 } = await import('./pkcs12.ts');
  const opened = openPkcs12(pfx, place, password);
  requireUsable(opened.certificate, place, ctx.now());
  const passphrase = opened.password === undefined ? undefined : new Secret(opened.password);
  return { ...describe(opened.certificate), origin, material: { kind: 'PKCS#12', pfx, passphrase } };
}

async function fromPem(
  content: Buffer,
  place: string,
  password: string | undefined,
  { certificate: path, origin, privateKey }: TlsFiles,
  ctx: Context,
): Promise<TlsIdentity> {
  const certificates = await parseCertificates(content, place);
  const [certificate, ...chain] = certificates;
  if (certificate === undefined) throw new ConfigError('file_unusable', `there is no certificate in ${place}`);
  const isElsewhere = privateKey !== undefined && privateKey.path !== path;
  const keyContent = isElsewhere
    ? readFileOnce({ ...privateKey, noun: 'private key', holdsSecret: () => true }, ctx)
    : content;
  const keyPlace = isElsewhere ? `${privateKey.path} (${privateKey.origin})` : place;
  for (const block of pemBlocks(keyContent)) {
    if (block.label.endsWith('PRIVATE KEY')) ctx.io.conceal(block.text.trim(), '[secret]');
  }
  const key = await parseTlsKey(keyContent, keyPlace, password);
  if (!certificate.checkPrivateKey(key)) {
    const owner = chain.some((one) => one.checkPrivateKey(key));
    throw new ConfigError(
      'secret_unusable',
      `the private key in ${keyPlace} is not the key of the certificate in ${place}`,
      {
        hint: owner
          ? 'it is the key of another certificate in the same file: that one must come first, its chain after it'
          : 'was the certificate renewed with a new key? the two belong together',
      },
    );
  }
  requireUsable(certificate, place, ctx.now());
  return {
    ...describe(certificate),
    origin,
    material: {
      kind: 'PEM',
      certificates: certificates.map(String).join(''),
      privateKey: new Secret(key.export({ type: 'pkcs8', format: 'pem' }).toString()),
    },
  };
}

function holdsKey(content: Uint8Array): boolean {
  return isPkcs12(content) || pemBlocks(content).some(({ label }) => label.endsWith('PRIVATE KEY'));
}

function describe(certificate: X509Certificate): Pick<TlsIdentity, 'thumbprint' | 'subject' | 'uris'> {
  return {
    thumbprint: thumbprintOf(certificate),
    // The most specific name first, as RFC 4514 and most servers write it; node gives the order of the certificate.
    subject: certificate.subject?.split('\n').reverse().join(', ') ?? '',
    // Node escapes a comma within a name.
    uris:
      certificate.subjectAltName?.split(', ').flatMap((name) => (name.startsWith('URI:') ? name.slice(4) : [])) ?? [],
  };
}

/**
 * What every server refuses, and few say why.
 * @param now milliseconds since the epoch
 */
function requireUsable(certificate: X509Certificate, place: string, now: number): void {
  const fail = (reason: string, hint: string): ConfigError =>
    new ConfigError('file_unusable', `the certificate in ${place} ${reason}`, { hint });
  const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  if (now > to)
    throw fail(`expired ${day(to)}`, 'its authority has to make a new one; or is the clock of this machine wrong?');
  if (now < from) throw fail(`is not valid before ${day(from)}`, 'is the clock of this machine right?');
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = certificate.publicKey;
  const bits = details?.modulusLength ?? Number.POSITIVE_INFINITY;
  if (type?.startsWith('rsa') && bits < 2048) {
    throw fail(
      `has an RSA key of ${bits} bits, fewer than the 2048 that are safe`,
      'make a new key: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256',
    );
  }
}

function day(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('.000Z', 'Z');
}
