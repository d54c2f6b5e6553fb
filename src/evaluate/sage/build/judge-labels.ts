/** A verifier's scores of labelled variants: what it is calibrated by, and thresholds are chosen from. */

import type { AskOptions } from "../../types.ts";
import type { SourcedVariant } from "../labelled.ts";
import type { VariantQual } from "../qual.ts";
import type { JudgedLabel } from "./threshold.ts";

/** Scores as the verifier gives them: raw ones where it has no calibration. */
export async function judgeLabels(
  qual: VariantQual,
  labelled: readonly SourcedVariant[],
  ask: AskOptions & { readonly onJudged?: () => void } = {},
): Promise<JudgedLabel[]> {
  const judged: JudgedLabel[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < labelled.length) {
      const place = next++;
      const { type, source, variant, labels, sourceId } = labelled[place]!;
      const { scores } = await qual.qualify(type, source, variant, ask);
      judged[place] = { type: type.id, source: sourceId, scores, labels };
      ask.onJudged?.();
    }
  };
  await Promise.all(Array.from({ length: qual.model.concurrency }, work));
  return judged;
}
