/**
 * How should a prompt's run attend to what is before it? The engine's kernel, and what a
 * composition would be made of, over one layer: 16 heads over 8 key heads of 128 (Qwen3-0.6B).
 * Subjects take turns; processor time counts, since other programs may share the machine.
 *
 *   npx tsx bench/attention.ts [tokens past threads rounds]
 *
 * Products are over all keys, as in the kernel, which computes the masked half too. Compositions
 * are sums of their parts: no mask, no quantising of queries, keys and values, nothing copied.
 *
 * Measured on 2 busy cores (AMX), ratios to the kernel: f32 parts 0.97 to 1.09, scores from 8 bits
 * 0.80 to 0.95, probabilities from 8 bits too 0.61 to 0.72. The last is not used: below 1/510 of
 * its row's largest a probability becomes 0, so that a sink with half the mass hides 4,000 even
 * keys. The kernel in blocks of 128 takes 0.71 behind nothing and 1.08 behind 3,584; a whole model
 * that runs its first 512 tokens as two runs of 256, which adds a reading of the weights, 0.95.
 */

import { type DType, type NDArray, zeros } from "../src/graph/index.ts";
import { createSession } from "../src/runtime/index.ts";
import { type Node, port, programOf } from "../test/runtime/onnx-model.ts";

const [tokens, past, threads, rounds] = [512, 3584, 2, 5].map((d, i) =>
  Number(process.argv[2 + i] ?? d),
) as [number, number, number, number];
const [HEADS, KV_HEADS, WIDTH] = [16, 8, 128];
const GROUP = HEADS / KV_HEADS;
const total = past + tokens;

const fill = (dtype: DType, shape: readonly number[]): NDArray => {
  const array = zeros(dtype, shape);
  const { data } = array;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return array;
  const unit = dtype === "f32" ? 1 / 251 : 1;
  for (let i = 0; i < data.length; i++) data[i] = (((i * 2654435761) % 251) - 125) * unit;
  return array;
};
const full = (dtype: "f32" | "i32" | "u8", shape: number[], value: number): NDArray => {
  const array = zeros(dtype, shape);
  (array.data as Float32Array).fill(value);
  return array;
};

interface Subject {
  readonly label: string;
  /** Multiplications and additions of the products. */
  readonly operations: number;
  readonly run: () => void;
}

/** What one of the two products of attention over all keys computes. */
const PRODUCT = 2 * HEADS * tokens * total * WIDTH;

/** The fused kernel over a cache in place: `count` tokens behind `before`. */
async function kernelRun(count: number, before: number): Promise<() => void> {
  const cache = [1, KV_HEADS, total, WIDTH];
  const rows = (heads: number) => [1, count, heads * WIDTH];
  const node: Node = {
    op: "GroupQueryAttention",
    domain: "com.microsoft",
    inputs: ["q", "k", "v", "key", "value", "last", "total"],
    outputs: ["y", "newKey", "newValue"],
    attributes: { num_heads: HEADS, kv_num_heads: KV_HEADS, scale: { float: 1 } },
  };
  const program = programOf({
    nodes: [node],
    inputs: [
      port("q", "f32", rows(HEADS)),
      ...["k", "v"].map((name) => port(name, "f32", rows(KV_HEADS))),
      ...["key", "value"].map((name) => port(name, "f32", cache)),
      ...[port("last", "i32", [1]), port("total", "i32", [])],
    ],
    outputs: [
      port("y", "f32", rows(HEADS)),
      ...["newKey", "newValue"].map((name) => port(name, "f32", cache)),
    ],
  });
  const session = await createSession(program, { threads });
  const end = before + count;
  const bound = session.bind({
    inputs: {
      ...{ q: fill("f32", rows(HEADS)), k: fill("f32", rows(KV_HEADS)) },
      ...{ v: fill("f32", rows(KV_HEADS)), key: cacheKey, value: cacheValue },
      ...{ last: full("i32", [1], end - 1), total: full("i32", [], end) },
    },
    outputs: { y: zeros("f32", rows(HEADS)), newKey: cacheKey, newValue: cacheValue },
  });
  return () => bound.runSync();
}

/** The kernel over the tokens in blocks, one after the other: less of the masked half. */
async function kernel(label: string, blocks: number): Promise<Subject> {
  const count = Math.ceil(tokens / blocks);
  const runs: (() => void)[] = [];
  for (let at = 0; at < tokens; at += count) {
    runs.push(await kernelRun(Math.min(count, tokens - at), past + at));
  }
  const run = (): void => {
    for (const block of runs) block();
  };
  return { label, operations: 2 * PRODUCT, run };
}

/** One node over the given inputs. */
async function single(
  label: string,
  node: Omit<Node, "inputs" | "outputs">,
  inputs: Readonly<Record<string, NDArray>>,
  output: readonly [DType, number[]],
  operations = 0,
): Promise<Subject> {
  const program = programOf({
    nodes: [{ ...node, inputs: Object.keys(inputs), outputs: ["y"] }],
    inputs: Object.entries(inputs).map(([name, { dtype, shape }]) => port(name, dtype, shape)),
    outputs: [port("y", ...output)],
  });
  const session = await createSession(program, { threads });
  const bound = session.bind({ inputs, outputs: { y: zeros(...output) } });
  return { label, operations, run: () => bound.runSync() };
}

