/** Reads TensorBoard's event files, independently of the code that writes them. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface ReadEvent {
  readonly seconds: number;
  readonly step: number;
  readonly scalars: Readonly<Record<string, number>>;
}

type Fields = Map<number, (Buffer | bigint)[]>;

/** Fields of a protobuf message: numbers for varints, bytes for all else. */
function fieldsOf(message: Buffer): Fields {
  const fields: Fields = new Map();
  let at = 0;
  const varint = (): bigint => {
    let [value, shift] = [0n, 0n];
    for (;;) {
      const byte = BigInt(message[at++]);
      value |= (byte & 127n) << shift;
      shift += 7n;
      if (byte < 128n) return value;
    }
  };
  while (at < message.length) {
    const key = Number(varint());
    const [field, kind] = [key >> 3, key & 7];
    let value: Buffer | bigint;
    if (kind === 0) value = varint();
    else {
      const size = kind === 1 ? 8 : kind === 5 ? 4 : Number(varint());
      value = message.subarray(at, at + size);
      at += size;
    }
    fields.set(field, [...(fields.get(field) ?? []), value]);
  }
  return fields;
}

const bytesIn = (fields: Fields, field: number): Buffer[] =>
  (fields.get(field) ?? []).filter((value) => Buffer.isBuffer(value)) as Buffer[];

/** Events of a file behind its version record. */
export function readEvents(file: Buffer): ReadEvent[] {
  const events: ReadEvent[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    const fields = fieldsOf(file.subarray(at + 12, at + 12 + length));
    at += 16 + length;
    const [version] = bytesIn(fields, 3);
    if (version) continue;
    const scalars = bytesIn(fieldsOf(bytesIn(fields, 5)[0]), 1).map((value) => {
      const entry = fieldsOf(value);
      return [`${bytesIn(entry, 1)[0]}`, bytesIn(entry, 2)[0].readFloatLE()] as const;
    });
    const step = Number(fields.get(2)?.[0]);
    const seconds = bytesIn(fields, 1)[0].readDoubleLE();
    events.push({ seconds, step, scalars: Object.fromEntries(scalars) });
  }
  return events;
}

/** Of the only event file in a folder. */
export function readEventFolder(dir: string): ReadEvent[] {
  const names = readdirSync(dir).filter((name) => name.includes("tfevents"));
  if (names.length !== 1) throw new Error(`${dir} has ${names.length} event files`);
  return readEvents(readFileSync(join(dir, names[0])));
}
