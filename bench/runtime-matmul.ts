/**
 * How should y = x W^T be given to the engine, with W [N, K] as checkpoints store it?
 * Prints, for one row, GB/s of weights read, beside what a plain read reaches; for 512 rows (or
 * as many as asked; 0 for none), GFLOP/s beside a square product's. All of them take turns, so that other load hits all alike.
 *
 *   npx tsx bench/runtime-matmul.ts [K N threads rows]
 */

import { type NDArray, zeros } from "../src/graph/ndarray.ts";
import { dim } from "../src/graph/shape.ts";
import { type BoundRun, createSession, type NDArrays } from "../src/runtime/index.ts";
import { type Node, port, programOf } from "../test/runtime/onnx-model.ts";

const [K, N, threads, rows] = [1024, 3072, 2, 512].map((d, i) => Number(process.argv[2 + i] ?? d));
const m = dim("m");

interface Candidate {
  readonly label: string;
  readonly nodes: readonly Node[];
  /** W [N, K] or its transpose [K, N]. */
  readonly transposed?: boolean;
  readonly prepack?: boolean;
  readonly asInput?: boolean;
  /** y comes out as [N, m]. */
  readonly outputTransposed?: boolean;
}

const fused = (inputs: string[], outputs: string[], attributes: Record<string, number>): Node => ({
  op: "FusedMatMul",
  domain: "com.microsoft",
  inputs,
  outputs,
  attributes,
});
const xw = [fused(["x", "w"], ["y"], { transB: 1 })];
const gemm: Node[] = [
  { op: "Gemm", inputs: ["x", "w"], outputs: ["y"], attributes: { transB: 1 } },
];
const matmul: Node[] = [{ op: "MatMul", inputs: ["x", "w"], outputs: ["y"] }];
const wx = [fused(["w", "x"], ["y"], { transB: 1 })];
const wxT: Node[] = [
  fused(["w", "x"], ["t"], { transB: 1 }),
  { op: "Transpose", inputs: ["t"], outputs: ["y"], attributes: { perm: [1, 0] } },
];

const candidates: Candidate[] = [
  { label: "FusedMatMul transB, prepacked", nodes: xw },
  { label: "FusedMatMul transB, not packed", nodes: xw, prepack: false },
  { label: "FusedMatMul transB, W an input", nodes: xw, asInput: true },
  { label: "Gemm transB, prepacked", nodes: gemm },
  { label: "Gemm transB, not packed", nodes: gemm, prepack: false },
  { label: "MatMul [K, N], prepacked", nodes: matmul, transposed: true },
  { label: "MatMul [K, N], not packed", nodes: matmul, transposed: true, prepack: false },
  { label: "W x^T, not packed", nodes: wx, prepack: false, outputTransposed: true },
  { label: "(W x^T)^T, not packed", nodes: wxT, prepack: false },
];

const fill = (array: NDArray): NDArray => {
  const data = array.data as Float32Array;
  for (let i = 0; i < data.length; i++) data[i] = ((i * 2654435761) % 1000) / 1000 - 0.5;
  return array;
};
const w = fill(zeros("f32", [N, K]));
const wT = { ...w, shape: [K, N] }; // the numbers do not matter for speed
const bytes = N * K * 4;
const side = 2048;

/** Something to time, and what it does in a run. */
interface Subject {
  readonly label: string;
  readonly bound: BoundRun;
  readonly bytes: number;
  readonly flops: number;
}

