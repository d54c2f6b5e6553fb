/** Routers, capacity and balance losses against PyTorch (reference/moe.py), with gradients. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fromValues, type NDArray, toValues } from "../../src/graph/ndarray.ts";
import { add, mul } from "../../src/graph/ops/elementwise.ts";
import { input, scalar } from "../../src/graph/ops/leaf.ts";
import { sum } from "../../src/graph/ops/reduce.ts";
import { dim } from "../../src/graph/shape.ts";
import { createParameters, moe } from "../../src/nn/index.ts";
import { type Capacity, type RouterOptions, route } from "../../src/nn/moe-routing.ts";
import { createSession } from "../../src/runtime/native/session.ts";
import { gradientOf, gradientProgram, metricOf } from "../../src/train/gradient.ts";
import { type BalanceOptions, withBalance } from "../../src/train/moe/with-balance.ts";

interface Arm extends RouterOptions {
  readonly normalise: boolean;
  readonly scope: "micro" | "sequence" | "hf";
  readonly masked?: boolean;
  readonly capacity?: Capacity;
  readonly y: readonly number[];
  readonly balance: number;
  readonly z: number;
  /** Layer, token and choice of each pair that found no room. */
  readonly dropped: readonly (readonly [number, number, number])[];
  readonly gradients: Readonly<Record<string, readonly number[]>>;
}
interface Fixture {
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly values: Readonly<Record<string, readonly number[]>>;
  readonly weights: readonly number[];
  readonly mask: readonly number[];
  readonly coefficient: number;
  readonly zLoss: number;
  readonly arms: Readonly<Record<string, Arm>>;
}
const file = new URL("../fixtures/moe/routers.json", import.meta.url);
const fixture = JSON.parse(readFileSync(file, "utf8")) as Fixture; // written by reference/moe.py
const [BATCH, SEQ, HIDDEN] = fixture.shapes.x as [number, number, number];
const [EXPERTS, TOP_K, INNER] = [6, 2, 3];

/** The fixture's value of a parameter; ours has rows of gate and up in turn. */
function fixtureValue(name: string): NDArray {
  const stored = name.replace("gate_up_interleaved", "gate_up_proj");
  const [shape, values] = [fixture.shapes[stored]!, fixture.values[stored]!];
  if (stored === name) return fromValues("f32", shape, values);
  const row = (e: number, r: number): readonly number[] =>
    values.slice((e * 2 * INNER + r) * HIDDEN, (e * 2 * INNER + r + 1) * HIDDEN);
  const turned = Array.from({ length: EXPERTS }, (_, e) =>
    Array.from({ length: INNER }, (_, i) => [...row(e, i), ...row(e, INNER + i)]).flat(),
  );
  return fromValues("f32", shape, turned.flat());
}

async function runArm({ normalise, scope, masked, capacity, ...rest }: Arm) {
  const { score, grouped, bias, scale } = rest;
  const config = { experts: EXPERTS, topK: TOP_K, inner: INNER, normalise, sharedInner: 0 };
  const options: BalanceOptions = {
    coefficient: fixture.coefficient,
    zLoss: fixture.zLoss,
    scope: scope === "hf" ? "micro" : scope,
    hfCompat: scope === "hf",
    capacity,
    masked,
  };
  const program = gradientProgram(
    withBalance((p) => {
      const grid = [dim("batch"), dim("seq"), HIDDEN];
      const weights = input("weights", "f32", grid);
      const start = input("x", "f32", grid);
      let x = start;
      for (const layer of ["0", "1"]) {
        x = add(x, moe(p.in(layer), x, { ...config, router: { score, grouped, bias, scale } }));
      }
      const count = scalar(BATCH * SEQ, "f32");
      const total = sum(mul(x, weights));
      return { inputs: [weights, start], total, count, metrics: { y: x } };
    }, options),
  );
  using session = await createSession(program.program, { threads: 1 });
  const parameters = program.parameters.map(({ name }) => [name, fixtureValue(name)] as const);
  return session.run({
    ...Object.fromEntries(parameters),
    x: fixtureValue("x"),
    weights: fromValues("f32", [BATCH, SEQ, HIDDEN], fixture.weights),
    weight: fromValues("f32", [], [1]),
    ...(masked && { mask: fromValues("f32", [BATCH, SEQ], fixture.mask) }),
  });
}

function expectClose(actual: NDArray | undefined, expected: readonly number[], what: string) {
  const values = toValues(actual!) as number[];
  expect(values.length, what).toBe(expected.length);
  const off = Math.max(...values.map((v, i) => Math.abs(v - expected[i]!)));
  const size = Math.max(1, ...expected.map(Math.abs));
  expect(off / size, `${what}: largest difference`).toBeLessThan(2e-5);
}

describe.each(Object.entries(fixture.arms))("router: %s", (_, arm) => {
  it("gives PyTorch's output, loss and gradients", async () => {
    const out = await runArm(arm);
    expectClose(out[metricOf("y")], arm.y, "y");
    const task = arm.y.reduce((n, y, i) => n + y * fixture.weights[i]!, 0);
    const count = BATCH * SEQ;
    const expected = task + count * (fixture.coefficient * arm.balance + fixture.zLoss * arm.z);
    expectClose(out.loss, [expected], "loss");
    expectClose(out[metricOf("moe_z")], [count * arm.z], "z-loss");
    for (const [name, gradient] of Object.entries(arm.gradients)) {
      expectClose(out[gradientOf(name)], gradient, `gradient of ${name}`);
    }
  });

  it("computes what is chosen but dropped", async () => {
    const out = await runArm(arm);
    const [chosen, done] = ["moe_counts", "moe_processed"].map(
      (name) => toValues(out[metricOf(name)]!) as number[],
    );
    const tokens = arm.masked ? fixture.mask.reduce((a, b) => a + b) : BATCH * SEQ;
    expect(chosen!.reduce((a, b) => a + b)).toBe(2 * TOP_K * tokens);
    const lost = chosen!.reduce((n, c, i) => n + c - done![i]!, 0);
    expect(lost).toBe(arm.dropped.length);
  });
});

it("refuses groups of different sizes", () => {
  const { root } = createParameters();
  const logits = input("z", "f32", [4, 5]);
  expect(() =>
    route(root, logits, { topK: 2, normalise: false, router: { grouped: true } }),
  ).toThrow("5 experts are not 2 groups");
});
