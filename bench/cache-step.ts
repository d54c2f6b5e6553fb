/**
 * How should one step attend to a long cache? Kernels of the engine over keys and values in f32
 * and in 8 bits, and matrix products over the same memory, take turns with the caches of other
 * layers between them, as in a model. 16 heads over 8 key heads of 128: Qwen3-0.6B.
 *
 *   npx tsx bench/cache-step.ts [tokens sequences threads]
 */

import { type DType, type NDArray, zeros } from "../src/graph/index.ts";
import { createSession } from "../src/runtime/index.ts";
import { type Node, port, programOf } from "../test/runtime/onnx-model.ts";

const [tokens, sequences, threads] = [4096, 1, 2].map((d, i) => Number(process.argv[2 + i] ?? d));
const [HEADS, KV_HEADS, WIDTH] = [16, 8, 128];
const ROUNDS = 20;

const fill = (dtype: DType, shape: readonly number[]): NDArray => {
  const array = zeros(dtype, shape);
  const { data } = array;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return array;
  const unit = dtype === "f32" ? 1 / 251 : 1;
  for (let i = 0; i < data.length; i++) data[i] = (((i * 2654435761) % 251) - 125) * unit;
  return array;
};
const i32 = (value: number, shape: number[]): NDArray => {
  const array = zeros("i32", shape);
  (array.data as Int32Array).fill(value);
  return array;
};
const f32 = (value: number, shape: number[]): NDArray => {
  const array = zeros("f32", shape);
  (array.data as Float32Array).fill(value);
  return array;
};

interface Subject {
  readonly label: string;
  /** Of the cache, read by a run. */
  readonly bytes: number;
  readonly run: () => void;
}

/** GroupQueryAttention; without `scales`, over f32. `factor` is its own factor of the scores. */
async function kernel(label: string, factor: number, scales?: "PER_TENSOR" | "PER_CHANNEL") {
  const dtype: DType = scales ? "i8" : "f32";
  const cache = [sequences, KV_HEADS, tokens + 64, WIDTH];
  const rows = (heads: number) => [sequences, 1, heads * WIDTH];
  const node: Node = {
    op: "GroupQueryAttention",
    domain: "com.microsoft",
    inputs: [
      ...["q", "k", "v", "key", "value", "last", "total"],
      ...(scales ? ["", "", "", "", "", "scale", "scale"] : []),
    ],
    outputs: ["y", "newKey", "newValue"],
    attributes: {
      num_heads: HEADS,
      kv_num_heads: KV_HEADS,
      scale: { float: factor },
      ...(scales && { k_quant_type: scales, v_quant_type: scales, kv_cache_bit_width: 8 }),
    },
  };
  const program = programOf({
    nodes: [node],
    inputs: [
      port("q", "f32", rows(HEADS)),
      ...["k", "v"].map((name) => port(name, "f32", rows(KV_HEADS))),
      ...["key", "value"].map((name) => port(name, dtype, cache)),
      ...[port("last", "i32", [sequences]), port("total", "i32", [])],
    ],
    outputs: [
      port("y", "f32", rows(HEADS)),
      ...["newKey", "newValue"].map((name) => port(name, dtype, cache)),
    ],
    constants: scales
      ? { scale: f32(0.01, scales === "PER_TENSOR" ? [1] : [1, KV_HEADS, 1, WIDTH]) }
      : {},
  });
  const session = await createSession(program, { threads });
  const [key, value] = [fill(dtype, cache), fill(dtype, cache)];
  const bound = session.bind({
    inputs: {
      ...{ q: fill("f32", rows(HEADS)), k: fill("f32", rows(KV_HEADS)) },
      ...{ v: fill("f32", rows(KV_HEADS)), key, value },
      ...{ last: i32(tokens - 1, [sequences]), total: i32(tokens, []) },
    },
    outputs: { y: zeros("f32", rows(HEADS)), newKey: key, newValue: value },
  });
  const elements = 2 * sequences * KV_HEADS * tokens * WIDTH;
  return { label, bytes: elements * (scales ? 1 : 4), run: () => bound.runSync() };
}

/** One product over the keys (or values) of all heads: half of what a step reads. */
async function product(label: string, op: string, a: number[], b: number[], y: number[]) {
  const isInteger = op === "MatMulInteger";
  const [left, right, result] = (isInteger ? ["u8", "i8", "i32"] : ["f32", "f32", "f32"]) as [
    DType,
    DType,
    DType,
  ];
  const shapes = [a, b, y].map((shape) => [sequences * KV_HEADS, ...shape]);
  const program = programOf({
    nodes: [{ op, inputs: ["a", "b"], outputs: ["y"] }],
    inputs: [port("a", left, shapes[0]), port("b", right, shapes[1])],
    outputs: [port("y", result, shapes[2])],
  });
  const session = await createSession(program, { threads });
  const bound = session.bind({
    inputs: { a: fill(left, shapes[0]), b: fill(right, shapes[1]) },
    outputs: { y: zeros(result, shapes[2]) },
  });
  const elements = sequences * KV_HEADS * tokens * WIDTH;
  return { label, bytes: elements * (isInteger ? 1 : 4), run: () => bound.runSync() };
}

const group = HEADS / KV_HEADS;
const subjects: Subject[] = [
  await kernel("f32, the kernel's factor", WIDTH ** -0.5),
  await kernel("f32, factor 1", 1),
  await kernel("8 bits, scales a channel", 1, "PER_CHANNEL"),
  await kernel("8 bits, one scale", 1, "PER_TENSOR"),
  await product("f32 K q", "MatMul", [tokens, WIDTH], [WIDTH, group], [tokens, group]),
  await product("f32 p V", "MatMul", [group, tokens], [tokens, WIDTH], [group, WIDTH]),
  await product("f32 V^T p", "MatMul", [WIDTH, tokens], [tokens, group], [WIDTH, group]),
  await product("8 bits K q", "MatMulInteger", [tokens, WIDTH], [WIDTH, group], [tokens, group]),
  await product("8 bits V^T p", "MatMulInteger", [WIDTH, tokens], [tokens, group], [WIDTH, group]),
];

const others = new Float32Array(1 << 25); // what a model's other layers push out of the cache
let sum = 0;
const times = subjects.map((): number[] => []);
for (let round = 0; round <= ROUNDS; round++) {
  for (const [i, { run }] of subjects.entries()) {
    for (let j = 0; j < others.length; j += 16) sum += others[j]!;
    const start = performance.now();
    run();
    if (round > 0) times[i]!.push(performance.now() - start);
  }
}
if (Number.isNaN(sum)) throw new Error("unreachable: the sum is there to be computed");

console.log(`${sequences} x 1 token after ${tokens}, ${threads} thread(s), one layer`);
const of = (i: number, at: number): number => times[i]!.sort((a, b) => a - b)[at]!;
subjects.forEach(({ label, bytes }, i) => {
  const [best, median] = [of(i, 0), of(i, ROUNDS >> 1)];
  console.log(
    `  ${label.padEnd(26)} best ${best.toFixed(2).padStart(6)} ms, median ` +
      `${median.toFixed(2).padStart(6)} ms, ${(bytes / best / 1e6).toFixed(1).padStart(5)} GB/s | ` +
      `of the first: best ${(best / of(0, 0)).toFixed(2)}, median ` +
      `${(median / of(0, ROUNDS >> 1)).toFixed(2)}`,
  );
});
