/** C strings for names that are passed on every run, encoded once. */

import type { OrtApi } from "./api.ts";
import type { Pointer } from "./ffi.ts";

export interface CNames {
  readonly addresses: ReadonlyMap<string, Pointer>;
  /** Memory the addresses point into: keep it referenced. */
  readonly memory: Uint8Array;
}

export function encodeNames(api: OrtApi, names: readonly string[]): CNames {
  const encoder = new TextEncoder();
  const encoded = names.map((name) => encoder.encode(`${name}\0`));
  const size = encoded.reduce((sum, bytes) => sum + bytes.length, 0);
  const memory = new Uint8Array(new ArrayBuffer(Math.max(size, 128)));
  const base = api.addressOf(memory);
  const addresses = new Map<string, Pointer>();
  let at = 0;
  names.forEach((name, i) => {
    memory.set(encoded[i], at);
    addresses.set(name, base + BigInt(at));
    at += encoded[i].length;
  });
  return { addresses, memory };
}

/** Array of n pointers, off V8's moving heap whatever n is. */
export function pointerArray(n: number): BigUint64Array {
  return new BigUint64Array(new ArrayBuffer(Math.max(n * 8, 128)), 0, n);
}
