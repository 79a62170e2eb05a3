import { asGoList } from './go-text.ts';
import { RuntimeProblem, type Value } from './value.ts';

// Go's strings are bytes in UTF-8: indexes, slices and indexOf count them.

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function encodeText(text: string): Uint8Array {
  return encoder.encode(text);
}

export function lengthInBytes(text: string): number {
  return isAscii(text) ? text.length : encodeText(text).length;
}

function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}

/** The text of bytes. Unlike Go, a condition cannot hold text that is not UTF-8. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new RuntimeProblem('the bytes are not text in UTF-8');
  }
}

/** Part of a text, by bytes; unlike Go, it refuses to cut a character in two. */
export function sliceText(text: string, from: number, to: number): string {
  return isAscii(text) ? text.slice(from, to) : decodeText(encodeText(text).slice(from, to));
}

export function byteOf(text: string, position: number): bigint {
  return BigInt(isAscii(text) ? text.charCodeAt(position) : (encodeText(text)[position] ?? 0));
}

/** Go's `[]uint8`. */
export function listOfBytes(bytes: Uint8Array): readonly Value[] {
  return asGoList('[]uint8', Array.from(bytes, BigInt));
}
