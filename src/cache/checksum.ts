/**
 * A checksum in sixteen hexadecimal digits. It tells damage and not tampering: a change within four bytes
 * in a row always changes it, any other one but for one in 2^64. SHA-256, in JavaScript or by node's crypto
 * module, would cost more than all the rest of a cached token.
 */
export function checksum(bytes: Uint8Array): string {
  const words = new Int32Array((bytes.length + 3) >> 2);
  new Uint8Array(words.buffer).set(bytes);
  let low = bytes.length;
  let high = ~low;
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] as number;
    // Each step is reversible, so that two contents which differ in one word never meet again.
    low = Math.imul(low ^ word, 0x01000193);
    high = Math.imul(high ^ word, 0x85ebca6b);
    low ^= low >>> 15;
    high ^= high >>> 13;
  }
  return hexadecimal(low) + hexadecimal(high);
}

function hexadecimal(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
