/**
 * How should y = x W^T be given to the engine, with W [N, K] as checkpoints store it?
 * Prints, for one row and for 512: GB/s of weights read and GFLOP/s, memory the session adds as a
 * multiple of W, and read bandwidth and peak GEMM rate of the same run for comparison.
 *
 *   npx tsx bench/runtime-matmul.ts [K N] [threads]
 */

import { type NDArray, zeros } from "../src/graph/ndarray.ts";
import { dim } from "../src/graph/shape.ts";
import { createSession, type Session } from "../src/runtime/index.ts";
import { type Node, port, programOf } from "../test/runtime/onnx-model.ts";

const [K, N, threads] = [1024, 3072, 2].map((d, i) => Number(process.argv[2 + i] ?? d));
const rows = 512;
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
const rss = () => process.memoryUsage().rss;
const median = (v: number[]) => v.sort((a, b) => a - b)[v.length >> 1];

async function time(run: () => Promise<void> | void, budget = 400): Promise<number> {
  await run();
  const times: number[] = [];
  const end = performance.now() + budget;
  while (times.length < 5 || (performance.now() < end && times.length < 200)) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  return median(times);
}

/** Two bound runs, of one row and of `rows`. */
function bindings(session: Session, w: NDArray | undefined, outputTransposed: boolean | undefined) {
  return [1, rows].map((count) => {
    const x = fill(zeros("f32", [count, K]));
    const y = zeros("f32", outputTransposed ? [N, count] : [count, N]);
    return session.bind({ inputs: w ? { x, w } : { x }, outputs: { y } });
  });
}

const w = fill(zeros("f32", [N, K]));
const wT = { ...w, shape: [K, N] }; // the numbers do not matter for speed
const bytes = N * K * 4;

async function reference(): Promise<void> {
  const big = fill(zeros("f32", [64, 1 << 20]));
  const reduce = programOf({
    nodes: [
      { op: "ReduceMax", inputs: ["a", "axes"], outputs: ["b"], attributes: { keepdims: 0 } },
    ],
    inputs: [port("a", "f32", [64, 1 << 20])],
    outputs: [port("b", "f32", [64])],
    constants: { axes: { dtype: "i64", shape: [1], data: BigInt64Array.of(1n) } },
  });
  using session = await createSession(reduce, { threads });
  using bound = session.bind({ inputs: { a: big }, outputs: { b: zeros("f32", [64]) } });
  const ms = await time(() => bound.run());
  const square = 2048;
  const product = programOf({
    nodes: [{ op: "MatMul", inputs: ["a", "w"], outputs: ["b"] }],
    inputs: [port("a", "f32", [square, square])],
    outputs: [port("b", "f32", [square, square])],
    weights: [port("w", "f32", [square, square])],
  });
  const s = fill(zeros("f32", [square, square]));
  using sq = await createSession(product, { threads, weights: () => s });
  using boundSq = sq.bind({ inputs: { a: s }, outputs: { b: zeros("f32", [square, square]) } });
  const msSq = await time(() => boundSq.run(), 1500);
  console.log(
    `read ${(((64 * 4) / 1024 / ms) * 1000 * 1.0737).toFixed(1)} GB/s (ReduceMax over 256 MiB), ` +
      `GEMM 2048^3 prepacked ${((2 * square ** 3) / msSq / 1e6).toFixed(0)} GFLOP/s`,
  );
}

console.log(`W [${N}, ${K}] f32 = ${(bytes / 1e6).toFixed(0)} MB, ${threads} thread(s)`);
await reference();
for (const c of candidates) {
  const weight = c.transposed ? wT : w;
  const ports = [port("w", "f32", weight.shape)];
  const program = programOf({
    nodes: c.nodes,
    inputs: [port("x", "f32", [m, K]), ...(c.asInput ? ports : [])],
    outputs: [port("y", "f32", c.outputTransposed ? [N, m] : [m, N])],
    weights: c.asInput ? [] : ports,
  });
  globalThis.gc?.();
  const before = rss();
  const session = await createSession(program, {
    weights: () => weight,
    threads,
    prepack: c.prepack,
  });
  const added = (rss() - before) / bytes;
  const [one, many] = bindings(session, c.asInput ? weight : undefined, c.outputTransposed);
  const msOne = await time(() => one.run());
  const msMany = await time(() => many.run(), 1500);
  for (const bound of [one, many]) bound.dispose();
  session.dispose();
  console.log(
    `${c.label.padEnd(32)} 1 row ${msOne.toFixed(3).padStart(8)} ms ` +
      `${(bytes / msOne / 1e6).toFixed(1).padStart(5)} GB/s | ${rows} rows ${msMany.toFixed(1).padStart(7)} ms ` +
      `${((2 * rows * N * K) / msMany / 1e6).toFixed(0).padStart(4)} GFLOP/s | session + ${added.toFixed(2)} x W`,
  );
}
await reference();
