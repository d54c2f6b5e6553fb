/** The part of the ONNX protobuf format that programs use (onnx/onnx.proto3), written by hand. */

import { type DType, dtypes } from "../dtype.ts";
import { byteLength, type NDArray } from "../ndarray.ts";
import type { Port } from "../program.ts";
import { ProtobufWriter } from "./protobuf.ts";

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
  /**
   * Shapes of values between that the engine would not find. It frees and reuses memory by them,
   * and without one its plan takes time that grows with the square of such values.
   */
  readonly values?: readonly Port[];
}

/** ai.onnx opset that lowering targets; com.microsoft is version 1. */
export const ONNX_OPSET = 24;
const IR_VERSION = 10;

function writeTensor(w: ProtobufWriter, array: NDArray, name?: string): void {
  for (const d of array.shape) w.int(1, d);
  w.int(2, dtypes[array.dtype].onnx);
  if (name !== undefined) w.text(8, name);
  w.data(9, new Uint8Array(array.data.buffer, array.data.byteOffset, byteLength(array)));
}

/** An initialiser that only names its bytes; the runtime hands the memory over by name. */
function writeExternal(w: ProtobufWriter, port: Port): void {
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
    const entry = w.begin(13);
    w.text(1, key);
    w.text(2, value);
    w.end(entry);
  }
  w.int(14, 1);
}

function writePort(
  w: ProtobufWriter,
  port: { name: string; dtype: DType; shape: Port["shape"] },
): void {
  w.text(1, port.name);
  const type = w.begin(2);
  const tensor = w.begin(1);
  w.int(1, dtypes[port.dtype].onnx);
  const shape = w.begin(2);
  for (const d of port.shape) {
    const dim = w.begin(1);
    if (typeof d === "number") w.int(1, d);
    else w.text(2, `${d}`);
    w.end(dim);
  }
  w.end(shape);
  w.end(tensor);
  w.end(type);
}

function writeAttribute(w: ProtobufWriter, name: string, value: AttributeValue): void {
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
    const tensor = w.begin(5);
    writeTensor(w, value.tensor);
    w.end(tensor);
    w.int(20, 4);
  } else {
    const graph = w.begin(6);
    writeGraph(w, value.graph);
    w.end(graph);
    w.int(20, 5);
  }
}

function writeNode(w: ProtobufWriter, node: NodeProto): void {
  for (const input of node.inputs) w.text(1, input);
  for (const output of node.outputs) w.text(2, output);
  w.text(3, node.name);
  w.text(4, node.opType);
  for (const name of Object.keys(node.attributes)) {
    const attribute = w.begin(5);
    writeAttribute(w, name, node.attributes[name]);
    w.end(attribute);
  }
  if (node.domain) w.text(7, node.domain);
}

function writeGraph(w: ProtobufWriter, graph: GraphProto): void {
  /** A field for each item. */
  function list<T>(
    field: number,
    items: Iterable<T>,
    write: (w: ProtobufWriter, item: T) => void,
  ): void {
    for (const item of items) {
      const start = w.begin(field);
      write(w, item);
      w.end(start);
    }
  }
  list(1, graph.nodes, writeNode);
  w.text(2, graph.name);
  list(5, graph.constants, (_, [name, array]) => writeTensor(w, array, name));
  list(5, graph.weights, writeExternal);
  list(11, graph.inputs, writePort);
  list(12, graph.outputs, writePort);
  list(13, graph.values ?? [], writePort);
}

/** Serialises a graph as an ONNX ModelProto. */
export function encodeModel(graph: GraphProto): Uint8Array {
  const w = new ProtobufWriter();
  w.int(1, IR_VERSION);
  w.text(2, "onefold");
  const body = w.begin(7);
  writeGraph(w, graph);
  w.end(body);
  for (const [domain, version] of [
    ["", ONNX_OPSET],
    ["com.microsoft", 1],
  ] as const) {
    const opset = w.begin(8);
    if (domain) w.text(1, domain);
    w.int(2, version);
    w.end(opset);
  }
  return w.finish();
}
