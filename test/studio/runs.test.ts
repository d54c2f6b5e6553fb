import { appendFileSync } from "node:fs";
import { expect, it } from "vitest";
import { trimMetrics } from "../../src/train/metrics.ts";
import { formatRoute, MOST_RUNS, parseRoute } from "../../studio/src/route.ts";
import { formatAlong, formatValue, xAxis, yAxis } from "../../studio/src/runs/axis.ts";
import { lineStyles } from "../../studio/src/runs/colours.ts";
import { Curves, nearest, type Point, smooth } from "../../studio/src/runs/curves.ts";
import { groupMeasures } from "../../studio/src/runs/measures.ts";
import { readable, sampleSteps, samplesAt } from "../../studio/src/runs/sample-rows.ts";
import { settingRows } from "../../studio/src/runs/settings-rows.ts";
import { RunWatcher } from "../../studio/src/runs/watcher.ts";
import { ServerError } from "../../studio/src/stream.ts";
import { asking, metricsLine, runsFolder } from "../serve/runs-folder.ts";

const point = (x: number, y: number, lines = 1): Point => ({
  x,
  step: x,
  lines,
  y,
  low: y,
  high: y,
});

it("addresses say what is shown, and nonsense in them shows the usual", () => {
  const route = parseRoute("#/runs?run=sums/a&run=b%20c&x=tokens&smooth=50");
  const others = { reports: [], file: "" };
  const shown = { runs: ["sums/a", "b c"], along: "tokens", smoothing: 50 };
  expect(route).toEqual({ ...others, ...shown, page: "runs" });
  expect(parseRoute(formatRoute(route))).toEqual(route);
  const usual = { ...others, runs: [], along: "steps", smoothing: 10 };
  expect(parseRoute("")).toEqual({ page: "chat", ...usual });
  expect(parseRoute("#/model")).toEqual({ page: "model", ...usual });
  expect(parseRoute("#/runs?x=miles&smooth=7")).toEqual({ page: "runs", ...usual });
  expect(formatRoute(parseRoute("#/runs?x=miles"))).toBe("#/runs");
  const many = Array.from({ length: 20 }, (_, i) => `run=${i}`).join("&");
  expect(parseRoute(`#/runs?${many}`).runs).toHaveLength(MOST_RUNS);
});

it("smooths without the pull of the start, and alike whether lines come one by one or joined", () => {
  expect(smooth([point(1, 5), point(2, 5), point(3, 5)], 10)).toEqual([5, 5, 5]);
  // Weights 1/2, 1/4 of what is left: (2 * 1/2 + 4 * 1/4) / (3/4), newest first.
  expect(smooth([point(1, 4), point(2, 2)], 2)[1]).toBeCloseTo(8 / 3, 12);
  expect(smooth([point(1, 4), point(2, 2)], 1)).toEqual([4, 2]);
  const single = smooth([point(1, 1), point(2, 3), point(3, 3), point(4, 7)], 5);
  const joined = smooth([point(1, 1), point(3, 3, 2), point(4, 7)], 5);
  expect([joined[0], joined[1], joined[2]]).toEqual(
    [single[0], single[2], single[3]].map((value) => expect.closeTo(value!, 12)),
  );
});

it("finds the nearest point", () => {
  const points = [0, 10, 20, 50].map((x) => ({ x }));
  const found = [-5, 4, 6, 15, 36, 999].map((x) => nearest(points, x));
  expect(found).toEqual([0, 0, 1, 1, 3, 3]);
  expect(nearest([], 1)).toBe(-1);
});

it("places evaluations between the steps that are known, by tokens and by time", () => {
  const curves = new Curves();
  curves.add({
    next: "",
    has_more: false,
    is_restart: false,
    lines: [10, 10],
    step: [10, 20],
    tokens: [1000, 3000],
    seconds: [5, 5],
    metrics: { loss: { mean: [2, 1], low: [1, 1], high: [9, 1] }, kl: { mean: [null, 3] } },
  });
  const along = (kind: "steps" | "tokens" | "time") =>
    [0, 5, 10, 15, 20, 99].map(curves.placeOf(kind));
  expect(along("tokens")).toEqual([0, 500, 1000, 2500, 4000, 4000]);
  expect(along("time")).toEqual([0, 2.5, 5, 7.5, 10, 10]);
  expect(along("steps")).toEqual([0, 5, 10, 15, 20, 99]);
  expect(curves.series("loss", "tokens").map(({ x, y, high }) => [x, y, high])).toEqual([
    [1000, 2, 9],
    [4000, 1, 1],
  ]);
  expect(curves.series("kl", "steps")).toEqual([
    { x: 20, step: 20, lines: 10, y: 3, low: 3, high: 3 },
  ]);
  expect(curves.totals).toEqual({ step: 20, tokens: 4000, seconds: 10 });
});

