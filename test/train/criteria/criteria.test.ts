/** Task losses against PyTorch (reference/criteria.py), central differences, and by hand. */

import { describe, expect, test } from "vitest";
import {
  dim,
  fromValues,
  grad,
  input,
  mul,
  sum,
  type Tensor,
  toValues,
} from "../../../src/graph/index.ts";
import {
  contrastiveLoss,
  ctcLoss,
  diffusionLoss,
  dropWorst,
  frameLoss,
  scstLoss,
  scstWeights,
  smoothedCrossEntropy,
  stopLoss,
} from "../../../src/train/index.ts";
import {
  checkGradients,
  evaluate,
  evaluateOne,
  expectClose,
  randomArray,
  readFixture,
} from "../../graph/support.ts";

const { arrays } = await readFixture("train/criteria");

type Inputs = Readonly<Record<string, Tensor>>;
const ctc =
  (blank: number, zeroInfinity: boolean) =>
  ({ logits, labels, frames, sizes }: Inputs): Tensor =>
    ctcLoss(logits!, labels!, { frames: frames!, sizes: sizes!, blank, zeroInfinity });

/** What each case of the fixture is computed by. */
const losses: Readonly<Record<string, (inputs: Inputs) => Tensor>> = {
  smoothed: ({ logits, labels }) => smoothedCrossEntropy(logits!, labels!, { smoothing: 0.1 }),
  "closed set": ({ logits, labels, allowed }) =>
    smoothedCrossEntropy(logits!, labels!, { smoothing: 0.1, allowed: allowed! }),
  "ctc 0 infinite": ctc(0, false),
  "ctc 0 zero": ctc(0, true),
  "ctc 2 infinite": ctc(2, false),
  "ctc 2 zero": ctc(2, true),
  contrastive: ({ left, right, logScale }) => contrastiveLoss(left!, right!, logScale!),
  "contrastive clamped": ({ left, right, logScale }) => contrastiveLoss(left!, right!, logScale!),
  frames: ({ predicted, target, valid }) => frameLoss(predicted!, target!, valid!),
  stops: ({ logits, stops, valid }) => stopLoss(logits!, stops!, valid!),
  worst: ({ values, counts }) => dropWorst(values!, counts!, 0.3).losses,
};

describe("PyTorch", () => {
  test("every case of the fixture is covered", () => {
    const names = new Set(Object.keys(arrays).map((name) => name.split("/")[0]!));
    expect([...names].sort()).toEqual(Object.keys(losses).sort());
  });

  test.each(Object.keys(losses))("%s", async (name) => {
    const given = Object.entries(arrays).flatMap(([key, value]) =>
      key.startsWith(`${name}/`) ? [[key.slice(name.length + 1), value] as const] : [],
    );
    const { losses: expected, ...rest } = Object.fromEntries(given);
    const feeds = Object.fromEntries(
      Object.entries(rest).filter(([key]) => !key.startsWith("gradient ")),
    );
    const inputs = Object.fromEntries(
      Object.entries(feeds).map(([key, { dtype, shape }]) => [key, input(key, dtype, shape)]),
    );
    const wanted = Object.keys(rest).flatMap((key) => key.match(/^gradient (.*)/)?.[1] ?? []);
    const loss = losses[name]!(inputs);
    const count = toValues(expected!).length;
    const weights = input("weights", "f64", expected!.shape);
    feeds.weights = fromValues(
      "f64",
      expected!.shape,
      Array.from({ length: count }, (_, i) => 0.5 + i / (count - 1)),
    );
    const areFinite = !toValues(expected!).includes(Number.POSITIVE_INFINITY);
    // A loss that is infinite: the gradients of the others as they are.
    const total = sum(mul(loss, weights));
    const gradients = grad(
      total,
      wanted.map((key) => inputs[key]!),
    );
    const outputs = Object.fromEntries(wanted.map((key, i) => [`gradient ${key}`, gradients[i]!]));
    const found = await evaluate({ losses: loss, ...outputs }, feeds, {
      inputs: [...Object.values(inputs), weights],
    });
    const close = { rtol: 1e-9, atol: 1e-11 };
    expect(areFinite).toBe(!name.endsWith("infinite"));
    expectClose(found.losses!, expected!, close, "losses");
    for (const key of Object.keys(outputs)) expectClose(found[key]!, rest[key]!, close, key);
  });
});

