/** HellaSwag-Pro (Li et al. 2025, arXiv 2502.11393): what variants of a question cost. */

import { join } from "node:path";
import { packageRoot } from "../../src/cli/package-root.ts";
import {
  answersOf,
  createLocalModel,
  type Form,
  hellaswagProForms,
  robustnessOf,
} from "../../src/evaluate/index.ts";
import { defineRecipe, type Outcome, type TrialContext } from "../../src/recipe/index.ts";
import { between, curvesOf, over, share } from "./events.ts";
import { answer, PLAYERS, WAYS } from "./players.ts";

interface Settings {
  /** A folder of the package, or ORG/NAME in the cache. */
  readonly model: string;
  readonly questions: number;
}

const variants = hellaswagProForms.slice(1);

async function runTrial(context: TrialContext<Settings>): Promise<Outcome> {
  const { arm, seed, dir, signal, progress, settings } = context;
  const { model, questions } = settings;
  const path = model.startsWith("models/") ? join(packageRoot(), model) : model;
  const answers = await answer({
    arm,
    questions,
    seed,
    dir,
    signal,
    model: () => createLocalModel(path),
    onProgress: progress,
  });
  const robust = (language = "") => {
    const own = answers.filter(({ item }) => item.id.startsWith(language));
    const items = own.map(({ item, right }) => ({ ...item, values: { ...item.values, right } }));
    const found = robustnessOf(answersOf(items, "right"), { samples: 1 });
    return Object.fromEntries(Object.entries(found).map(([key, { value }]) => [key, value]));
  };
  const [all, english, chinese] = [robust(), robust("en"), robust("zh")];
  return {
    metrics: {
      ...all,
      "OA en": english.OA!,
      "RLA en": english.RLA!,
      "OA zh": chinese.OA!,
      "RLA zh": chinese.RLA!,
    },
    ...(arm in WAYS && { curves: curvesOf(answers) }),
  };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const MODEL = "log-likelihood";
const others = (form: Form): readonly Form[] => variants.filter((each) => each !== form);

export default defineRecipe<Settings>({
  name: "hellaswag-pro",
  title: "What seven variants of a question cost",
  paper: "HellaSwag-Pro (arXiv 2502.11393)",
  claim:
    "variants of a question lower accuracy; negation falls below chance, and restatement costs least",
  presets: {
    quick: {
      arms: [...Object.keys(WAYS), ...Object.keys(PLAYERS)],
      seeds: [1, 2, 3],
      settings: { model: "models/onefold-mini", questions: 32 },
      minutes: 10,
    },
    full: {
      arms: [...Object.keys(WAYS), ...Object.keys(PLAYERS)],
      seeds: [1, 2, 3],
      settings: { model: "Qwen/Qwen2.5-0.5B", questions: 32 },
      minutes: 120,
    },
  },
  runTrial,
  checks: [
    {
      claim: "variants lower accuracy: RLA",
      isCentral: true,
      ...over(MODEL, (r) => share(r, "original") - mean(variants.map((form) => share(r, form)))),
      expected: "above",
    },
    {
      claim: "negation falls below chance",
      isCentral: true,
      ...over(MODEL, (r) => share(r, "negation")),
      expected: "below",
      threshold: 0.25,
    },
    {
      claim: "negation is the worst variant: next worst less negation",
      isCentral: true,
      ...over(
        MODEL,
        (r) => Math.min(...others("negation").map((form) => share(r, form))) - share(r, "negation"),
      ),
      expected: "above",
    },
    {
      claim: "restatement is the best variant: restatement less next best",
      isCentral: true,
      ...over(
        MODEL,
        (r) =>
          share(r, "restatement") -
          Math.max(...others("restatement").map((form) => share(r, form))),
      ),
      expected: "above",
    },
    {
      claim: "the model knows some originals: OA",
      isCentral: false,
      ...over(MODEL, (r) => share(r, "original")),
      expected: "above",
      threshold: 0.25,
    },
    {
      claim: "the right context helps: OA less OA with the context of another question",
      isCentral: false,
      ...between(MODEL, "context of another", (pairs) =>
        mean(pairs.map(([own, other]) => own.original - other.original)),
      ),
      expected: "above",
    },
    {
      claim: "mutual information raises negation",
      isCentral: false,
      ...between(MODEL, "mutual information", (pairs) =>
        mean(pairs.map(([plain, mutual]) => mutual.negation - plain.negation)),
      ),
      expected: "above",
    },
    {
      claim: "with letters, the right choice first raises ARA over shuffled choices",
      isCentral: false,
      ...between("letters", "letters, right one first", (pairs) =>
        mean(
          pairs.map(([mixed, first]) => mean(variants.map((form) => first[form] - mixed[form]))),
        ),
      ),
      expected: "above",
    },
  ],
  columns: {
    OA: "OA",
    ARA: "ARA",
    RLA: "RLA",
    CRA: "CRA",
    SRA: "all seven right",
    flip: "flipped",
    excess: "ARA above guessing",
    "OA en": "OA en",
    "RLA en": "RLA en",
    "OA zh": "OA zh",
    "RLA zh": "RLA zh",
    ...Object.fromEntries(variants.map((form) => [`ARA/${form}`, form])),
  },
  plots: (trials) => ({
    forms: {
      title: "Share right by form, log-likelihood (dots: seeds)",
      y: { label: "share right" },
      bars: hellaswagProForms.map((form) => {
        const key = form === "original" ? "OA" : `ARA/${form}`;
        const { mean: value = 0, values = [] } = trials.estimate(key, MODEL) ?? {};
        return { label: form, value, points: values };
      }),
    },
  }),
});
