/** OFASys (arXiv 2212.04408): one generalist of 15 tasks in place of 15 specialists. */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Check,
  defineRecipe,
  type Outcome,
  type TrialContext,
  type Trials,
} from "../../src/recipe/index.ts";
import { ofasysConfig } from "./model.ts";
import { TASKS_ALIKE } from "./plans.ts";
import {
  bootstrap,
  gainKept,
  meanKept,
  meanRatio,
  type Pair,
  pairsOf,
  ratioOf,
  type Statistic,
} from "./ratios.ts";
import { type OfasysTask, TASKS } from "./tasks.ts";
import {
  drawSamples,
  type OfasysSettings,
  referencesOf,
  shareOf,
  type TrainedScores,
  trainAndScore,
} from "./workshop.ts";

const SPECIALISTS = "specialists";
const GENERALIST = "generalist";
const MODAL = "modal FFN";
const WORDLESS = "without words";
const ARMS = [SPECIALISTS, GENERALIST, MODAL, WORDLESS] as const;

async function runTrial(context: TrialContext<OfasysSettings>): Promise<Outcome> {
  const { arm, seed, settings, dir, signal, progress } = context;
  const { vocabulary } = await shareOf(settings);
  const config = ofasysConfig(vocabulary, { ...settings, modalFfn: arm === MODAL });
  const order = { hasWords: arm !== WORDLESS, config, settings, seed, signal };
  if (arm !== SPECIALISTS) {
    const { scores, parameters } = await trainAndScore({ ...order, tasks: TASKS, dir, progress });
    return { metrics: { ...scores, parameters: parameters / 1e6 } };
  }
  const metrics: Record<string, number> = { parameters: 0 };
  for (const [i, task] of TASKS.entries()) {
    const folder = join(dir, task.name);
    const { scores, parameters } = await finishedOr(folder, () =>
      trainAndScore({
        ...order,
        tasks: [task],
        dir: folder,
        progress: (share, note) => progress((i + share) / TASKS.length, `${task.name}, ${note}`),
      }),
    );
    metrics[task.name] = scores[task.name];
    metrics[`floor of ${task.name}`] = floorOf(task, settings, seed);
    metrics.parameters += parameters / 1e6;
  }
  return { metrics };
}

/** What an earlier, killed call found in this folder, or else what is found now. */
async function finishedOr(
  folder: string,
  find: () => Promise<TrainedScores>,
): Promise<TrainedScores> {
  const file = join(folder, "scores.json");
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text !== undefined) return JSON.parse(text) as TrainedScores; // written below
  await mkdir(folder, { recursive: true });
  const found = await find();
  await writeFile(file, JSON.stringify(found));
  return found;
}

/** Score of the answer to the next question: in the right form, and right by chance. */
function floorOf(task: OfasysTask, { held }: OfasysSettings, seed: number): number {
  const samples = drawSamples(task, held, seed, "heldout");
  const answers = samples.map((_, i) => samples[(i + 1) % samples.length].record.answer);
  return task.metric.compute(answers, referencesOf(samples));
}

/** A number of an arm's pairs, for a seed, and its interval over tasks and seeds. */
function kept(arm: string, statistic: Statistic): Pick<Check, "measure" | "interval"> {
  return {
    measure(seed, trials) {
      const pairs = pairsOf(trials, arm, [seed]);
      return pairs && statistic(pairs.flat());
    },
    interval(trials) {
      const pairs = pairsOf(trials, arm);
      return pairs && bootstrap([pairs], statistic);
    },
  };
}

/** How much more of the specialists' scores arm `a` keeps than `b`, on the same tasks and seeds. */
function keptMore(
  a: string,
  b: string,
  names?: readonly string[],
): Pick<Check, "measure" | "interval"> {
  const both = (trials: Trials, seeds?: readonly number[]): Pair[][][] | undefined => {
    const [x, y] = [a, b].map((arm) => pairsOf(trials, arm, seeds, names));
    return x && y && [x, y];
  };
  const difference = (x: readonly Pair[], y: readonly Pair[]): number => meanKept(x) - meanKept(y);
  return {
    measure(seed, trials) {
      const pairs = both(trials, [seed]);
      return pairs && difference(pairs[0].flat(), pairs[1].flat());
    },
    interval(trials) {
      const pairs = both(trials);
      return pairs && bootstrap(pairs, difference);
    },
  };
}

