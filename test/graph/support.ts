/** What the tests of the graph share: running traces, comparing arrays, checking gradients. */

import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { openCheckpoint } from "../../src/checkpoint/index.ts";
import {
  type DType,
  dimEvaluate,
  fromValues,
  grad,
  input,
  lower,
  mul,
  type NDArray,
  type Program,
  type Shape,
  SymbolicDim,
  sizeOf,
  sum,
  Tensor,
  toValues,
  zeros,
} from "../../src/graph/index.ts";
import { createSession, type NDArrays, type Session } from "../../src/runtime/index.ts";

export interface EvaluateOptions {
  /** Use fused kernels (default true). */
  readonly fuse?: boolean;
  /** Values of the parameters, by name. */
  readonly parameters?: NDArrays;
  /** Threads of one operator (default 1). */
  readonly threads?: number;
  /** Inputs to list though no output reads them: their dimensions may be needed. */
  readonly inputs?: readonly Tensor[];
}

/** Inputs that outputs depend on, in the order they were traced. */
export function inputsOf(outputs: readonly Tensor[]): Tensor[] {
  const seen = new Set<Tensor["node"]>();
  const stack = outputs.map((t) => t.node);
  while (stack.length > 0) {
    const node = stack.pop()!;
    if (seen.has(node)) continue;
    seen.add(node);
    for (const t of node.inputs) stack.push(t.node);
  }
  return [...seen]
    .filter((node) => node.op.name === "input")
    .sort((a, b) => a.id - b.id)
    .map((node) => node.outputs[0]);
}

/** Lowers outputs, with the inputs they depend on. */
export function trace(
  outputs: Readonly<Record<string, Tensor>>,
  fuse = true,
  inputs: readonly Tensor[] = [],
): Program {
  const all = new Set([...inputs, ...inputsOf(Object.values(outputs))]);
  return lower({ inputs: [...all], outputs, fuse });
}

/** A session for outputs; the caller disposes of it. */
export function compile(
  outputs: Readonly<Record<string, Tensor>>,
  { fuse, parameters = {}, threads = 1, inputs }: EvaluateOptions = {},
): Promise<Session> {
  return createSession(trace(outputs, fuse, inputs), {
    threads,
    weights: ({ name }) => {
      if (!parameters[name]) throw new Error(`test: no value for parameter ${name}`);
      return parameters[name];
    },
  });
}

/** Lowers, runs once, disposes. A single tensor comes back under the name `y`. */
export async function evaluate(
  outputs: Readonly<Record<string, Tensor>> | Tensor,
  feeds: NDArrays = {},
  options: EvaluateOptions = {},
): Promise<Record<string, NDArray>> {
  const named = outputs instanceof Tensor ? { y: outputs } : outputs;
  using session = await compile(named, options);
  return session.runSync(pick(feeds, session));
}

/** The values of one tensor. */
export async function evaluateOne(y: Tensor, feeds: NDArrays = {}, options?: EvaluateOptions) {
  return (await evaluate(y, feeds, options)).y;
}

const pick = (feeds: NDArrays, session: Session): NDArrays =>
  Object.fromEntries(
    session.inputs.map(({ name }) => {
      if (!feeds[name]) throw new Error(`test: no value for input ${name}`);
      return [name, feeds[name]];
    }),
  );

export interface Tolerance {
  /** |actual - expected| <= atol + rtol · |expected|. Defaults 1e-5 and 1e-6. */
  readonly rtol?: number;
  readonly atol?: number;
}

/** Throws where dtype, shape or any element differs; NaN equals NaN. */
export function expectClose(
  actual: NDArray,
  expected: NDArray,
  { rtol = 1e-5, atol = 1e-6 }: Tolerance = {},
  what = "array",
): void {
  const type = (a: NDArray) => `${a.dtype} [${a.shape.join(", ")}]`;
  if (type(actual) !== type(expected)) {
    throw new Error(`${what}: got ${type(actual)}, expected ${type(expected)}`);
  }
  const [a, b] = [toValues(actual), toValues(expected)];
  const wrong: string[] = [];
  let [count, largest] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    if (Object.is(a[i], b[i]) || a[i] === b[i]) continue;
    const error = Math.abs(a[i] - b[i]);
    if (error <= atol + rtol * Math.abs(b[i])) continue;
    count++;
    largest = Math.max(largest, Number.isNaN(error) ? Number.POSITIVE_INFINITY : error);
    if (wrong.length < 8) {
      wrong.push(`  [${unravel(i, expected.shape)}] got ${a[i]}, expected ${b[i]}`);
    }
  }
  if (count > 0) {
    throw new Error(
      `${what}: ${count} of ${a.length} elements of ${type(expected)} differ by up to ${largest} ` +
        `(rtol ${rtol}, atol ${atol}):\n${wrong.join("\n")}`,
    );
  }
}

