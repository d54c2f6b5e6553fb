/** Reads a GGUF header front to back, loading the file piece by piece as the header goes on. */

import type { FileBytes } from "../file-bytes.ts";
import type { GgufArray, GgufValue, Scalar, ValueType } from "./metadata.ts";
import { valueTypes } from "./metadata.ts";

/** Vocabularies, merges and templates take some 10 MB; nothing useful takes this much. */
const MAX_HEADER_BYTES = 256 * 2 ** 20;
/** Keys are ASCII of at most 2^16 - 1 bytes (the format's rule). */
const MAX_STRING_BYTES = 16 * 2 ** 20;

const widths: Readonly<Record<Exclude<ValueType, "string" | "array">, number>> = {
  u8: 1,
  i8: 1,
  u16: 2,
  i16: 2,
  u32: 4,
  i32: 4,
  f32: 4,
  bool: 1,
  u64: 8,
  i64: 8,
  f64: 8,
};

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class Cursor {
  at = 0;
  private readonly source: FileBytes;
  private bytes = new Uint8Array(0);
  private view = new DataView(this.bytes.buffer);

  constructor(source: FileBytes) {
    this.source = source;
  }

  get file(): string {
    return this.source.file;
  }

  /** Bytes of the file behind the cursor. */
  get left(): number {
    return this.source.size - this.at;
  }

  /** Makes `count` more bytes available, or says which `what` the file is too short for. */
  need(count: number, what: string): void {
    if (count > this.left) {
      throw new Error(
        `${this.file}: the file ends within ${what}, which needs ${count} bytes at byte ` +
          `${this.at} of ${this.source.size}; the file is truncated or damaged, download it again`,
      );
    }
    const end = this.at + count;
    if (end <= this.bytes.length) return;
    if (end > MAX_HEADER_BYTES) {
      throw new Error(
        `${this.file}: ${what} would make the header longer than ${MAX_HEADER_BYTES} bytes; ` +
          "this is not a model's GGUF file or it is damaged",
      );
    }
    const length = Math.min(this.source.size, Math.max(end, 2 * this.bytes.length, 1 << 18));
    const grown = new Uint8Array(length);
    grown.set(this.bytes);
    this.source.readInto(grown.subarray(this.bytes.length), this.bytes.length);
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }

  u32(what: string): number {
    this.need(4, what);
    this.at += 4;
    return this.view.getUint32(this.at - 4, true);
  }

  /** A u64 that must be at most `most`. */
  length(what: string, most: number): number {
    this.need(8, what);
    const value = this.view.getBigUint64(this.at, true);
    if (value > BigInt(most)) {
      throw new Error(
        `${this.file}: ${what} at byte ${this.at} is ${value}, at most ${most} is possible; ` +
          "the file is truncated or damaged, download it again",
      );
    }
    this.at += 8;
    return Number(value);
  }

  string(what: string, most = MAX_STRING_BYTES): string {
    const length = this.length(`the length of ${what}`, Math.min(most, this.left));
    this.need(length, what);
    this.at += length;
    return this.decode(this.at - length, length, what);
  }

  /** The type and value of a metadata entry; `what` names its key. */
  value(what: string): GgufValue {
    const type = this.type(what);
    if (type !== "array") return { type, value: this.scalar(type, what) };
    const element = this.type(`the element type of ${what}`);
    if (element === "array") {
      throw new Error(`${this.file}: ${what} is an array of arrays, expected one of plain values`);
    }
    const width = element === "string" ? 8 : widths[element];
    const length = this.length(`the length of ${what}`, Math.floor(this.left / width));
    const start = this.at;
    if (element === "string") {
      for (let i = 0; i < length; i++) {
        const bytes = this.length(`the length of ${what}[${i}]`, Math.min(1 << 24, this.left));
        this.need(bytes, `${what}[${i}]`);
        this.at += bytes;
      }
    } else {
      this.need(length * width, what);
      this.at += length * width;
    }
    return this.array(element, length, start, what);
  }

  /** An array whose bytes were walked over: its elements are decoded when asked for. */
  private array(element: GgufArray["element"], length: number, start: number, what: string) {
    return {
      type: "array",
      element,
      length,
      read: (): Scalar[] => {
        const end = this.at;
        this.at = start;
        try {
          return Array.from({ length }, (_, i) => this.scalar(element, `${what}[${i}]`));
        } finally {
          this.at = end;
        }
      },
    } as const;
  }

  private type(what: string): ValueType {
    const id = this.u32(what);
    const type = valueTypes[id];
    if (type) return type;
    throw new Error(
      `${this.file}: ${what} has value type ${id}, expected 0 to ${valueTypes.length - 1}; ` +
        "the file is damaged or of a newer version",
    );
  }

  private scalar(type: Exclude<ValueType, "array">, what: string): Scalar {
    if (type === "string") return this.string(what);
    const width = widths[type];
    this.need(width, what);
    const at = this.at;
    this.at += width;
    switch (type) {
      case "u8":
        return this.view.getUint8(at);
      case "i8":
        return this.view.getInt8(at);
      case "u16":
        return this.view.getUint16(at, true);
      case "i16":
        return this.view.getInt16(at, true);
      case "u32":
        return this.view.getUint32(at, true);
      case "i32":
        return this.view.getInt32(at, true);
      case "f32":
        return this.view.getFloat32(at, true);
      case "f64":
        return this.view.getFloat64(at, true);
      case "u64":
        return this.view.getBigUint64(at, true);
      case "i64":
        return this.view.getBigInt64(at, true);
      case "bool":
        return this.bool(this.view.getUint8(at), what);
    }
  }

  private bool(byte: number, what: string): boolean {
    if (byte < 2) return byte === 1;
    throw new Error(`${this.file}: ${what} is a bool of value ${byte}, expected 0 or 1`);
  }

  private decode(at: number, length: number, what: string): string {
    try {
      return utf8.decode(this.bytes.subarray(at, at + length));
    } catch {
      throw new Error(`${this.file}: ${what} is not valid UTF-8; the file is damaged`);
    }
  }
}
