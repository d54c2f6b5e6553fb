/** A run's curves as SVG files, drawn from its JSON lines. */

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { saveDirectoryAtomically } from "../checkpoint/atomic.ts";
import { lineChart, type Series } from "../plot/index.ts";

/** A line of metrics.jsonl or evaluations.jsonl. */
type Line = Readonly<Record<string, unknown>>;
type Points = readonly (readonly [step: number, value: number])[];

/** Of a curve; more steps are drawn as means of as many stretches. */
const MAX_POINTS = 250;

/** Of a run's own metrics: title and unit. Others are titled by their name. */
const TITLES: Readonly<Record<string, readonly [title: string, unit: string]>> = {
  ratio: ["Importance ratio", "mean over tokens"],
  clipped: ["Clipped share", "share of tokens"],
  kl: ["Divergence from the sampling policy", "nats a token"],
  entropy: ["Entropy", "nats a token"],
  reward: ["Reward", "mean over answers"],
  length: ["Length of answers", "tokens"],
  cut: ["Answers that met the limit", "share of answers"],
};

/**
 * Writes `curves/` of a run's folder: loss, learning rate, gradient norm, each further metric (an
 * RL run's ratio, clipped share, divergence, entropy, reward and length), and evaluations. The
 * folder is replaced as a whole.
 *
 * @throws Error where it cannot be written
 */
export async function drawCurves(dir: string): Promise<void> {
  const [steps, evaluations] = await Promise.all(
    ["metrics.jsonl", "evaluations.jsonl"].map((name) => readLines(join(dir, name))),
  );
  const charts = chartsOf(steps, evaluations);
  if (charts.size === 0) return;
  await saveDirectoryAtomically(join(dir, "curves"), async (temporary) => {
    for (const [name, svg] of charts) await writeFile(join(temporary, `${name}.svg`), svg);
  });
}

/** Charts by file name, without what a run has no values of. */
export function chartsOf(
  steps: readonly Line[],
  evaluations: readonly Line[],
): Map<string, string> {
  const charts = new Map<string, string>();
  const add = (name: string, [title, unit]: readonly [string, string], series: Series[]): void => {
    const drawn = series.filter(({ points }) => points.length > 0);
    if (drawn.length === 0) return;
    const chart = { title, x: { label: "step" }, y: { label: unit }, series: drawn };
    charts.set(name, lineChart(chart));
  };
  add(
    "loss",
    ["Loss", "mean of what is learned"],
    [
      curve("training", pointsOf(steps, "loss")),
      { label: "held out", points: pointsOf(evaluations, "loss") },
    ],
  );
  add(
    "learning-rate",
    ["Learning rate", "peak times schedule"],
    [{ label: "rate", points: thinned(pointsOf(steps, "learningRate")) }],
  );
  add(
    "gradient-norm",
    ["Gradient norm", "before clipping"],
    [curve("norm", pointsOf(steps, "gradientNorm"))],
  );
  const metrics = steps.map(({ step, metrics: of }) => ({ step, ...(of as object) }) as Line);
  for (const [name, members] of groupsOf(metrics)) {
    const held = { label: "held out", points: pointsOf(evaluations, name) };
    add(fileNameOf(name), TITLES[name] ?? [titleOf(name), name], [
      ...members.map((member) => curve(labelOf(member, name), pointsOf(metrics, member))),
      held,
    ]);
  }
  const measures = new Set(evaluations.flatMap((line) => Object.keys(line)));
  const shares = [...measures].filter((name) => name !== "step" && name !== "loss");
  const held = shares.length > 0 ? shares : ["loss"];
  add(
    "evaluation",
    ["Held-out rows", held.join(", ")],
    held.map((label) => ({
      label,
      points: pointsOf(evaluations, label),
    })),
  );
  return charts;
}

/** Metrics that share a chart: `reward` with `reward exact` and `reward format`. */
function groupsOf(lines: readonly Line[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const name of new Set(lines.flatMap((line) => Object.keys(line)))) {
    if (name === "step") continue;
    const [group] = name.split(" ");
    groups.set(group, [...(groups.get(group) ?? []), name]);
  }
  return groups;
}

const labelOf = (name: string, group: string): string =>
  name === group ? "training" : name.slice(group.length + 1);
const titleOf = (name: string): string => {
  const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words[0].toUpperCase() + words.slice(1);
};
const fileNameOf = (name: string): string =>
  titleOf(name)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-");

function pointsOf(lines: readonly Line[], key: string): [number, number][] {
  return lines.flatMap((line): [number, number][] => {
    const { step, [key]: value } = line;
    return typeof step === "number" && typeof value === "number" ? [[step, value]] : [];
  });
}

/** Stretches of as many points each. */
function stretches(points: Points): Points[] {
  const size = Math.ceil(points.length / MAX_POINTS);
  return Array.from({ length: Math.ceil(points.length / size) }, (_, i) =>
    points.slice(i * size, (i + 1) * size),
  );
}

/** The last point of each stretch. */
const thinned = (points: Points): Points =>
  points.length <= MAX_POINTS ? points : stretches(points).map((each) => each[each.length - 1]);

/** Points, or means of stretches within the band of what they are means of. */
function curve(label: string, points: Points): Series {
  if (points.length <= MAX_POINTS) return { label, points };
  const parts = stretches(points);
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const valuesOf = (part: Points): number[] => part.map(([, value]) => value);
  return {
    label,
    points: parts.map((part) => [part[part.length - 1][0], mean(valuesOf(part))] as const),
    band: parts.map((part) => [Math.min(...valuesOf(part)), Math.max(...valuesOf(part))] as const),
  };
}

/** The lines of a file; none where there is no file, and without a torn one at its end. */
async function readLines(file: string): Promise<Line[]> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text.split("\n").flatMap((line): Line[] => {
    try {
      return [JSON.parse(line) as Line];
    } catch {
      return [];
    }
  });
}
