/** VariantQual: a checkpoint learns to judge from labelled variants, and is tested on others. */

import { join } from "node:path";
import { createRandom } from "../../../nn/random.ts";
import { createLocalModel } from "../../model/local-model.ts";
import { type Agreement, agreementOf } from "../agreement.ts";
import { judgeLabels } from "../build/judge-labels.ts";
import { splitBySource } from "../build/threshold.ts";
import { calibrate, isValid, recalibrate } from "../calibrate.ts";
import type { SourcedVariant } from "../labelled.ts";
import { createVariantQual } from "../qual.ts";
import { validity } from "../reward.ts";
import { TRAINED_FILE, type TrainedRole } from "../trained-role.ts";
import type { Notation, VariantType } from "../types.ts";
import { baseOf, placeModel, runJob, type TrainingOptions } from "./job.ts";
import { splitSources, synthesise, verdictRows } from "./rows.ts";

export interface TrainQualOptions extends TrainingOptions {
  readonly labelled: readonly SourcedVariant[];
  /** Among which a variant may be given a wrong type. */
  readonly types: readonly VariantType[];
  readonly notation: Notation;
  /** Spoiled copies of each valid variant (default 1). */
  readonly corrupted?: number;
  /** Of rows with a reason before the verdict (default 0.3; 0: none). */
  readonly reasonWeight?: number;
  /** Share of the sources that nothing is learned from (default 0.25). */
  readonly heldOut?: number;
  /** Default 300. */
  readonly steps?: number;
  /** Default 1e-5, of an adapter 1e-4. */
  readonly lr?: number;
}

export interface TrainedQual {
  readonly model: string;
  readonly learned: {
    readonly labelled: number;
    readonly valid: number;
    readonly corrupted: number;
  };
  /** Calibrated, on labelled variants of sources that nothing was fitted to. */
  readonly agreement: Agreement;
}

/**
 * Learns verdicts (and reasons) by cross-entropy; then half of the held-out sources calibrate the
 * scores, and the other half is what is reported, and what `build` chooses thresholds from.
 *
 * @throws Error for labels of too few sources, or none of them valid; for a signal
 * @example
 * const { model, agreement } = await trainQual({ labelled, types, notation: jsonNotation, base, out: "qual" });
 */
export async function trainQual(options: TrainQualOptions): Promise<TrainedQual> {
  const { labelled, types, notation, base, out, lora, seed = 0, signal } = options;
  const { corrupted = 1, reasonWeight = 0.3, heldOut: share = 0.25, steps = 300 } = options;
  const { lr = lora === undefined ? 1e-5 : 1e-4 } = options;
  const { learned, heldOut } = splitSources(labelled, share, seed);
  const spoiled = synthesise(learned, types, corrupted, createRandom(seed, "corruptions"));
  const rows = [...learned, ...spoiled].flatMap((each) =>
    verdictRows(notation, each, reasonWeight),
  );
  const trained = await runJob({ ...options, name: "verdicts", rows, config: {}, steps, lr });
  const [fitted, tested] = splitBySource(
    await judgeHeldOut(trained, heldOut, options),
    ({ source }) => source,
  );
  const calibration = calibrate(fitted);
  const role: TrainedRole = {
    sage: 1,
    role: "qual",
    notation: notation.version,
    base: await baseOf(base),
    calibration,
    heldOut: tested,
  };
  const model = join(out, "final");
  await placeModel(trained, model, { [TRAINED_FILE]: role });
  signal?.throwIfAborted();
  const rated = tested.map(({ source, labels, scores }) => {
    const fair = recalibrate(scores, calibration);
    return { source, reference: labels, other: { scores: fair, score: validity(fair) } };
  });
  return {
    model,
    learned: {
      labelled: learned.length,
      valid: learned.filter(({ labels }) => isValid(labels)).length,
      corrupted: spoiled.length,
    },
    agreement: agreementOf(rated, { seed }),
  };
}

async function judgeHeldOut(
  folder: string,
  heldOut: readonly SourcedVariant[],
  { notation, signal }: TrainQualOptions,
) {
  using model = await createLocalModel(folder);
  const qual = createVariantQual({ model, notation });
  return (await judgeLabels(qual, heldOut, { signal })).map((each, i) => {
    return { ...each, source: heldOut[i]!.sourceId };
  });
}