/** A maximum over 256 MiB: what reading costs. And a square product: what arithmetic costs. */
async function references(): Promise<Subject[]> {
  const reduce = programOf({
    nodes: [
      { op: "ReduceMax", inputs: ["a", "axes"], outputs: ["b"], attributes: { keepdims: 0 } },
    ],
    inputs: [port("a", "f32", [64, 1 << 20])],
    outputs: [port("b", "f32", [64])],
    constants: { axes: { dtype: "i64", shape: [1], data: BigInt64Array.of(1n) } },
  });
  const big = fill(zeros("f32", [64, 1 << 20]));
  const read = (await createSession(reduce, { threads })).bind({
    inputs: { a: big },
    outputs: { b: zeros("f32", [64]) },
  });
  const product = programOf({
    nodes: [{ op: "MatMul", inputs: ["a", "w"], outputs: ["b"] }],
    inputs: [port("a", "f32", [side, side])],
    outputs: [port("b", "f32", [side, side])],
    weights: [port("w", "f32", [side, side])],
  });
  const square = fill(zeros("f32", [side, side]));
  const gemmRun = (await createSession(product, { threads, weights: () => square })).bind({
    inputs: { a: square },
    outputs: { b: zeros("f32", [side, side]) },
  });
  return [
    { label: "ReduceMax over 256 MiB", bound: read, bytes: 2 ** 28, flops: 0 },
    { label: `MatMul ${side}^3, prepacked`, bound: gemmRun, bytes: 0, flops: 2 * side ** 3 },
  ];
}

async function subjects(c: Candidate): Promise<Subject[]> {
  const weight = c.transposed ? wT : w;
  const ports = [port("w", "f32", weight.shape)];
  const program = programOf({
    nodes: c.nodes,
    inputs: [port("x", "f32", [m, K]), ...(c.asInput ? ports : [])],
    outputs: [port("y", "f32", c.outputTransposed ? [N, m] : [m, N])],
    weights: c.asInput ? [] : ports,
  });
  const session = await createSession(program, {
    weights: () => weight,
    threads,
    prepack: c.prepack,
  });
  return [1, ...(rows ? [rows] : [])].map((count) => {
    const x = fill(zeros("f32", [count, K]));
    const y = zeros("f32", c.outputTransposed ? [N, count] : [count, N]);
    const inputs: NDArrays = c.asInput ? { x, w: weight } : { x };
    const bound = session.bind({ inputs, outputs: { y } });
    return { label: c.label, bound, bytes, flops: 2 * count * N * K };
  });
}

/** Best and median milliseconds of each subject, over rounds that time all of them in turn. */
async function time(all: readonly Subject[], rounds: number) {
  const times = all.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [i, { bound }] of all.entries()) {
      const start = performance.now();
      await bound.run();
      if (round > 0) times[i].push(performance.now() - start);
    }
  }
  return times.map((t) => {
    t.sort((a, b) => a - b);
    return { best: t[0], median: t[t.length >> 1] };
  });
}

console.log(`W [${N}, ${K}] f32 = ${(bytes / 1e6).toFixed(0)} MB, ${threads} thread(s)`);
const [read, gemmRun] = await references();
const pairs = await Promise.all(candidates.map(subjects));

const report = (
  title: string,
  all: readonly Subject[],
  timed: Awaited<ReturnType<typeof time>>,
  of: (s: Subject, ms: number) => number,
) => {
  console.log(title);
  const reference = timed[0];
  all.forEach((s, i) => {
    const { best, median } = timed[i];
    const ratio = (of(s, best) / of(all[0], reference.best)) * 100;
    const medians = (of(s, median) / of(all[0], reference.median)) * 100;
    console.log(
      `  ${s.label.padEnd(32)} best ${of(s, best).toFixed(1).padStart(6)} ` +
        `median ${of(s, median).toFixed(1).padStart(6)} | of the first: best ` +
        `${ratio.toFixed(0).padStart(3)} %, median ${medians.toFixed(0).padStart(3)} %`,
    );
  });
};

const ones = [read, ...pairs.map(([one]) => one)];
report(
  "1 row, GB/s of weights",
  ones,
  await time(ones, N > 20_000 ? 15 : 100),
  (s, ms) => s.bytes / ms / 1e6,
);
if (rows) {
  const manys = [gemmRun, ...pairs.map(([, many]) => many)];
  report(
    `${rows} rows, GFLOP/s`,
    manys,
    await time(manys, N > 20_000 ? 3 : 25),
    (s, ms) => s.flops / ms / 1e6,
  );
}