describe("central differences", () => {
  const i64 = (shape: readonly number[], values: readonly number[]) =>
    fromValues("i64", shape, values);

  test("label smoothing, without and with a closed set", async () => {
    const labels = i64([4], [1, 4, -100, 0]);
    const allowed = fromValues(
      "bool",
      [4, 5],
      [1, 1, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0],
    );
    const logits = randomArray("f64", [4, 5], 3);
    await checkGradients(
      ([x, y]) => smoothedCrossEntropy(x!, y!, { smoothing: 0.2 }),
      [logits, labels],
    );
    await checkGradients(
      ([x, y, allowed]) => smoothedCrossEntropy(x!, y!, { smoothing: 0.2, allowed: allowed! }),
      [logits, labels, allowed],
    );
  });

  test("CTC", async () => {
    await checkGradients(
      ([logits, labels, frames, sizes]) =>
        ctcLoss(logits!, labels!, { frames: frames!, sizes: sizes!, blank: 1 }),
      [
        randomArray("f64", [3, 5, 4], 9),
        i64([3, 2], [2, 2, 0, 3, 3, 0]),
        i64([3], [5, 4, 3]),
        i64([3], [2, 2, 1]),
      ],
    );
  });

  test("contrastive", async () => {
    await checkGradients(
      ([left, right, scale]) => contrastiveLoss(left!, right!, scale!),
      [randomArray("f64", [4, 3], 1), randomArray("f64", [4, 3], 2), fromValues("f64", [], [1.2])],
    );
  });

  test("frames and stops", async () => {
    const valid = fromValues("bool", [2, 3], [1, 1, 1, 1, 0, 0]);
    const target = fromValues("f64", [2, 3, 2], new Array<number>(12).fill(5)); // away from kinks
    await checkGradients(
      ([x, target, valid]) => frameLoss(x!, target!, valid!),
      [randomArray("f64", [2, 3, 2], 4), target, valid],
      { wrt: [0] },
    );
    await checkGradients(
      ([x, stops, valid]) => stopLoss(x!, stops!, valid!, 3),
      [randomArray("f64", [2, 3], 4), fromValues("f64", [2, 3], [0, 0, 1, 1, 0, 0]), valid],
      { wrt: [0] },
    );
  });

  test("diffusion, and its value by hand", async () => {
    const [predicted, clean] = [
      [1, 2, 5, 5],
      [0, 0, 4, 4],
    ].map((row) => fromValues("f64", [1, 2, 2], row));
    const feeds = { predicted: predicted!, clean: clean!, weights: fromValues("f64", [1], [2]) };
    const inputs = Object.entries(feeds).map(([name, { shape }]) => input(name, "f64", shape));
    const valid = fromValues("bool", [1, 2], [1, 0]);
    const loss = diffusionLoss(inputs[0]!, inputs[1]!, inputs[2]!, input("valid", "bool", [1, 2]));
    expect(toValues(await evaluateOne(loss, { ...feeds, valid }))).toEqual([3, 0]);
    await checkGradients(
      ([x, y, w, v]) => diffusionLoss(x!, y!, w!, v!),
      [...Object.values(feeds), valid],
    );
  });

  test("self-critical weights", async () => {
    await checkGradients(
      ([x, labels, weights]) => scstLoss(x!, labels!, weights!),
      [
        randomArray("f64", [3, 4], 4),
        i64([3], [1, -100, 2]),
        fromValues("f64", [3], [1.5, -1, -0.5]),
      ],
    );
  });
});

