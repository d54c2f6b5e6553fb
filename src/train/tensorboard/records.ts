/** TFRecord framing: length u64, its masked CRC-32C, data, their masked CRC-32C; little-endian. */

import { maskedCrc32c } from "./crc32c.ts";

const HEAD = 12;
const TAIL = 4;

/** A record around data. */
export function frameRecord(data: Uint8Array): Uint8Array {
  const record = Buffer.alloc(HEAD + data.length + TAIL);
  record.writeBigUInt64LE(BigInt(data.length), 0);
  record.writeUInt32LE(maskedCrc32c(record.subarray(0, 8)), 8);
  record.set(data, HEAD);
  record.writeUInt32LE(maskedCrc32c(data), HEAD + data.length);
  return record;
}

/** The data of the whole records at the beginning of a file; ends before the first broken one. */
export function* readRecords(file: Uint8Array): Generator<Uint8Array> {
  const view = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  for (let at = 0; at + HEAD <= view.length; ) {
    if (view.readUInt32LE(at + 8) !== maskedCrc32c(view.subarray(at, at + 8))) return;
    const end = at + HEAD + Number(view.readBigUInt64LE(at));
    if (end + TAIL > view.length) return;
    const data = view.subarray(at + HEAD, end);
    if (view.readUInt32LE(end) !== maskedCrc32c(data)) return;
    yield data;
    at = end + TAIL;
  }
}