it("marks axes at round values, and logarithmic ones no longer than they need", () => {
  const linear = yAxis([0.3, 5.4], false);
  expect(linear.ticks.map(({ label }) => label)).toEqual(["0", "2", "4", "6"]);
  expect([linear.at(0), linear.at(6), linear.of(0.5)]).toEqual([0, 1, 3]);
  const narrow = yAxis([2.1, 3.4], true);
  expect(narrow.at(2.1)).toBeGreaterThan(0);
  expect(narrow.at(2.1)).toBeLessThan(0.2);
  expect(narrow.at(3.4)).toBeGreaterThan(0.8);
  expect(narrow.ticks.length).toBeGreaterThanOrEqual(1);
  expect(narrow.of(narrow.at(2.5))).toBeCloseTo(2.5, 10);
  const wide = yAxis([1e-6, 1e3], true).ticks.map(({ value }) => Math.log10(value));
  expect(wide.length).toBeGreaterThan(3);
  expect(wide.every((power) => Math.abs(power - Math.round(power)) < 1e-9)).toBe(true);
  expect(yAxis([0.12, 0.1201], true).ticks.length).toBeGreaterThan(0);
  for (const values of [[1], [1, 874], [3, 1e6], [0, 7], []]) {
    const { ticks, at } = xAxis(values, "steps");
    expect(ticks.length, String(values)).toBeGreaterThan(1);
    for (const { value } of ticks)
      expect(at(value)).toBeCloseTo(Math.min(1, Math.max(0, at(value))), 12);
  }
  expect(xAxis([0, 7200], "time").ticks.map(({ label }) => label)).toContain("1.0 h");
});

it("writes numbers as people read them", () => {
  const values = [0, 0.15734, 3.5e-5, -2.25, 12_345.6, 2_500_000, -250_000];
  expect(values.map(formatValue)).toEqual([
    "0",
    "0.1573",
    "3.5e-5",
    "-2.25",
    "12,346",
    "2.50 M",
    "-250 K",
  ]);
  const places = [formatAlong(1200, "steps"), formatAlong(2e6, "tokens"), formatAlong(90, "time")];
  expect(places).toEqual(["step 1,200", "2.00 M tokens", "1 min 30 s"]);
});

it("groups what a run measures, and names what nobody foresaw", () => {
  const groups = groupMeasures([
    "tokens",
    "kl",
    "reward short",
    "myScore_2",
    "loss",
    "held.loss",
    "moe_z",
  ]);
  expect(groups.map(({ title, measures }) => [title, measures.map(({ label }) => label)])).toEqual([
    ["Learning", ["Loss", "Held-out loss"]],
    ["Rewards", ["Reward short"]],
    ["Policy", ["KL divergence"]],
    ["Experts", ["Router z-loss"]],
    ["More", ["My score 2"]],
    ["Each step", ["Tokens a step"]],
  ]);
  expect(groups.at(-1)!.isFolded).toBe(true);
});

it("sets samples of several runs side by side, as of the step that is looked at", () => {
  const prompt = "<|im_start|>user\n1+1?<|im_end|>\n<|im_start|>assistant\n";
  const sample = (step: number, text: string) => ({ step, prompt, text, expected: "2" });
  const runs = [
    { name: "a", samples: [sample(0, "x"), sample(100, "2")] },
    { name: "b", samples: [sample(0, "y"), sample(50, "3")] },
  ];
  expect(sampleSteps(runs)).toEqual([0, 50, 100]);
  const texts = (step: number) => samplesAt(runs, step)[0]!.answers.map(({ text }) => text);
  expect([texts(0), texts(50), texts(100)]).toEqual([
    ["x", "y"],
    ["x", "3"],
    ["2", "3"],
  ]);
  expect(samplesAt(runs, 100)[0]).toMatchObject({ prompt: "user: 1+1?", expected: "2" });
  expect(readable("plain text")).toBe("plain text");
});