/** Probability of the labels by every way to place classes in time. */
function ctcByHand(rows: readonly (readonly number[])[], labels: readonly number[], blank: number) {
  let total = 0;
  const visit = (path: number[], p: number): void => {
    if (path.length === rows.length) {
      const read = path.filter((c, i) => c !== blank && c !== path[i - 1]);
      if (`${read}` === `${labels}`) total += p;
      return;
    }
    for (const [c, q] of rows[path.length]!.entries()) visit([...path, c], p * q);
  };
  visit([], 1);
  return total;
}

describe("by hand", () => {
  test("CTC sums over all paths", async () => {
    const rows = [
      [0.2, 0.5, 0.3],
      [0.6, 0.1, 0.3],
      [0.1, 0.7, 0.2],
      [0.3, 0.3, 0.4],
    ];
    const logits = fromValues("f64", [1, 4, 3], rows.flat().map(Math.log));
    for (const labels of [[1], [1, 1], [1, 2], [2, 1, 2]]) {
      // No dimension is known before it runs.
      const [x, wanted, frames, sizes] = [
        input("x", "f64", [dim("batch"), dim("time"), dim("classes")]),
        input("labels", "i64", [dim("batch"), dim("length")]),
        input("frames", "i64", [dim("batch")]),
        input("sizes", "i64", [dim("batch")]),
      ];
      const loss = await evaluateOne(ctcLoss(x, wanted, { frames, sizes }), {
        x: logits,
        labels: fromValues("i64", [1, labels.length], labels),
        frames: fromValues("i64", [1], [4]),
        sizes: fromValues("i64", [1], [labels.length]),
      });
      expect(Math.exp(-toValues(loss)[0]!)).toBeCloseTo(ctcByHand(rows, labels, 0), 12);
    }
  });

  test("the target of label smoothing: 1 - ε for the label, ε shared by the others", async () => {
    // The gradient by logits is softmax minus target; at equal logits softmax is 1 / allowed.
    const [x, labels, allowed] = [
      input("x", "f32", [1, 5]),
      input("labels", "i64", [1]),
      input("allowed", "bool", [1, 5]),
    ];
    const loss = smoothedCrossEntropy(x, labels, { smoothing: 0.1, allowed });
    const [gradient] = grad(sum(loss), [x]);
    const found = await evaluateOne(gradient!, {
      x: fromValues("f32", [1, 5], [0, 0, 0, 0, 0]),
      labels: fromValues("i64", [1], [2]),
      allowed: fromValues("bool", [1, 5], [1, 0, 1, 0, 1]),
    });
    const third = 1 / 3;
    const wanted = [third - 0.05, 0, third - 0.9, 0, third - 0.05];
    expectClose(found, fromValues("f32", [1, 5], wanted), { atol: 1e-6 });
  });

  test("the worst rows are dropped from what counts, ties by their place", async () => {
    const [x, counts] = [input("x", "f32", [dim("n")]), input("counts", "bool", [dim("n")])];
    const { kept } = dropWorst(x, counts, 0.1);
    const all = fromValues("bool", [10], new Array<number>(10).fill(1));
    const values = fromValues("f32", [10], [1, 2, 3, 3, 1, 1, 1, 1, 1, 1]);
    const found = await evaluateOne(kept, { x: values, counts: all });
    expect(toValues(found)).toEqual([1, 1, 1, 0, 1, 1, 1, 1, 1, 1]);
    expect(() => dropWorst(x, counts, 1)).toThrow("dropWorst: the ratio is 1");
  });

  test("the baseline of a sentence is the mean of the others", () => {
    expect(scstWeights([3, 1, 2])).toEqual([1.5, -1.5, 0]);
    expect(scstWeights([0.5, 0.5])).toEqual([0, 0]);
    expect(() => scstWeights([1])).toThrow("scstWeights: there are 1 rewards, expected 2 or more");
    expect(() => scstWeights([1, Number.NaN])).toThrow("scstWeights: a reward is NaN");
  });
});
