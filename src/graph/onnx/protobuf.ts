/** Writing protobuf messages by hand. */

/** Growing byte buffer with protobuf's wire types. Large models write 100,000s of small fields. */
export class ProtobufWriter {
  private bytes: Buffer;
  private length = 0;

  /** @param capacity bytes to begin with */
  constructor(capacity = 1 << 18) {
    this.bytes = Buffer.allocUnsafe(capacity);
  }

  private reserve(extra: number): void {
    if (this.length + extra <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.length + extra));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  private varint(value: bigint | number): void {
    this.reserve(10);
    let rest: number;
    if (typeof value === "number" && value >= 0 && value <= 0x7fffffff) {
      for (rest = value; rest > 127; rest >>>= 7) this.bytes[this.length++] = (rest & 127) | 128;
    } else {
      let wide = BigInt.asUintN(64, BigInt(value));
      for (; wide > 127n; wide >>= 7n) this.bytes[this.length++] = Number(wide & 127n) | 128;
      rest = Number(wide);
    }
    this.bytes[this.length++] = rest;
  }

  int(field: number, value: bigint | number): void {
    this.varint(field << 3);
    this.varint(value);
  }

  float(field: number, value: number): void {
    this.varint((field << 3) | 5);
    this.reserve(4);
    this.bytes.writeFloatLE(value, this.length);
    this.length += 4;
  }

  double(field: number, value: number): void {
    this.varint((field << 3) | 1);
    this.reserve(8);
    this.bytes.writeDoubleLE(value, this.length);
    this.length += 8;
  }

  data(field: number, value: Uint8Array): void {
    this.varint((field << 3) | 2);
    this.varint(value.length);
    this.reserve(value.length);
    this.bytes.set(value, this.length);
    this.length += value.length;
  }

  text(field: number, value: string): void {
    const start = this.begin(field);
    this.reserve(3 * value.length); // UTF-8 of one UTF-16 unit is at most three bytes
    this.length += this.bytes.write(value, start, "utf8");
    this.end(start);
  }

  /** Opens a field whose bytes follow, up to `end` with what this returns. */
  begin(field: number): number {
    this.varint((field << 3) | 2);
    this.reserve(1);
    return ++this.length; // one byte for the length: most are short
  }

  /** Closes a field: its length is put before its bytes. */
  end(start: number): void {
    const size = this.length - start;
    if (size < 128) {
      this.bytes[start - 1] = size;
      return;
    }
    let extra = 0;
    for (let rest = size >>> 7; rest > 0; rest >>>= 7) extra++;
    this.reserve(10); // for the length, while growing still copies the field
    this.bytes.copyWithin(start + extra, start, this.length);
    this.length = start - 1;
    this.varint(size);
    this.length = start + extra + size;
  }

  finish(): Uint8Array {
    return Uint8Array.prototype.slice.call(this.bytes, 0, this.length); // a Buffer's slice is a view
  }
}