export default defineRecipe<OfasysSettings>({
  name: "ofasys",
  title: "One generalist for fifteen specialists",
  paper: "arXiv 2212.04408",
  claim:
    "one model of 15 tasks keeps 95 % of the performance of 15 models with 16 % of their parameters, and feed-forward networks of each modality's own recover part of the gap",
  presets: {
    quick: {
      arms: ARMS,
      seeds: [1, 2],
      minutes: 15,
      settings: {
        width: 64,
        layers: 2,
        updates: 120,
        samples: 600,
        positions: 480,
        held: 50,
        learningRate: 4e-3,
        codeSteps: 300,
      },
    },
    full: {
      arms: ARMS,
      seeds: [1, 2, 3],
      minutes: 1500,
      settings: {
        width: 128,
        layers: 3,
        updates: 4000,
        samples: 16_000,
        positions: 1024,
        held: 500,
        learningRate: 2e-3,
        codeSteps: 3000,
      },
    },
  },
  runTrial,
  checks: [
    {
      claim: "the generalist keeps 0.85 of the specialists' scores (refuted below 0.8)",
      isCentral: true,
      ...kept(GENERALIST, meanKept),
      expected: "above",
      threshold: 0.85,
      refutedAt: 0.8,
    },
    {
      claim: "with networks of each modality's own it keeps more than without",
      isCentral: true,
      ...keptMore(MODAL, GENERALIST),
      expected: "above",
    },
    {
      claim: "the generalist keeps 0.95, as the paper says",
      isCentral: false,
      ...kept(GENERALIST, meanKept),
      expected: "above",
      threshold: 0.95,
    },
    {
      claim: "its mean ratio is above 0.85 where gains count in full",
      isCentral: false,
      ...kept(GENERALIST, meanRatio),
      expected: "above",
      threshold: 0.85,
      refutedAt: 0.8,
    },
    {
      claim: "it keeps 0.85 of what the specialists gain over answers to other questions",
      isCentral: false,
      ...kept(GENERALIST, gainKept),
      expected: "above",
      threshold: 0.85,
      refutedAt: 0.8,
    },
    {
      claim: "it has at most 0.16 of the specialists' parameters",
      isCentral: false,
      measure(seed, trials) {
        const [one, all] = [GENERALIST, SPECIALISTS].map((arm) =>
          trials.metric("parameters", arm, seed),
        );
        return one === undefined || all === undefined ? undefined : one / all;
      },
      expected: "below",
      threshold: 0.16,
    },
    {
      claim: "words help where tasks have slots alike: with them, more is kept than without",
      isCentral: false,
      ...keptMore(GENERALIST, WORDLESS, TASKS_ALIKE),
      expected: "above",
    },
    {
      claim: "words help over all tasks",
      isCentral: false,
      ...keptMore(GENERALIST, WORDLESS),
      expected: "above",
    },
  ],
  columns: {
    parameters: "parameters, M",
    ...Object.fromEntries(TASKS.map(({ name, unit }) => [name, `${name}: ${unit}`])),
  },
  plots: (trials) => ({
    ratios: {
      title: "Score of the generalist by the specialist's (line: over seeds)",
      y: { label: "ratio" },
      width: 1100,
      bars: TASKS.flatMap(({ name }) => {
        const pairs = pairsOf(trials, GENERALIST, trials.seeds, [name]);
        const ratios = pairs?.flat().flatMap((pair) => ratioOf(pair) ?? []) ?? [];
        if (ratios.length === 0) return [];
        return {
          label: name,
          value: ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length,
          interval: [Math.min(...ratios), Math.max(...ratios)],
          points: ratios,
        };
      }),
    },
  }),
});
