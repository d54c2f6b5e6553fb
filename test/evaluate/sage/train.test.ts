/** Verifier and generator of a few thousand random weights, trained in folders as users do. */

import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import * as sage from "../../../src/evaluate/sage/index.ts";
import { loadModel } from "../../../src/models/index.ts";
import type { StepMetrics } from "../../../src/train/index.ts";
import { inventedItems, writeInvented } from "./invented.ts";
import { makeTinyBase } from "./tiny-base.ts";

const folder = mkdtempSync(join(tmpdir(), "onefold-sage-train-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const types = sage.chooseTypes("facts", ["restatement", "negation"]);
const notation = sage.jsonNotation;
const labelled = inventedItems(8).flatMap((source, i) =>
  types.map((type): sage.SourcedVariant => {
    const variant = notation.read(writeInvented(type.id, source), type);
    const isValid = i % 4 !== 3;
    const label = isValid ? variant.label : (variant.label + 1) % 4;
    return {
      type,
      source,
      sourceId: source.id,
      variant: { ...variant, label },
      labels: { type: true, label: isValid, unique: true },
    };
  }),
);
const set = ["train.threads=1", "dtype=f32", "data.max_length=600", "train.batch_tokens=2048"];

let base = "";
beforeAll(async () => {
  base = await makeTinyBase(folder);
}, 60_000);

it("a verifier learns, is calibrated and tested on held-out sources, and says what it was made from", async () => {
  const losses: number[] = [];
  const out = join(folder, "qual");
  const options: sage.TrainQualOptions = {
    labelled,
    types,
    notation,
    base,
    out,
    steps: 24,
    lr: 0.02,
    corrupted: 2,
    set,
    job: { onStep: ({ loss }: StepMetrics) => losses.push(loss) },
  };
  const stop = new AbortController();
  const stopping = {
    onStep: ({ step }: StepMetrics) => step === 3 && stop.abort(new Error("interrupted")),
  };
  await expect(sage.trainQual({ ...options, signal: stop.signal, job: stopping })).rejects.toThrow(
    "interrupted",
  );
  const { model, learned, agreement } = await sage.trainQual(options);
  expect(losses).toHaveLength(21); // the first three were before the stop
  expect(losses.at(-1)!).toBeLessThan(losses[0]! / 2);
  expect(learned.labelled + agreement.variants).toBeLessThan(labelled.length);
  expect(learned.corrupted).toBe(2 * learned.valid);
  const trained = (await sage.readTrainedRole(model))!;
  expect(trained).toMatchObject({
    role: "qual",
    notation: notation.version,
    base: { name: base, digest: await sage.weightsOf(base) },
  });
  expect(trained.heldOut).toHaveLength(agreement.variants);
  using opened = await sage.openRole(model);
  const qual = sage.createVariantQual({
    model: opened,
    notation,
    calibration: trained.calibration,
  });
  const { type, source, variant } = labelled[0]!;
  const { score, unread } = await qual.qualify(type, source, variant);
  expect(score > 0 && score < 1 && unread === 0).toBe(true);
  // What it left is what thresholds are chosen from.
  const chosen = await sage.chooseThresholds({
    types,
    qual: opened,
    notation,
    calls: join(folder, "none"),
    precision: 0,
    trained,
  });
  expect(chosen.calibration).toEqual(trained.calibration);
  expect(chosen.thresholds.negation).toMatchObject({
    from: "all types",
    labelled: agreement.variants,
  });
}, 120_000);

/** Takes any text for a question, so that random weights get a reward for what they write. */
const lenient: sage.Notation = {
  ...notation,
  read: (text) => ({ question: `Asked: ${text}`, choices: ["a", "b"], label: 0 }),
};
const free: sage.VariantType = { id: "free", definition: "Any other question." };

/** Wants short texts, and takes whatever it is shown for valid. */
const rewarding: sage.VariantQual = {
  model: { concurrency: 4 } as sage.VariantQual["model"],
  qualify: async (_, __, { question }) => {
    const score = 1 / (1 + question.length / 20);
    return { scores: { type: score, label: score, unique: score }, score, reasons: [], unread: 0 };
  },
};

it("a generator learns from valid variants and then by reward, in stretches that a stop does not lose", async () => {
  const out = join(folder, "gen");
  const measured: sage.Validity[] = [];
  const stages: string[] = [];
  const rewards: number[] = [];
  const options: sage.TrainGenOptions = {
    labelled,
    types: [free],
    notation: lenient,
    base,
    out,
    lora: 2,
    steps: 2,
    lr: 0.001,
    set,
    job: { onStep: ({ metrics }) => rewards.push(Number(metrics?.reward ?? 0)) },
    onStage: (stage) => stages.push(stage),
    onValidity: (validity) => measured.push(validity),
    rl: {
      method: "gspo",
      qual: rewarding,
      judge: () => 0.5,
      steps: 4,
      every: 2,
      prompts: 2,
      answers: 2,
      maxTokens: 8,
    },
  };
  const stop = new AbortController();
  const halfway = {
    ...options,
    signal: stop.signal,
    onValidity: ({ step }: sage.Validity) => step === 2 && stop.abort(new Error("interrupted")),
  };
  await expect(sage.trainGen(halfway)).rejects.toThrow("interrupted");
  const result = await sage.trainGen(options);
  expect(result.history.map(({ step }) => step)).toEqual([0, 2, 4]);
  expect(measured.map(({ step }) => step)).toEqual([4]);
  expect(stages).toEqual(["supervised", "reinforced", "supervised", "reinforced"]);
  for (const { passed, reward, judged } of result.history) {
    expect([passed, judged]).toEqual([1, 0.5]);
    expect(reward).toBeLessThan(0.5);
  }
  expect(Math.max(...rewards)).toBeGreaterThan(0.3);
  expect(result.seeds).toBeGreaterThan(0);
  expect(JSON.parse(readFileSync(join(out, "validity.json"), "utf8"))).toEqual(result.history);
  expect(existsSync(join(out, "reinforced", "adapter_config.json"))).toBe(false);
  using model = await loadModel(result.model); // whole: no adapter is needed
  expect(model.config.lora).toBeUndefined();
  expect(await sage.readTrainedRole(result.model)).toMatchObject({
    role: "gen",
    base: { name: base },
  });
}, 120_000);

it("supervised learning alone makes a generator, whose loss falls", async () => {
  const losses: number[] = [];
  const { model, history } = await sage.trainGen({
    labelled,
    types,
    notation,
    base,
    out: join(folder, "sft"),
    steps: 20,
    lr: 0.02,
    set,
    job: { onStep: ({ loss }: StepMetrics) => losses.push(loss) },
  });
  expect(history).toEqual([]);
  expect(losses.at(-1)!).toBeLessThan(losses[0]! / 2);
  expect(existsSync(join(model, "model.safetensors"))).toBe(true);
  const invalid = labelled.map((each) => ({ ...each, labels: { ...each.labels, type: false } }));
  const nothing = sage.trainGen({
    labelled: invalid,
    types,
    notation,
    base,
    out: join(folder, "no"),
  });
  await expect(nothing).rejects.toThrow("no labelled variant is valid");
}, 60_000);
