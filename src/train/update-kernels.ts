/** The optimisers' updates as WebAssembly functions: `Kernels` says what each computes. */

import { loopWhileBelow, op, type WasmFunction } from "../runtime/wasm-assembler.ts";

type Bytes = readonly number[];

export const sequence = (...parts: readonly Bytes[]): Bytes => parts.flat();
/** Moves an address on by a vector. */
export const advance = (local: number): Bytes =>
  sequence(op.get(local), op.i32Const(16), op.i32Add, op.set(local));

/** What the body of an update works with: locals that hold vectors, and instructions over them. */
interface Vectors<Scalar extends string> {
  /** Pushes the vector at an array's address. */
  readonly load: (array: number) => Bytes;
  /** Pushes a scalar in all lanes. */
  readonly all: (scalar: Scalar) => Bytes;
  /** Two locals for vectors. */
  readonly scratch: readonly [number, number];
}

/**
 * A function over `arrays` addresses, a count of bytes and f32 scalars, whose body runs for each
 * vector of four lanes.
 */
function update<Scalar extends string>(
  name: string,
  arrays: number,
  scalars: readonly Scalar[],
  body: (vectors: Vectors<Scalar>) => readonly Bytes[],
): WasmFunction {
  const bytes = arrays;
  const first = arrays + 1;
  const end = first + scalars.length;
  const splat = end + 1;
  const scratch = splat + scalars.length;
  const addresses = Array.from({ length: arrays }, (_, i) => i);
  const vectors: Vectors<Scalar> = {
    load: (array) => sequence(op.get(array), op.load),
    all: (scalar) => op.get(splat + scalars.indexOf(scalar)),
    scratch: [scratch, scratch + 1],
  };
  return {
    name,
    parameters: [
      ...Array<"i32">(arrays + 1).fill("i32"),
      ...Array<"f32">(scalars.length).fill("f32"),
    ],
    locals: ["i32", ...Array<"v128">(scalars.length + 2).fill("v128")],
    body: [
      sequence(op.get(0), op.get(bytes), op.i32Add, op.set(end)),
      ...scalars.map((_, i) => sequence(op.get(first + i), op.splat, op.set(splat + i))),
      loopWhileBelow(0, end, [...body(vectors), ...addresses.map(advance)]),
    ],
  };
}

const [p, g, m, v] = [0, 1, 2, 3];

const adamw = update(
  "adamw",
  4,
  ["scale", "beta1", "beta2", "rest1", "rest2", "keep", "rate", "root", "epsilon"],
  ({ load, all, scratch: [grad, moment] }) => [
    sequence(load(g), all("scale"), op.mul, op.set(grad)),
    // m, whose vector stays on for p
    sequence(op.get(m), load(m), all("beta1"), op.mul),
    sequence(op.get(grad), all("rest1"), op.mul, op.add, op.store),
    // v
    sequence(op.get(v), load(v), all("beta2"), op.mul),
    sequence(op.get(grad), op.get(grad), op.mul, all("rest2"), op.mul, op.add),
    sequence(op.tee(moment), op.store),
    // p
    sequence(op.get(p), load(p), all("keep"), op.mul),
    sequence(load(m), all("rate"), op.mul),
    sequence(op.get(moment), op.sqrt, all("root"), op.mul, all("epsilon"), op.add, op.div),
    sequence(op.sub, op.store),
  ],
);

const lion = update(
  "lion",
  3,
  ["scale", "beta1", "beta2", "rest1", "rest2", "keep", "rate"],
  ({ load, all, scratch: [grad, direction] }) => [
    sequence(load(g), all("scale"), op.mul, op.set(grad)),
    sequence(load(m), all("beta1"), op.mul, op.get(grad), all("rest1"), op.mul, op.add),
    sequence(op.set(direction)),
    sequence(op.get(p), load(p), all("keep"), op.mul),
    // Comparisons give -1 where true: (d < 0) - (d > 0) is the sign.
    sequence(op.get(direction), op.zero, op.lessThan),
    sequence(op.get(direction), op.zero, op.greaterThan, op.subI32, op.fromI32),
    sequence(all("rate"), op.mul, op.sub, op.store),
    sequence(op.get(m), load(m), all("beta2"), op.mul),
    sequence(op.get(grad), all("rest2"), op.mul, op.add, op.store),
  ],
);

const sgd = update(
  "sgd",
  3,
  ["scale", "momentum", "ahead", "own", "keep", "rate"],
  ({ load, all, scratch: [grad, moment] }) => [
    sequence(load(g), all("scale"), op.mul, op.set(grad)),
    sequence(op.get(m), load(m), all("momentum"), op.mul, op.get(grad), op.add),
    sequence(op.tee(moment), op.store),
    sequence(op.get(p), load(p), all("keep"), op.mul),
    sequence(op.get(moment), all("ahead"), op.mul, op.get(grad), all("own"), op.mul, op.add),
    sequence(all("rate"), op.mul, op.sub, op.store),
  ],
);

const mix = update("mix", 2, ["keepA", "addB"], ({ load, all }) => [
  sequence(op.get(0), load(0), all("keepA"), op.mul),
  sequence(load(1), all("addB"), op.mul, op.add, op.store),
]);

export const updates: readonly WasmFunction[] = [adamw, lion, sgd, mix];