function unravel(flat: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  for (let axis = shape.length - 1, rest = flat; axis >= 0; axis--) {
    index.unshift(rest % shape[axis]);
    rest = Math.floor(rest / shape[axis]);
  }
  return index;
}

/** Uniform numbers in [0, 1) from a seed (Mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Uniform values in [low, high); integers for integer dtypes. */
export function randomArray(
  dtype: DType,
  shape: readonly number[],
  seed: number,
  low = -2,
  high = 2,
): NDArray {
  const next = randomNumbers(seed);
  const whole = !["f16", "f32", "f64", "bf16"].includes(dtype);
  const values = Array.from({ length: sizeOf(shape) }, () => {
    const v = low + (high - low) * next();
    return whole ? Math.floor(v) : v;
  });
  return fromValues(dtype, shape, values);
}

/** Distinct values, at least `gap` apart, in random order: for ops with ties or kinks. */
export function distinctArray(dtype: DType, shape: readonly number[], seed: number, gap = 0.1) {
  const size = sizeOf(shape);
  const next = randomNumbers(seed);
  const values = Array.from({ length: size }, (_, i) => (i - size / 2 + 0.3) * gap);
  for (let i = size - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [values[i], values[j]] = [values[j], values[i]];
  }
  return fromValues(dtype, shape, values);
}

export const seeds: fc.Arbitrary<number> = fc.integer({ min: 1, max: 2 ** 31 - 1 });

/** Random shapes without empty axes. */
export const shapes = (minRank = 0, maxRank = 3, maxDim = 3): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: 1, max: maxDim }), { minLength: minRank, maxLength: maxRank });

/** `count` shapes that broadcast together: axes dropped in front or set to 1. */
export const broadcastable = (count: number, maxRank = 3): fc.Arbitrary<number[][]> =>
  shapes(0, maxRank).chain((whole) =>
    fc.array(
      fc
        .tuple(
          fc.integer({ min: 0, max: whole.length }),
          fc.array(fc.boolean(), { minLength: whole.length, maxLength: whole.length }),
        )
        .map(([drop, ones]) => whole.map((d, i) => (ones[i] ? 1 : d)).slice(drop)),
      { minLength: count, maxLength: count },
    ),
  );

export interface TraceOptions {
  /** Shapes to trace with where they are symbolic; default those of the values. */
  readonly shapes?: readonly Shape[];
}

export interface GradientOptions extends Tolerance, TraceOptions {
  /** Float inputs are converted to this (default f64, the only one precise enough). */
  readonly dtype?: DType;
  /** Half of the distance of the two points (default 1e-5). */
  readonly epsilon?: number;
  /** Indices of the inputs to differentiate by (default: all float ones). */
  readonly wrt?: readonly number[];
  /** Lower with fused kernels (default true). */
  readonly fuse?: boolean;
}

const FLOATS: readonly DType[] = ["f16", "f32", "f64", "bf16"];
const convert = (a: NDArray, dtype: DType): NDArray =>
  FLOATS.includes(a.dtype) ? fromValues(dtype, a.shape, toValues(a)) : a;

const inputsFor = (values: readonly NDArray[], options: TraceOptions): Tensor[] =>
  values.map((v, i) => input(`x${i}`, v.dtype, options.shapes?.[i] ?? v.shape));

const feedsFor = (values: readonly NDArray[]): Record<string, NDArray> =>
  Object.fromEntries(values.map((v, i) => [`x${i}`, v]));

/** Concrete shape of a tensor traced from inputs that have these values. */
export function concreteShape(
  shape: Shape,
  inputs: readonly Tensor[],
  values: readonly NDArray[],
): number[] {
  const symbols = new Map<string, number>();
  inputs.forEach((x, i) => {
    x.shape.forEach((d, axis) => {
      if (d instanceof SymbolicDim) symbols.set(`${d}`, values[i].shape[axis]);
    });
  });
  return shape.map((d) => dimEvaluate(d, symbols));
}

/**
 * Compares `grad` with central differences. The result of `build` is contracted with a fixed
 * random cotangent; the contraction of the differences is done in doubles outside the graph.
 *
 * @param build traces the function; any shape
 * @param values where to differentiate; away from kinks
 */
