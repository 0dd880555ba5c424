import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

// Without node's crypto module. Both are in one file, as a cached token may need the second at once, and each
// file that is loaded costs.

/** The SHA-256 digest of a text in hexadecimal digits. */
export function sha256Hex(value: string): string {
  return bytesToHex(sha256(utf8ToBytes(value)));
}

/** HMAC-SHA-256 in hexadecimal digits: tells two secrets apart, and tells nobody without the key anything else. */
export function keyedHash(key: Uint8Array, value: string): string {
  return bytesToHex(hmac(sha256, key, utf8ToBytes(value)));
}
