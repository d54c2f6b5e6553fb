/** Which scores of a verifier are believed: from its own training, from labels, or as people say. */

import { openAnswerStore } from "../../model/answer-store.ts";
import type { EvalModel } from "../../types.ts";
import { type Calibration, calibrate } from "../calibrate.ts";
import type { SourcedVariant } from "../labelled.ts";
import { createVariantQual, type QualOptions } from "../qual.ts";
import type { TrainedRole } from "../trained-role.ts";
import type { Notation, VariantType } from "../types.ts";
import { judgeLabels } from "./judge-labels.ts";
import { keepCalls, noSpending, type Spending } from "./kept-calls.ts";
import { givenThreshold, splitBySource, type TypeThreshold, thresholdsOf } from "./threshold.ts";

export interface ChooseOptions {
  readonly types: readonly VariantType[];
  readonly qual: EvalModel;
  readonly notation: Notation;
  readonly judging?: Pick<QualOptions, "samples" | "reasons" | "blind">;
  readonly seed?: number;
  /** Folder of kept calls. */
  readonly calls: string;
  /** Share of valid variants among the accepted (default 0.95). */
  readonly precision?: number;
  /** Labelled variants, by which the verifier is calibrated and tested. */
  readonly labelled?: readonly SourcedVariant[];
  /** What its training left; used where there are no labelled variants. */
  readonly trained?: TrainedRole;
  /** Used as it is, in place of a precision. */
  readonly tau?: number;
  readonly onJudged?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface Chosen {
  readonly thresholds: Readonly<Record<string, TypeThreshold>>;
  readonly calibration?: Calibration;
  readonly validation?: Spending;
  readonly warnings: readonly string[];
}

const UNTESTED_TAU = 0.5;

/** @throws Error for labelled variants of too few sources */
export async function chooseThresholds(options: ChooseOptions): Promise<Chosen> {
  const { types, notation, trained, tau, precision = 0.95, labelled } = options;
  const ids = types.map(({ id }) => id);
  const given = (value: number) => Object.fromEntries(ids.map((id) => [id, givenThreshold(value)]));
  const isFitting = trained?.notation === notation.version;
  const calibration = isFitting ? trained.calibration : undefined;
  if (tau !== undefined) return { thresholds: given(tau), calibration, warnings: [] };
  if (labelled && labelled.length > 0) {
    const { tested, calibration: fitted, validation } = await judge(options, labelled);
    const thresholds = thresholdsOf(ids, tested, { precision });
    return { thresholds, calibration: fitted, validation, warnings: [] };
  }
  if (isFitting && trained.heldOut && trained.heldOut.length > 0) {
    const thresholds = thresholdsOf(ids, trained.heldOut, { precision, calibration });
    return { thresholds, calibration, warnings: [] };
  }
  return {
    thresholds: given(UNTESTED_TAU),
    calibration,
    warnings: [
      `the verifier was not tested on labelled variants: it is believed from a score of ${UNTESTED_TAU} on, at a precision that nobody knows`,
    ],
  };
}

/** Calibrates with half of the sources; the other half is judged as variants will be. */
async function judge(options: ChooseOptions, labelled: readonly SourcedVariant[]) {
  const { qual, notation, judging, seed, calls, onJudged, signal } = options;
  const halves = splitBySource(labelled, ({ sourceId }) => sourceId);
  if (halves.some(({ length }) => length === 0)) {
    throw new Error(
      "labelled variants of one source are too few to calibrate and to test with; label more",
    );
  }
  const validation = noSpending();
  const store = await openAnswerStore(calls);
  let done = 0;
  const asked = { signal, onJudged: () => onJudged?.(++done, labelled.length) };
  try {
    const common = { model: keepCalls(qual, "qual", store).for(validation), notation, seed };
    const raw = createVariantQual({ ...common, ...judging, blind: 0 });
    const calibration = calibrate(await judgeLabels(raw, halves[0], asked));
    const final = createVariantQual({ ...common, ...judging, calibration });
    return { tested: await judgeLabels(final, halves[1], asked), calibration, validation };
  } finally {
    await store.close();
  }
}
