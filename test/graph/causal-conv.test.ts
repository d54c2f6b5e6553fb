import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { causalConv, concat, dim, input, slice, type Tensor } from "../../src/graph/index.ts";
import { checkCases } from "./fixture-cases.ts";
import {
  checkFused,
  checkGradients,
  evaluate,
  expectClose,
  randomArray,
  seeds,
} from "./support.ts";

interface Options {
  readonly bias: boolean;
  readonly state: boolean;
  readonly activation: "silu" | undefined;
}

/** Both results of a call whose operands come as one list. */
function build([x, weight, ...rest]: Tensor[], { bias, state, activation }: Options) {
  const options = {
    bias: bias ? rest.shift() : undefined,
    state: state ? rest[0] : undefined,
    activation: activation ?? undefined,
  };
  const result = causalConv(x, weight, options);
  return [result.output, result.state];
}

function values({ bias, state }: Options, kernel: number, seq: number, seed: number) {
  const all = [randomArray("f64", [2, seq, 3], seed), randomArray("f64", [3, kernel], seed + 1)];
  if (bias) all.push(randomArray("f64", [3], seed + 2));
  if (state) all.push(randomArray("f64", [2, kernel - 1, 3], seed + 3));
  return all;
}

const calls = fc.record({
  bias: fc.boolean(),
  state: fc.boolean(),
  activation: fc.constantFrom("silu" as const, undefined),
});

describe("causalConv", () => {
  it("gives PyTorch's values", async () => {
    await checkCases("causal-conv", "causalConv", (inputs, o) =>
      build(inputs, o as unknown as Options),
    );
  });

  it("has the gradients of central differences, by both results", async () => {
    await fc.assert(
      fc.asyncProperty(
        calls,
        fc.integer({ min: 2, max: 4 }),
        fc.integer({ min: 1, max: 5 }),
        seeds,
        (options, kernel, seq, seed) =>
          checkGradients(
            (inputs) => concat(build(inputs, options), 1),
            values(options, kernel, seq, seed),
          ),
      ),
      { numRuns: 8 },
    );
  });

  it("fuses, with symbolic dimensions", async () => {
    for (const state of [false, true]) {
      const options = { bias: true, state, activation: "silu" } as const;
      const shapes = [[dim("b"), dim("s"), 3], [3, 4], [3], [dim("b"), 3, 3]];
      const traced = (inputs: Tensor[]) => {
        const [output, after] = build(inputs, options);
        return { output, after };
      };
      await checkFused(traced, values(options, 4, 5, 1), { shapes });
    }
  });

  it("continues a sequence from its state", async () => {
    const [x, w] = values({ bias: false, state: false, activation: undefined }, 4, 7, 5);
    const [xs, ws] = [input("x", "f64", [2, 7, 3]), input("w", "f64", [3, 4])];
    const whole = causalConv(xs, ws);
    const first = causalConv(slice(xs, 1, 0, 2), ws);
    const second = causalConv(slice(xs, 1, 2, 7), ws, { state: first.state });
    const found = await evaluate(
      {
        whole: whole.output,
        parts: concat([first.output, second.output], 1),
        end: whole.state,
        after: second.state,
      },
      { x, w },
    );
    expectClose(found.parts, found.whole);
    expectClose(found.after, found.end);
  });

  it("says what does not fit", () => {
    const x = input("x", "f32", [2, 5, 3]);
    const w = input("w", "f32", [3, 4]);
    expect(() => causalConv(x, input("v", "f32", [4, 4]))).toThrow("x, weight and bias do not fit");
    expect(() => causalConv(x, w, { state: x })).toThrow("the state is not [2, 3, 3]");
    expect(() => causalConv(x, w, { bias: input("b", "f32", [4]) })).toThrow("do not fit");
  });
});
