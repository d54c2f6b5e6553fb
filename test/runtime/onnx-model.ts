/** Writes small ONNX models for tests of the runtime, independently of graph lowering. */

import { createHash } from "node:crypto";
import { type DType, dtypes } from "../../src/graph/dtype.ts";
import type { NDArray } from "../../src/graph/ndarray.ts";
import type { Port, Program } from "../../src/graph/program.ts";
import type { Shape } from "../../src/graph/shape.ts";

type Bytes = number[] | Uint8Array;

function varint(value: number | bigint): number[] {
  let v = BigInt.asUintN(64, BigInt(value));
  const out: number[] = [];
  for (; v > 127n; v >>= 7n) out.push(Number(v & 127n) | 128);
  return [...out, Number(v)];
}

const int = (field: number, value: number | bigint): Bytes => [
  ...varint(field * 8),
  ...varint(value),
];
const bytes = (field: number, value: Bytes): Bytes => [
  ...varint(field * 8 + 2),
  ...varint(value.length),
  ...value,
];
const text = (field: number, value: string): Bytes => bytes(field, Buffer.from(value));
const message = (field: number, parts: Bytes[]): Bytes =>
  bytes(
    field,
    parts.flatMap((b) => [...b]),
  );

export type Attribute = number | readonly number[] | string | { float: number } | { graph: Graph };

export interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly name?: string;
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

export interface Graph {
  readonly nodes: readonly Node[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** Stored inside the model. */
  readonly constants?: Readonly<Record<string, NDArray>>;
  /** External data: bytes come from a WeightSource. */
  readonly weights?: readonly Port[];
}

function attribute(name: string, value: Attribute): Bytes {
  const head = text(1, name);
  if (typeof value === "number") return message(5, [head, int(3, value), int(20, 2)]);
  if (typeof value === "string") return message(5, [head, text(4, value), int(20, 3)]);
  if ("float" in value) {
    const f = Buffer.alloc(4);
    f.writeFloatLE(value.float);
    return message(5, [head, [...varint(2 * 8 + 5), ...f], int(20, 1)]);
  }
  if ("graph" in value) return message(5, [head, message(6, graph(value.graph)), int(20, 5)]);
  return message(5, [head, ...value.map((v) => int(8, v)), int(20, 7)]);
}

const node = (n: Node): Bytes =>
  message(1, [
    ...n.inputs.map((name) => text(1, name)),
    ...n.outputs.map((name) => text(2, name)),
    ...(n.name ? [text(3, n.name)] : []),
    text(4, n.op),
    ...Object.entries(n.attributes ?? {}).map(([name, value]) => attribute(name, value)),
    ...(n.domain ? [text(7, n.domain)] : []),
  ]);

const valueInfo = (field: number, port: Port): Bytes =>
  message(field, [
    text(1, port.name),
    message(2, [
      message(1, [
        int(1, dtypes[port.dtype].onnx),
        message(
          2,
          port.shape.map((d) =>
            message(1, [typeof d === "number" ? int(1, d) : text(2, String(d))]),
          ),
        ),
      ]),
    ]),
  ]);

const tensor = (name: string, dtype: DType, shape: Shape, data: Bytes[]): Bytes =>
  message(5, [
    ...shape.map((d) => int(1, Number(d))),
    int(2, dtypes[dtype].onnx),
    text(8, name),
    ...data,
  ]);

function constant(name: string, { dtype, shape, data }: NDArray): Bytes {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return tensor(name, dtype, shape, [bytes(9, raw)]);
}

const external = ({ name, dtype, shape }: Port): Bytes =>
  tensor(name, dtype, shape, [message(13, [text(1, "location"), text(2, "weights")]), int(14, 1)]);

const graph = (g: Graph): Bytes[] => [
  ...g.nodes.map(node),
  text(2, "test"),
  ...Object.entries(g.constants ?? {}).map(([name, array]) => constant(name, array)),
  ...(g.weights ?? []).map(external),
  ...g.inputs.map((port) => valueInfo(11, port)),
  ...g.outputs.map((port) => valueInfo(12, port)),
];

/** A program of the given nodes, opset 23 and com.microsoft. */
export function programOf(g: Graph): Program {
  const opset = (domain: string, version: number) => message(8, [text(1, domain), int(2, version)]);
  const parts = [int(1, 10), message(7, graph(g)), opset("", 23), opset("com.microsoft", 1)];
  const model = Uint8Array.from(parts.flatMap((b) => [...b]));
  return {
    model,
    hash: createHash("sha256").update(model).digest("hex"),
    inputs: g.inputs,
    outputs: g.outputs,
    weights: g.weights ?? [],
    provenance: new Map(
      g.nodes.flatMap((n) => (n.name ? [[n.name, `${n.op} "${n.name}"`] as const] : [])),
    ),
  };
}

export const port = (name: string, dtype: DType, shape: Shape): Port => ({ name, dtype, shape });
