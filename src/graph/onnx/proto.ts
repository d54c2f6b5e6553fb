/** The part of the ONNX protobuf format that programs use (onnx/onnx.proto3), written by hand. */

import { type DType, dtypes } from "../dtype.ts";
import { byteLength, type NDArray } from "../ndarray.ts";
import type { Port } from "../program.ts";

/** Attribute values: integers are bigint or number with `int`, so that 1.0 and 1 stay apart. */
export type AttributeValue =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly string: string }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] }
  | { readonly tensor: NDArray }
  | { readonly graph: GraphProto };

export interface NodeProto {
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

export interface GraphProto {
  readonly name: string;
  readonly nodes: readonly NodeProto[];
  /** Small constants, stored inline. */
  readonly constants: ReadonlyMap<string, NDArray>;
  /** Initialisers whose bytes live outside the model. */
  readonly weights: readonly Port[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

/** ai.onnx opset that lowering targets; com.microsoft is version 1. */
export const ONNX_OPSET = 24;
const IR_VERSION = 10;

const encoder = new TextEncoder();

/** Growing byte buffer with protobuf's wire types. Large models write 100,000s of small fields. */
class Writer {
  private bytes = new Uint8Array(1 << 16);
  private length = 0;

  private reserve(extra: number): void {
    if (this.length + extra <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + extra));
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
    new DataView(this.bytes.buffer).setFloat32(this.length, value, true);
    this.length += 4;
  }

  data(field: number, value: Uint8Array): void {
    this.varint((field << 3) | 2);
    this.varint(value.length);
    this.reserve(value.length);
    this.bytes.set(value, this.length);
    this.length += value.length;
  }

  text(field: number, value: string): void {
    this.message(field, () => {
      this.reserve(3 * value.length); // UTF-8 of one UTF-16 unit is at most three bytes
      const start = this.length;
      for (let i = 0; i < value.length; i++) {
        const code = value.charCodeAt(i);
        if (code > 127) {
          this.length = start + encoder.encodeInto(value, this.bytes.subarray(start)).written;
          return;
        }
        this.bytes[this.length++] = code;
      }
    });
  }

  /** A field whose bytes `write` appends to this writer; its length is put before them after. */
  message(field: number, write: (writer: Writer) => void): void {
    this.varint((field << 3) | 2);
    this.reserve(1);
    const start = ++this.length; // one byte for the length: most are short
    write(this);
    const size = this.length - start;
    let extra = 0;
    for (let rest = size >>> 7; rest > 0; rest >>>= 7) extra++;
    this.reserve(10); // for the length, while growing still copies the message
    if (extra > 0) this.bytes.copyWithin(start + extra, start, this.length);
    this.length = start - 1;
    this.varint(size);
    this.length = start + extra + size;
  }

  finish(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }
}

function writeTensor(w: Writer, array: NDArray, name?: string): void {
  for (const d of array.shape) w.int(1, d);
  w.int(2, dtypes[array.dtype].onnx);
  if (name !== undefined) w.text(8, name);
  w.data(9, new Uint8Array(array.data.buffer, array.data.byteOffset, byteLength(array)));
}

/** An initialiser that only names its bytes; the runtime hands the memory over by name. */
function writeExternal(w: Writer, port: Port): void {
  const shape = port.shape.map((d) => {
    if (typeof d !== "number")
      throw new Error(`weight ${port.name}: dimension ${d} is not a number`);
    return d;
  });
  for (const d of shape) w.int(1, d);
  w.int(2, dtypes[port.dtype].onnx);
  w.text(8, port.name);
  for (const [key, value] of [
    ["location", "weights"],
    ["offset", "0"],
    ["length", String(byteLength({ dtype: port.dtype, shape }))],
  ]) {
    w.message(13, (entry) => {
      entry.text(1, key);
      entry.text(2, value);
    });
  }
  w.int(14, 1);
}

function writePort(w: Writer, port: { name: string; dtype: DType; shape: Port["shape"] }): void {
  w.text(1, port.name);
  w.message(2, (type) =>
    type.message(1, (tensor) => {
      tensor.int(1, dtypes[port.dtype].onnx);
      tensor.message(2, (shape) => {
        for (const d of port.shape) {
          shape.message(1, (dim) => (typeof d === "number" ? dim.int(1, d) : dim.text(2, `${d}`)));
        }
      });
    }),
  );
}

function writeAttribute(w: Writer, name: string, value: AttributeValue): void {
  w.text(1, name);
  if ("int" in value) {
    w.int(3, value.int);
    w.int(20, 2);
  } else if ("float" in value) {
    w.float(2, value.float);
    w.int(20, 1);
  } else if ("string" in value) {
    w.text(4, value.string);
    w.int(20, 3);
  } else if ("ints" in value) {
    for (const i of value.ints) w.int(8, i);
    w.int(20, 7);
  } else if ("floats" in value) {
    for (const f of value.floats) w.float(7, f);
    w.int(20, 6);
  } else if ("tensor" in value) {
    w.message(5, (t) => writeTensor(t, value.tensor));
    w.int(20, 4);
  } else {
    w.message(6, (g) => writeGraph(g, value.graph));
    w.int(20, 5);
  }
}

function writeGraph(w: Writer, graph: GraphProto): void {
  for (const node of graph.nodes) {
    w.message(1, (n) => {
      for (const input of node.inputs) n.text(1, input);
      for (const output of node.outputs) n.text(2, output);
      n.text(3, node.name);
      n.text(4, node.opType);
      for (const [name, value] of Object.entries(node.attributes)) {
        n.message(5, (a) => writeAttribute(a, name, value));
      }
      if (node.domain) n.text(7, node.domain);
    });
  }
  w.text(2, graph.name);
  for (const [name, array] of graph.constants) w.message(5, (t) => writeTensor(t, array, name));
  for (const port of graph.weights) w.message(5, (t) => writeExternal(t, port));
  for (const port of graph.inputs) w.message(11, (p) => writePort(p, port));
  for (const port of graph.outputs) w.message(12, (p) => writePort(p, port));
}

/** Serialises a graph as an ONNX ModelProto. */
export function encodeModel(graph: GraphProto): Uint8Array {
  const w = new Writer();
  w.int(1, IR_VERSION);
  w.text(2, "onefold");
  w.message(7, (g) => writeGraph(g, graph));
  w.message(8, (opset) => opset.int(2, ONNX_OPSET));
  w.message(8, (opset) => {
    opset.text(1, "com.microsoft");
    opset.int(2, 1);
  });
  return w.finish();
}
