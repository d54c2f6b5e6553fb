/** VariantGen: a checkpoint learns to write variants, from valid ones and then from a verifier's reward. */

import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Reward } from "../../../train/index.ts";
import { createLocalModel } from "../../model/local-model.ts";
import { isValid } from "../calibrate.ts";
import { type VariantRow, verifierReward } from "../gen.ts";
import type { SourcedVariant } from "../labelled.ts";
import type { VariantQual } from "../qual.ts";
import type { RewardOptions } from "../reward.ts";
import { TRAINED_FILE, type TrainedRole } from "../trained-role.ts";
import type { ChoiceContent, Notation, VariantType } from "../types.ts";
import { baseOf, placeModel, runJob, type TrainingOptions } from "./job.ts";
import { policyRow, splitSources, variantRow } from "./rows.ts";
import { bestOf, type Judge, measureValidity, reasonToStop, type Validity } from "./validity.ts";

export interface TrainGenOptions extends TrainingOptions {
  readonly labelled: readonly SourcedVariant[];
  /** Asked of every source in reinforcement learning. */
  readonly types: readonly VariantType[];
  readonly notation: Notation;
  /** Steps on valid variants (default 300; 0: none). */
  readonly steps?: number;
  /** Of these (default 1e-5, of an adapter 1e-4). */
  readonly lr?: number;
  readonly heldOut?: number;
  /** Absent: valid variants alone are learned from. */
  readonly rl?: PolicyOptions;
  readonly onStage?: (stage: "supervised" | "reinforced") => void;
  readonly onValidity?: (validity: Validity) => void;
}

export interface PolicyOptions {
  readonly method: "gspo" | "grpo";
  /** The verifier whose scores are the reward. */
  readonly qual: VariantQual;
  readonly reward?: RewardOptions;
  /** Says when to stop, and never rewards (default: the verifier itself, which cannot see that it is gamed). */
  readonly judge?: Judge;
  /** Rounds (default 300). */
  readonly steps?: number;
  /** Rounds between measurements of validity (default 20). */
  readonly every?: number;
  /** Prompts of a round, and answers to each (default 8 and 8). */
  readonly prompts?: number;
  readonly answers?: number;
  /** Of an answer (default 512). */
  readonly maxTokens?: number;
  /** Weight of the divergence from the supervised model (default 0.02). */
  readonly beta?: number;
  /** Default 1e-6, of an adapter 1e-5. */
  readonly lr?: number;
}

export interface TrainedGen {
  readonly model: string;
  /** Valid variants that were learned from. */
  readonly seeds: number;
  /** On sources that nothing was learned from: before, and during, reinforcement learning. */
  readonly history: readonly Validity[];
  /** Why reinforcement learning ended before its last step. */
  readonly stopped?: string;
}

/**
 * Supervised first, then reinforced in stretches; after each, one candidate for every held-out source
 * and type is judged, and the stretch with the highest validity is the model.
 *
 * @throws Error for labels without a valid variant, or of too few sources; for a signal
 */
export async function trainGen(options: TrainGenOptions): Promise<TrainedGen> {
  const { labelled, notation, base, out, lora, seed = 0, heldOut: share = 0.25 } = options;
  const { steps = 300, lr = lora === undefined ? 1e-5 : 1e-4, rl } = options;
  const { learned, heldOut } = splitSources(labelled, share, seed);
  const valid = learned.filter(({ labels }) => isValid(labels));
  if (valid.length === 0)
    throw new Error("no labelled variant is valid: there is nothing to learn to write");
  options.onStage?.("supervised");
  const rows = valid.map((each) => variantRow(notation, each));
  const supervised =
    steps === 0
      ? base
      : await runJob({ ...options, name: "supervised", rows, config: {}, steps, lr });
  const role: TrainedRole = {
    sage: 1,
    role: "gen",
    notation: notation.version,
    base: await baseOf(base),
  };
  const model = join(out, "final");
  const place = (from: string) => placeModel(from, model, { [TRAINED_FILE]: role });
  if (!rl) {
    await place(supervised);
    return { model, seeds: valid.length, history: [] };
  }
  options.onStage?.("reinforced");
  const { history, stopped } = await reinforce(
    supervised,
    { learned, heldOut },
    options,
    rl,
    place,
  );
  return { model, seeds: valid.length, history, ...(stopped === undefined ? {} : { stopped }) };
}