const integers = { op: "MatMulIntegerToFloat", domain: "com.microsoft" };
const rows = GROUP * tokens;
const q = [KV_HEADS, rows, WIDTH];
const keyT = [KV_HEADS, WIDTH, total];
const scores = [KV_HEADS, rows, total];
const value = [KV_HEADS, total, WIDTH];
const one = full("f32", [], 1);
const scoresArray = fill("f32", scores);
const flat = [KV_HEADS * rows, total];
const lastAxis = zeros("i64", [1]);
(lastAxis.data as BigInt64Array)[0] = 2n;
const bytesArray = fill("u8", scores);
const [cacheKey, cacheValue] = [0, 1].map(() => fill("f32", [1, KV_HEADS, total, WIDTH])) as [
  NDArray,
  NDArray,
];
const subjects: Subject[] = [
  await kernel("GroupQueryAttention", 1),
  await kernel("GroupQueryAttention, 2 blocks", 2),
  await kernel("GroupQueryAttention, 4 blocks", 4),
  await kernel("GroupQueryAttention, 8 blocks", 8),
  await single(
    "f32 q Kᵀ",
    { op: "MatMul" },
    { a: fill("f32", q), b: fill("f32", keyT) },
    ["f32", scores],
    PRODUCT,
  ),
  await single(
    "f32 q Kᵀ, K as cached",
    { op: "FusedMatMul", domain: "com.microsoft", attributes: { transB: 1 } },
    { a: fill("f32", q), b: fill("f32", value) },
    ["f32", scores],
    PRODUCT,
  ),
  await single(
    "8 bits q Kᵀ, a scale a key",
    integers,
    {
      ...{ a: fill("u8", q), b: fill("i8", keyT) },
      ...{ aScale: one, bScale: full("f32", [KV_HEADS, 1, total], 1) },
      aZero: full("u8", [], 128),
    },
    ["f32", scores],
    PRODUCT,
  ),
  await single(
    "8 bits q Kᵀ, one scale",
    integers,
    {
      ...{ a: fill("u8", q), b: fill("i8", keyT) },
      ...{ aScale: one, bScale: one, aZero: full("u8", [], 128) },
    },
    ["f32", scores],
    PRODUCT,
  ),
  await single("Softmax", { op: "Softmax" }, { x: scoresArray }, ["f32", scores]),
  await single("ReduceMax", { op: "ReduceMax" }, { x: scoresArray, axes: lastAxis }, [
    "f32",
    [KV_HEADS, rows, 1],
  ]),
  await single(
    "QuantizeLinear, a scale a row",
    { op: "QuantizeLinear", attributes: { axis: 0 } },
    {
      x: { ...scoresArray, shape: flat },
      scale: full("f32", [KV_HEADS * rows], 1),
      zero: full("u8", [KV_HEADS * rows], 0),
    },
    ["u8", flat],
  ),
  await single(
    "f32 p V",
    { op: "MatMul" },
    { a: scoresArray, b: fill("f32", value) },
    ["f32", q],
    PRODUCT,
  ),
  await single(
    "8 bits p V, a scale a channel",
    integers,
    {
      ...{ a: bytesArray, b: fill("i8", value) },
      ...{ aScale: one, bScale: full("f32", [KV_HEADS, 1, WIDTH], 1) },
      aZero: full("u8", [], 0),
    },
    ["f32", q],
    PRODUCT,
  ),
];

const times = subjects.map((): number[] => []);
for (let round = 0; round <= rounds; round++) {
  for (const [i, { run }] of subjects.entries()) {
    const start = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(start);
    if (round > 0) times[i]!.push((user + system) / 1000);
  }
}
const median = (of: readonly number[]): number => [...of].sort((a, b) => a - b)[of.length >> 1]!;
/** A subject's time as a ratio to the kernel's of the same round: the machine may be shared. */
const ratio = (i: number): number => median(times[i]!.map((ms, round) => ms / times[0]![round]!));
console.log(`${tokens} tokens behind ${past}, one layer; processor time of ${threads} thread(s)`);
subjects.forEach(({ label, operations }, i) => {
  const best = Math.min(...times[i]!);
  const rate = operations ? `, ${(operations / best / 1e6).toFixed(0)} GOP/s a core` : "";
  console.log(
    `  ${label.padEnd(36)} median ${median(times[i]!).toFixed(1).padStart(7)} ms, best ` +
      `${best.toFixed(1).padStart(7)} ms, ${ratio(i).toFixed(2)} of the kernel${rate}`,
  );
});

const QK = "f32 q Kᵀ, K as cached";
const QK8 = "8 bits q Kᵀ, a scale a key";
const PV8 = ["ReduceMax", "QuantizeLinear, a scale a row", "8 bits p V, a scale a channel"];
const compositions = {
  "f32 throughout": [QK, "Softmax", "f32 p V"],
  "8-bit scores": [QK8, "Softmax", "f32 p V"],
  "8-bit scores and probabilities": [QK8, "Softmax", ...PV8],
};
console.log("Compositions:");
for (const [name, parts] of Object.entries(compositions)) {
  const sum = parts.reduce((all, part) => {
    const i = subjects.findIndex(({ label }) => label === part);
    if (i < 0) throw new Error(`attention: no subject is called "${part}"`);
    return all + ratio(i);
  }, 0);
  console.log(`  ${name.padEnd(36)} ${sum.toFixed(2)} of the kernel`);
}
