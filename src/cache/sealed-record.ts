import { checksum } from './checksum.ts';

/** Raised when the meaning of a stored record changes. It is part of every file name. */
export const formatVersion = 1;

/** Length of `checksum LF` in front of the record. */
const headLength = 17;

/**
 * A record as a file: its checksum, then its JSON, so that a damaged one is never taken for good.
 * Undefined when the record is nested deeper than the stack.
 */
export function sealRecord(record: object): string | undefined {
  let json: string;
  try {
    json = JSON.stringify(record);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  return `${checksum(Buffer.from(`${json}\n`))}\n${json}\n`;
}

/** The record in a file, or undefined when a single byte of it is not as it was written. */
export function openRecord(content: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const body = bytes.subarray(headLength);
  if (bytes.toString('latin1', 0, headLength) !== `${checksum(body)}\n`) return undefined;
  try {
    const record: unknown = JSON.parse(body.toString());
    return typeof record === 'object' && record !== null ? (record as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}
