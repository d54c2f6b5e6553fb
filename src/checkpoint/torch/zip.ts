/**
 * The directory of a zip archive as torch.save writes it: stored entries, never compressed.
 * Source: PKWARE's APPNOTE.TXT, 4.3 (records) and 4.5.3 (64-bit sizes).
 */

import type { FileBytes } from "../file-bytes.ts";
import { show } from "../json.ts";

export interface ZipEntry {
  readonly name: string;
  /** Where its bytes are in the file. */
  readonly offset: number;
  readonly size: number;
}

const END = 0x06054b50;
const END_64 = 0x06064b50;
const END_64_LOCATOR = 0x07064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
/** A record's fixed part, in bytes. */
const sizes = { end: 22, locator: 20, end64: 56, central: 46, local: 30 };
const MAX_COMMENT = 0xffff;
/** Stands for a number that the 64-bit field holds. */
const ELSEWHERE = 0xffffffff;
/** The largest models have some 10,000 tensors. */
const MAX_DIRECTORY_BYTES = 256 * 2 ** 20;

/** Entries by name. @throws Error of one sentence naming the file and what is wrong with it */
export function readZipDirectory(bytes: FileBytes): Map<string, ZipEntry> {
  const damaged = (what: string): Error =>
    new Error(
      `${bytes.file}: ${what}, expected a zip archive of torch.save; it is damaged or truncated, ` +
        "download it again",
    );
  const read = (offset: number, length: number, what: string): DataView => {
    if (!(offset >= 0 && offset + length <= bytes.size))
      throw damaged(`${what} is not in the file`);
    const data = new Uint8Array(length);
    bytes.readInto(data, offset);
    return new DataView(data.buffer);
  };
  const { start, length, count } = findDirectory(bytes.size, read, damaged);
  if (length > MAX_DIRECTORY_BYTES) throw damaged(`its directory claims ${length} bytes`);
  const directory = read(start, length, "its directory");
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + sizes.central > length || directory.getUint32(at, true) !== CENTRAL) {
      throw damaged(`entry ${i} of its directory is none`);
    }
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) =>
      directory.getUint16(at + field, true),
    );
    const next = at + sizes.central + nameLength + extraLength + commentLength;
    if (next > length) throw damaged(`entry ${i} of its directory is cut off`);
    const name = text(directory, at + sizes.central, nameLength);
    const extra = at + sizes.central + nameLength;
    const wide = wideFields(directory, extra, extra + extraLength);
    const field = (place: number): number => {
      const short = directory.getUint32(at + place, true);
      if (short !== ELSEWHERE) return short;
      const long = wide.shift();
      if (long === undefined) throw damaged(`entry ${show(name)} lacks its 64-bit sizes`);
      return long;
    };
    const size = field(24);
    const stored = field(20);
    const header = field(42);
    const isPlain = directory.getUint16(at + 10, true) === 0 && size === stored;
    if (!isPlain || (directory.getUint16(at + 8, true) & 1) === 1) {
      throw new Error(
        `${bytes.file}: entry ${show(name)} is compressed or encrypted, expected it as torch.save ` +
          "stores it; unpack the archive and save the model again",
      );
    }
    const local = read(header, sizes.local, `entry ${show(name)}`);
    if (local.getUint32(0, true) !== LOCAL) throw damaged(`entry ${show(name)} has no header`);
    const offset = header + sizes.local + local.getUint16(26, true) + local.getUint16(28, true);
    if (offset + size > bytes.size)
      throw damaged(`entry ${show(name)} of ${size} bytes is cut off`);
    if (entries.has(name)) throw damaged(`it holds ${show(name)} twice`);
    entries.set(name, { name, offset, size });
    at = next;
  }
  return entries;
}

type Read = (offset: number, length: number, what: string) => DataView;

/** Where the directory is, from the record at the file's end. */
function findDirectory(size: number, read: Read, damaged: (what: string) => Error) {
  const tailLength = Math.min(size, sizes.end + MAX_COMMENT);
  const tail = read(size - tailLength, tailLength, "its end");
  let at = tailLength - sizes.end;
  while (at >= 0 && tail.getUint32(at, true) !== END) at--;
  if (at < 0) throw damaged("it has no directory");
  const count = tail.getUint16(at + 10, true);
  const length = tail.getUint32(at + 12, true);
  const start = tail.getUint32(at + 16, true);
  const locatorAt = size - tailLength + at - sizes.locator;
  if (locatorAt < 0) return { start, length, count };
  const locator = read(locatorAt, sizes.locator, "its 64-bit directory");
  if (locator.getUint32(0, true) !== END_64_LOCATOR) return { start, length, count };
  const end = read(wideNumber(locator, 8), sizes.end64, "its 64-bit directory");
  if (end.getUint32(0, true) !== END_64) throw damaged("its 64-bit directory is none");
  return { count: wideNumber(end, 32), length: wideNumber(end, 40), start: wideNumber(end, 48) };
}

/** A u64 as a number; those that are not exact are far beyond any file. */
const wideNumber = (view: DataView, at: number): number => Number(view.getBigUint64(at, true));

/** Numbers of the 64-bit extra field, in order. */
function wideFields(view: DataView, from: number, to: number): number[] {
  for (let at = from; at + 4 <= to; ) {
    const end = at + 4 + view.getUint16(at + 2, true);
    if (end > to) break;
    if (view.getUint16(at, true) === 1) {
      const count = Math.floor((end - at - 4) / 8);
      return Array.from({ length: count }, (_, i) => wideNumber(view, at + 4 + 8 * i));
    }
    at = end;
  }
  return [];
}

const text = (view: DataView, at: number, length: number): string =>
  new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at, length));
