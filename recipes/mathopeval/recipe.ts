/** MathOPEval (Li et al. 2025, arXiv 2507.18140): what oracle, copying and onefold-mini score. */

import { join } from "node:path";
import {
  createLocalModel,
  generateMathOps,
  type MathOpItem,
  mathOpBaselines,
  mathOpTask,
  runTask,
  scoreMathOpAnswer,
} from "../../src/evaluate/index.ts";
import { type Check, defineRecipe, type TrialContext, Trials } from "../../src/recipe/index.ts";
import { MINI } from "../shared/mini.ts";

interface Settings {
  /** Items of each of 20 cells. */
  readonly perCell: number;
  readonly maxTokens: number;
}

const operations = ["MCG", "MCE-D", "MCE-M", "MCE-A"];

async function runTrial(context: TrialContext<Settings>) {
  const { arm, seed, settings } = context;
  const items = generateMathOps({ seed, perCell: settings.perCell });
  const isModel = arm.startsWith("onefold-mini");
  return { metrics: isModel ? await askModel(context, items) : scripted(arm, seed, items) };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, v) => sum + v, 0) / Math.max(1, values.length);

/** Items of each cell whose options' lengths are measured. */
const LENGTHS_PER_CELL = 40;

/** Players that know what they write. */
function scripted(arm: string, seed: number, items: readonly MathOpItem[]): Record<string, number> {
  const answerOf = (item: MathOpItem): string =>
    arm === "oracle" ? item.reference : (item.code ?? "");
  const chosen = (item: MathOpItem): number =>
    arm === "oracle" ? item.answer : item.options.indexOf(item.code ?? "");
  const scores = items.map((item) => ({ item, ...scoreMathOpAnswer(item, answerOf(item)).values }));
  const wrong = items.flatMap((item) =>
    item.options.flatMap((option, i) =>
      i === item.answer ? [] : (scoreMathOpAnswer(item, option).values.success ?? 0),
    ),
  );
  // Of more items, as nothing is asked about them: shares of 60 vary by 11 points.
  const many = generateMathOps({ seed, perCell: LENGTHS_PER_CELL });
  const lengths = many.map(({ options, answer }) => mathOpBaselines(options, answer));
  return {
    choice: mean(items.map((item) => (chosen(item) === item.answer ? 1 : 0))),
    ...summary(scores),
    wrongOptions: mean(wrong),
    longest: mean(lengths.map(({ longest }) => longest)),
    shortest: mean(lengths.map(({ shortest }) => shortest)),
    first: mean(lengths.map(({ first }) => first)),
  };
}

type Scored = { readonly item: MathOpItem } & Readonly<Record<string, unknown>>;

function summary(scores: readonly Scored[]): Record<string, number> {
  const of = (name: string, chosen = scores): number =>
    mean(chosen.flatMap((score) => (score[name] === undefined ? [] : Number(score[name]))));
  const edits = scores.filter(({ item }) => item.operation !== "MCG");
  const own = operations.map((operation) => [
    operation,
    of(
      "success",
      scores.filter(({ item }) => item.operation === operation),
    ),
  ]);
  return {
    success: of("success"),
    ...Object.fromEntries(own),
    executed: of("executed"),
    achieved: of("achieved", edits),
    preserved: of("preserved", edits),
    elements: of("elements"),
  };
}

async function askModel(
  { arm, seed, settings, dir, signal, progress }: TrialContext<Settings>,
  items: readonly MathOpItem[],
): Promise<Record<string, number>> {
  using model = await createLocalModel(MINI, { slots: 8 });
  const figure = arm.endsWith("hidden") ? "hidden" : "described";
  const options = { model, seed, signal };
  const asked = { items, figure, options: "changes", maxTokens: settings.maxTokens } as const;
  const run = async (format: "choice" | "free", from: number) => {
    const task = mathOpTask({ ...asked, format });
    return runTask(task, join(dir, `${format}.jsonl`), {
      ...options,
      onProgress: ({ done }) => progress(from + done / items.length / 2, format),
    });
  };
  const choice = await run("choice", 0);
  const free = await run("free", 0.5);
  const value = (name: string, metrics = free.metrics): number =>
    metrics.find((each) => each.name === name)?.value ?? 0;
  const own = operations.map((operation) => [
    operation,
    value("success", free.groups.find((group) => group.value === operation)?.metrics ?? []),
  ]);
  return {
    choice: value("acc", choice.metrics),
    success: value("success"),
    ...Object.fromEntries(own),
    executed: value("executed"),
    elements: value("elements"),
    failed: (choice.failed + free.failed) / (2 * items.length),
  };
}

const metricOf =
  (name: string, arm: string): Check["measure"] =>
  (seed, trials) =>
    trials.metric(name, arm, seed);

const checks: readonly Check[] = [
  {
    claim: "the model falls short of what the tasks allow: success less the oracle's",
    isCentral: true,
    measure: Trials.difference("success", "onefold-mini", "oracle"),
    expected: "below",
  },
  {
    claim: "the instrument: the right program always succeeds",
    isCentral: false,
    measure: metricOf("success", "oracle"),
    expected: "above",
    threshold: 0.999,
  },
  {
    claim: "the instrument: a wrong option (not done, another target, too much) never succeeds",
    isCentral: false,
    measure: metricOf("wrongOptions", "oracle"),
    expected: "below",
    threshold: 0.01,
  },
  {
    claim: "the program unchanged succeeds nowhere",
    isCentral: false,
    measure: metricOf("success", "copy"),
    expected: "below",
    threshold: 0.01,
  },
  {
    claim: "… and preserves everything else",
    isCentral: false,
    measure: metricOf("preserved", "copy"),
    expected: "above",
    threshold: 0.999,
  },
  {
    claim: "the right option is not told by its length: the longest is right in under 35 %",
    isCentral: false,
    measure: metricOf("longest", "oracle"),
    expected: "below",
    threshold: 0.35,
  },
  {
    claim: "… nor is the shortest",
    isCentral: false,
    measure: metricOf("shortest", "oracle"),
    expected: "below",
    threshold: 0.35,
  },
  {
    claim: "onefold-mini is better than chance at choosing (0.25)",
    isCentral: false,
    measure: metricOf("choice", "onefold-mini"),
    expected: "above",
    threshold: 0.25,
  },
];

export default defineRecipe<Settings>({
  name: "mathopeval",
  title: "MathOPEval: figures drawn and edited by programs",
  paper:
    "MathOPEval: A Fine-grained Evaluation Benchmark for Visual Operations of MLLMs (arXiv 2507.18140)",
  claim: "models fall far short in visual operations expressed as code",
  presets: {
    quick: {
      arms: ["oracle", "copy", "onefold-mini", "onefold-mini hidden"],
      seeds: [1, 2, 3],
      settings: { perCell: 3, maxTokens: 400 },
      minutes: 8,
    },
    full: {
      arms: ["oracle", "copy", "onefold-mini", "onefold-mini hidden"],
      seeds: [1, 2, 3, 4, 5],
      settings: { perCell: 40, maxTokens: 512 },
      minutes: 240,
    },
  },
  runTrial,
  checks,
  columns: {
    choice: "choice: accuracy",
    success: "free: success",
    ...Object.fromEntries(operations.map((operation) => [operation, operation])),
    executed: "runs to its end",
    achieved: "edits achieved",
    preserved: "edits that preserve",
    elements: "F1 of elements",
    wrongOptions: "wrong options that succeed",
    longest: "longest option right",
    shortest: "shortest option right",
    first: "first option right",
    failed: "items failed",
  },
});
