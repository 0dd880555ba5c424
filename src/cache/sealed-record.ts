import { sha256Hex } from '../sha256.ts';

/** Raised when the meaning of a stored record changes. It is part of every file name. */
export const formatVersion = 1;

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
  return `${sha256Hex(json)}\n${json}\n`;
}

/** The record in a file, or undefined when a single byte of it is not as it was written. */
export function openRecord(content: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  const [, checksum, json] = /^([0-9a-f]{64})\n(.*)\n$/s.exec(decodeExactly(content) ?? '') ?? [];
  if (json === undefined || checksum !== sha256Hex(json)) return undefined;
  return JSON.parse(json);
}

/** The text that these bytes and no others encode. */
function decodeExactly(content: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    return undefined;
  }
}
