/** A block of a PEM file, RFC 7468: what it says it is, and all of its text. */
export interface PemBlock {
  readonly label: string;
  readonly text: string;
}

/** The blocks of a PEM file, in their order; what stands between them is a comment. */
export function pemBlocks(content: string | Uint8Array): readonly PemBlock[] {
  const blocks = Buffer.from(content)
    .toString('latin1')
    // No block holds the beginning of another: else each would be looked for its end through all that follow.
    .matchAll(/-----BEGIN ([A-Z0-9 ]+)-----(?:(?!-----BEGIN )[\s\S])*?-----END \1-----/g);
  return [...blocks].map(([text, label = '']) => ({ label, text: `${text}\n` }));
}

/** The blocks that hold a private key, whatever its format. */
export function privateKeyBlocks(content: string | Uint8Array): readonly PemBlock[] {
  return pemBlocks(content).filter(({ label }) => label.endsWith('PRIVATE KEY'));
}

/** Whether it takes a password to read a private key: PKCS#8 says so in its label, the older formats in a header (RFC 1421). */
export function isEncrypted({ label, text }: PemBlock): boolean {
  return label === 'ENCRYPTED PRIVATE KEY' || /^Proc-Type: 4,ENCRYPTED/m.test(text);
}
