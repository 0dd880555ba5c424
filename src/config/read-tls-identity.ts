import type { X509Certificate } from 'node:crypto';
import type { Context } from '../context.ts';
import { ConfigError } from '../errors.ts';
import type { TlsIdentity } from '../http/types.ts';
import { privateKeyBlocks } from '../pem.ts';
import { parsePrivateKey } from '../private-key.ts';
import { Secret } from '../secret.ts';
import { text } from '../text.ts';
import { isPkcs12, parseCertificates, thumbprintOf } from './certificate.ts';
import { ownCertificate, requireUsable } from './own-certificate.ts';
import { readCertificate } from './read-certificate.ts';
import { readFileOnce } from './read-file-once.ts';
import { readSecret } from './read-secret.ts';
import type { TlsFiles } from './tls-files.ts';

/**
 * Reads a client certificate and its private key, PEM or PKCS#12, and makes sure that a server can take them.
 * @throws ConfigError file_unusable, secret_unusable
 */
export async function readTlsIdentity(files: TlsFiles, ctx: Context): Promise<TlsIdentity> {
  const { certificate: path, origin } = files;
  const content = await readCertificate({ path, origin }, ctx);
  const place = `${path} (${origin})`;
  const password =
    files.password && (await readSecret(files.password.source, files.password.origin, ctx, 'password')).reveal();
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
  const isElsewhere = privateKey !== undefined && privateKey.path !== path;
  const keyContent = isElsewhere
    ? await readFileOnce({ ...privateKey, noun: 'private key', holdsSecret: () => true }, ctx)
    : content;
  const keyPlace = isElsewhere ? `${privateKey.path} (${privateKey.origin})` : place;
  for (const { text: pem } of privateKeyBlocks(keyContent)) ctx.io.conceal(pem.trim(), '[secret]');
  const key = await parsePrivateKey(
    keyContent,
    { name: keyPlace, password },
    { certificate: certificateOnly, other: isElsewhere ? keyForms : certificateOnly },
  );
  const certificate = ownCertificate(certificates, place, { key, place: keyPlace }, ctx.now());
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

const certificateOnly =
  'it holds a certificate only: name the file of its private key with --key FILE, or say --x5t for its thumbprint in assertions';
const keyForms =
  'it takes a PEM file with -----BEGIN PRIVATE KEY-----; of DER, openssl pkey -inform DER -in OLD -out NEW makes one';

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
