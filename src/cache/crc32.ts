const table = Int32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/**
 * The checksum of zlib and PNG in eight hexadecimal digits. It tells damage, of which every run of 32 bits
 * changes it, and costs a cached token nothing, which SHA-256 in JavaScript or node's crypto module would.
 */
export function crc32(bytes: Uint8Array): string {
  let sum = -1;
  for (const byte of bytes) sum = (sum >>> 8) ^ (table[(sum ^ byte) & 0xff] ?? 0);
  return (~sum >>> 0).toString(16).padStart(8, '0');
}
