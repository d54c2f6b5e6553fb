/** Programs that several tests of the runtime use. */

import type { Program } from "../../src/graph/program.ts";
import { dim } from "../../src/graph/shape.ts";
import { type Node, port, programOf } from "./onnx-model.ts";

const rows = dim("rows");

/** y = x w, with w [k, n] given as a weight. */
export const linear = (k: number, n: number): Program =>
  programOf({
    nodes: [{ op: "MatMul", inputs: ["x", "w"], outputs: ["y"], name: "project" }],
    inputs: [port("x", "f32", [rows, k])],
    outputs: [port("y", "f32", [rows, n])],
    weights: [port("w", "f32", [k, n])],
  });

/** y = x + x, and z = x * x. */
export const doubled = (): Program =>
  programOf({
    nodes: [
      { op: "Add", inputs: ["x", "x"], outputs: ["y"] },
      { op: "Mul", inputs: ["x", "x"], outputs: ["z"] },
    ],
    inputs: [port("x", "f32", [rows, 2])],
    outputs: [port("y", "f32", [rows, 2]), port("z", "f32", [rows, 2])],
  });

/** A chain of `length` products of [size, size]: many nodes, as long a run as wanted. */
export function chain(length: number, size: number): Program {
  const nodes: Node[] = [];
  for (let i = 0; i < length; i++) {
    nodes.push({
      op: "MatMul",
      inputs: [i === 0 ? "x" : `h${i}`, "w"],
      outputs: [i === length - 1 ? "y" : `h${i + 1}`],
      name: `step${i}`,
    });
  }
  return programOf({
    nodes,
    inputs: [port("x", "f32", [size, size])],
    outputs: [port("y", "f32", [size, size])],
    weights: [port("w", "f32", [size, size])],
  });
}

/** One decoding step of com.microsoft.GroupQueryAttention over a cache of `capacity` slots. */
export function attentionStep(heads: number, width: number, capacity: number): Program {
  const cache = [1, heads, capacity, width];
  return programOf({
    nodes: [
      {
        op: "GroupQueryAttention",
        domain: "com.microsoft",
        name: "attend",
        inputs: ["q", "k", "v", "past_k", "past_v", "seqlens", "total"],
        outputs: ["out", "present_k", "present_v"],
        attributes: { num_heads: heads, kv_num_heads: heads },
      },
    ],
    inputs: [
      port("q", "f32", [1, 1, heads * width]),
      port("k", "f32", [1, 1, heads * width]),
      port("v", "f32", [1, 1, heads * width]),
      port("past_k", "f32", cache),
      port("past_v", "f32", cache),
      port("seqlens", "i32", [1]),
      port("total", "i32", []),
    ],
    outputs: [
      port("out", "f32", [1, 1, heads * width]),
      port("present_k", "f32", cache),
      port("present_v", "f32", cache),
    ],
  });
}