export async function checkGradients(
  build: (inputs: Tensor[]) => Tensor,
  values: readonly NDArray[],
  options: GradientOptions = {},
): Promise<void> {
  const { dtype = "f64", epsilon = 1e-5, rtol = 1e-5, atol = 1e-7, fuse } = options;
  const points = values.map((v) => convert(v, dtype));
  const inputs = inputsFor(points, options);
  const y = build(inputs);
  const cotangentValue = randomArray(y.dtype, concreteShape(y.shape, inputs, points), 7, 0.5, 1.5);
  const cotangent = input("cotangent", y.dtype, y.shape);
  const floats = inputs.flatMap((x, i) => (FLOATS.includes(x.dtype) ? [i] : []));
  const wrt = options.wrt ?? floats;
  const gradients = grad(
    sum(mul(y, cotangent)),
    wrt.map((i) => inputs[i]),
  );
  const feeds = { ...feedsFor(points), cotangent: cotangentValue };
  const found = await evaluate(Object.fromEntries(gradients.map((g, k) => [`g${k}`, g])), feeds, {
    fuse,
    inputs,
  });
  using session = await compile({ y }, { fuse, inputs });
  const weights = toValues(cotangentValue);
  const read = session.inputs.map(({ name }) => name);
  wrt.forEach((i, k) => {
    const point = points[i];
    const numbers = toValues(point);
    const at = (j: number, value: number): number[] => {
      const moved = numbers.slice();
      moved[j] = value;
      const all: Record<string, NDArray> = { ...feeds };
      all[`x${i}`] = fromValues(dtype, point.shape, moved);
      return toValues(session.runSync(Object.fromEntries(read.map((n) => [n, all[n]]))).y);
    };
    const expected = numbers.map((value, j) => {
      const [up, down] = [at(j, value + epsilon), at(j, value - epsilon)];
      let slope = 0;
      for (let m = 0; m < up.length; m++) slope += weights[m] * (up[m] - down[m]);
      return slope / (2 * epsilon);
    });
    const wanted = fromValues(dtype, point.shape, expected);
    expectClose(found[`g${k}`], wanted, { rtol, atol }, `gradient by input ${i}`);
  });
}

/**
 * Compares fused kernels with decompositions, in f32. Fails where both programs are the same,
 * since nothing would have been compared.
 */
export async function checkFused(
  build: (inputs: Tensor[]) => Tensor | Readonly<Record<string, Tensor>>,
  values: readonly NDArray[],
  { rtol = 1e-5, atol = 1e-5, ...options }: Tolerance & TraceOptions = {},
): Promise<Record<string, NDArray>> {
  const points = values.map((v) => convert(v, "f32"));
  const outputs = (): Record<string, Tensor> => {
    const y = build(inputsFor(points, options));
    return y instanceof Tensor ? { y } : { ...y };
  };
  const [fused, plain] = [outputs(), outputs()];
  if (trace(fused).hash === trace(plain, false).hash) {
    throw new Error("checkFused: the fused program is the decomposition");
  }
  const actual = await evaluate(fused, feedsFor(points));
  const expected = await evaluate(plain, feedsFor(points), { fuse: false });
  for (const name of Object.keys(expected)) {
    expectClose(actual[name], expected[name], { rtol, atol }, name);
  }
  return actual;
}

export interface Fixture {
  readonly arrays: Readonly<Record<string, NDArray>>;
  /** Free-form data stored with the arrays, under the metadata key `cases`. */
  readonly cases: readonly FixtureCase[];
}

/** One call of the reference: `inputs` and `outputs` name arrays of the file. */
export interface FixtureCase {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}

/** Reads `test/fixtures/<path>.safetensors`. */
export async function readFixture(path: string): Promise<Fixture> {
  const file = fileURLToPath(new URL(`../fixtures/${path}.safetensors`, import.meta.url));
  using checkpoint = await openCheckpoint(file);
  const arrays = Object.fromEntries(
    checkpoint.names.map((name) => {
      const stored = checkpoint.read(name);
      // A copy: the file's mapping ends with the checkpoint.
      const { data } = stored;
      const copy = zeros(stored.dtype, stored.shape);
      new Uint8Array(copy.data.buffer).set(
        new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      );
      return [name, copy];
    }),
  );
  return { arrays, cases: JSON.parse(checkpoint.metadata.get("cases") ?? "[]") as FixtureCase[] };
}
