import { expect, it } from "vitest";
import { chartsOf } from "../../src/train/curves.ts";

const steps = (count: number, metrics: (i: number) => object = () => ({})) =>
  Array.from({ length: count }, (_, i) => ({
    step: i + 1,
    loss: 4 / (i + 1),
    learningRate: 1e-3,
    gradientNorm: 1,
    metrics: metrics(i),
  }));

/** Numbers of points of the lines of a chart. */
const lengths = (svg = ""): number[] =>
  [...svg.matchAll(/<polyline points="([^"]*)"/g)].map(([, points]) => points.split(" ").length);

it("draws everything that a run of reinforcement learning logs", () => {
  const metrics = (i: number) => ({
    reward: i / 10,
    "reward exact": i / 20,
    ratio: 1,
    clipped: 0.1,
    kl: 0.01,
    entropy: 2,
    length: 40,
    zeroVariance: 0,
  });
  const charts = chartsOf(steps(9, metrics), [
    { step: 0, reward: 0.1 },
    { step: 9, reward: 0.8 },
  ]);
  expect([...charts.keys()].sort()).toEqual([
    ...["clipped", "entropy", "evaluation", "gradient-norm", "kl", "learning-rate", "length"],
    ...["loss", "ratio", "reward", "zero-variance"],
  ]);
  // The whole reward, its part, and held-out rows.
  expect(lengths(charts.get("reward"))).toEqual([9, 9, 2]);
  for (const label of ["training", "exact", "held out"]) {
    expect(charts.get("reward")).toContain(`>${label}</text>`);
  }
  expect(charts.get("loss")).toContain(">Loss</text>");
});

it("draws long runs as means of stretches within their range", () => {
  const charts = chartsOf(steps(1001), []);
  expect(lengths(charts.get("loss"))).toEqual([201]); // 1001 steps in stretches of 5
  expect(charts.get("loss")).toContain("<polygon ");
  expect(lengths(chartsOf(steps(250), []).get("loss"))).toEqual([250]);
  expect(charts.has("evaluation")).toBe(false);
});

it("draws nothing of nothing, and leaves out what is not a number", () => {
  expect(chartsOf([], []).size).toBe(0);
  const charts = chartsOf(
    [
      { step: 1, loss: null },
      { step: 2, loss: 3 },
      { step: 3, loss: 2 },
    ],
    [],
  );
  expect([...charts.keys()]).toEqual(["loss"]);
  expect(lengths(charts.get("loss"))).toEqual([2]);
});