it("tells which settings differ; a run without a checkpoint differs in none", () => {
  const rows = settingRows([
    { "train.lr": 0.1, method: "sft" },
    { "train.lr": 0.2, method: "sft" },
    {},
  ]);
  expect(rows).toEqual([
    { key: "method", values: ["sft", "sft", "–"], differs: false },
    { key: "train.lr", values: ["0.1", "0.2", "–"], differs: true },
  ]);
  expect(settingRows([{ a: 1 }, { b: null }]).map(({ differs }) => differs)).toEqual([true, true]);
});

/** Linear light of #rrggbb. */
const linear = (hex: string): number[] =>
  [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
const luminance = ([r, g, b]: number[]): number => 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;

/** Machado, Oliveira and Fernandes 2009, severity 1. */
const sights: Readonly<Record<string, readonly (readonly number[])[]>> = {
  usual: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
};

/** CIE Lab, D65. */
function lab(rgb: number[]): number[] {
  const rows = [
    [0.4124, 0.3576, 0.1805],
    [0.2126, 0.7152, 0.0722],
    [0.0193, 0.1192, 0.9505],
  ];
  const white = [0.9505, 1, 1.089];
  const [x, y, z] = rows.map((row, i) => {
    const t = row.reduce((sum, w, j) => sum + w * Math.max(0, rgb[j]!), 0) / white[i]!;
    return t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116;
  }) as [number, number, number];
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

it.each([
  ["light", "#ffffff"],
  ["dark", "#1b1d23"],
] as const)("colours of runs stand out in %s, for colour-blind readers too", (scheme, back) => {
  const ground = luminance(linear(back));
  for (const style of lineStyles) {
    const own = luminance(linear(style[scheme]));
    const ratio = (Math.max(own, ground) + 0.05) / (Math.min(own, ground) + 0.05);
    expect(ratio, style[scheme]).toBeGreaterThan(3);
  }
  for (const [sight, matrix] of Object.entries(sights)) {
    const seen = lineStyles.map((style) => {
      const rgb = linear(style[scheme]);
      return {
        ...style,
        lab: lab(matrix.map((row) => row.reduce((sum, w, i) => sum + w * rgb[i]!, 0))),
      };
    });
    for (const [i, a] of seen.entries()) {
      for (const b of seen.slice(i + 1)) {
        if (a.dash !== b.dash) continue; // told apart by their dashes
        const distance = Math.hypot(...a.lab.map((v, k) => v - b.lab[k]!));
        expect(distance, `${a[scheme]} and ${b[scheme]} in ${sight}`).toBeGreaterThan(15);
      }
    }
  }
});

it("keeps up with a run that grows, is trimmed and goes on, asking only for what is new", async () => {
  const runs = runsFolder();
  const file = "deep er/a/metrics.jsonl";
  runs.write(file, metricsLine(1) + metricsLine(2));
  const ask = asking(runs.root);
  const asked: string[] = [];
  const watcher = new RunWatcher(
    async (path) => {
      asked.push(path);
      const { status, body } = await ask(`/${path}`);
      if (status !== 200) throw new ServerError(status, "refused");
      return body;
    },
    () => {},
  );
  const steps = () =>
    watcher.runs
      .get("deep er/a")!
      .metrics.series("loss", "steps")
      .map(({ step }) => step);
  await watcher.update(["deep er/a", "gone"]);
  expect(steps()).toEqual([1, 2]);
  expect(watcher.runs.get("gone")).toMatchObject({ isMissing: true });
  runs.append(file, metricsLine(3));
  runs.write("deep er/a/evaluations.jsonl", '{"step":3,"accuracy":0.5}\n');
  runs.write("deep er/a/samples.jsonl", '{"step":3,"prompt":"p","text":"t"}\n');
  await watcher.update(["deep er/a"]);
  expect(steps()).toEqual([1, 2, 3]);
  expect(watcher.runs.get("deep er/a")!.held.series("accuracy", "steps")).toHaveLength(1);
  expect(watcher.runs.get("deep er/a")!.samples).toEqual([{ step: 3, prompt: "p", text: "t" }]);
  expect(watcher.runs.has("gone")).toBe(false);
  await trimMetrics(runs.path(file), 1);
  appendFileSync(runs.path(file), metricsLine(2, { tokensPerSecond: 7 }));
  await watcher.update(["deep er/a"]);
  expect(steps()).toEqual([1, 2]);
  // A run that stands still costs no more than the list.
  runs.age(file, 9999);
  await watcher.update(["deep er/a"]);
  asked.length = 0;
  await watcher.update(["deep er/a"]);
  expect(asked).toEqual(["runs"]);
});