async function reinforce(
  supervised: string,
  {
    learned,
    heldOut,
  }: { readonly learned: readonly SourcedVariant[]; readonly heldOut: readonly SourcedVariant[] },
  options: TrainGenOptions,
  rl: PolicyOptions,
  place: (from: string) => Promise<void>,
): Promise<{ history: Validity[]; stopped?: string }> {
  const { types, notation, out, lora, signal } = options;
  const { steps = 300, every = 20, maxTokens = 512 } = rl;
  const { lr = lora === undefined ? 1e-6 : 1e-5 } = rl;
  const asked = rowsOf(learned, types);
  const measured = rowsOf(heldOut, types);
  if (asked.length === 0 || measured.length === 0) {
    throw new Error("no labelled source item has variants of these types that a model must write");
  }
  const rows = asked.map(({ type, source }) => policyRow(notation, type, source));
  const file = join(out, "validity.json");
  const history = await readHistory(file);
  const measure = async (step: number, from: string): Promise<void> => {
    if (history.some((each) => each.step === step)) return; // before a stop
    using model = await createLocalModel(from);
    const found = await measureValidity(model, measured, {
      step,
      notation,
      qual: rl.qual,
      judge: rl.judge,
      maxTokens,
      signal,
    });
    history.push(found);
    if (bestOf(history) === found) await place(from);
    await writeFile(file, `${JSON.stringify(history, null, 2)}\n`);
    options.onValidity?.(found);
  };
  await measure(0, supervised);
  for (let step = 0; step < steps; ) {
    const stopped = reasonToStop(history.filter((each) => each.step <= step));
    if (stopped !== undefined) return { history, stopped };
    step = Math.min(steps, step + every);
    if (history.some((each) => each.step === step)) continue;
    const from = await runJob({
      ...options,
      base: supervised,
      name: "reinforced",
      rows,
      config: policyConfig(rl, maxTokens),
      steps: step,
      lr,
      rewards: [rowReward(rl, types, notation)],
    });
    await measure(step, from);
  }
  const stopped = reasonToStop(history);
  return { history, ...(stopped === undefined ? {} : { stopped }) };
}

const policyConfig = (
  { method, prompts = 8, answers = 8, beta = 0.02 }: PolicyOptions,
  maxTokens: number,
) => ({
  method,
  rl: { rewards: [REWARD], prompts, answers, max_tokens: maxTokens, temperature: 1, beta },
});

/** Sources with each type that a model must write for them. */
function rowsOf(variants: readonly SourcedVariant[], types: readonly VariantType[]): VariantRow[] {
  const sources = new Map(variants.map(({ sourceId, source }) => [sourceId, source]));
  return [...sources.values()].flatMap((source) =>
    types
      .filter((type) => (type.applies?.(source) ?? true) && !type.derive?.(source))
      .map((type) => ({ type, source })),
  );
}

const REWARD = "variant";

/** The verifier's reward, by the columns of a row. */
function rowReward(
  { qual, reward }: PolicyOptions,
  types: readonly VariantType[],
  notation: Notation,
): Reward {
  const known = new Map(types.map((type) => [type.id, type]));
  const { of } = verifierReward({ notation, qual }, reward);
  return {
    name: REWARD,
    of: ({ row, ...context }) => {
      // Columns of `policyRow`.
      const { variant_type: id, source } = row as { variant_type: string; source: ChoiceContent };
      return of({ ...context, row: { type: known.get(id), source } });
    },
  };
}

async function readHistory(file: string): Promise<Validity[]> {
  return existsSync(file) ? (JSON.parse(await readFile(file, "utf8")) as Validity[]) : []; // our own
}
