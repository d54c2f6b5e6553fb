/** A verifier's raw scores of labelled variants: what thresholds are chosen from. */

import type { AskOptions } from "../../types.ts";
import type { SourcedVariant } from "../labelled.ts";
import type { VariantQual } from "../qual.ts";
import type { JudgedLabel } from "./threshold.ts";

/** @param qual without a calibration */
export async function judgeLabels(
  qual: VariantQual,
  labelled: readonly SourcedVariant[],
  ask: AskOptions & { readonly onJudged?: (done: number) => void } = {},
): Promise<JudgedLabel[]> {
  const judged: JudgedLabel[] = [];
  let [next, done] = [0, 0];
  const work = async (): Promise<void> => {
    while (next < labelled.length) {
      const place = next++;
      const { type, source, variant, labels, sourceId } = labelled[place]!;
      const { scores } = await qual.qualify(type, source, variant, ask);
      judged[place] = { type: type.id, source: sourceId, scores, labels };
      ask.onJudged?.(++done);
    }
  };
  await Promise.all(Array.from({ length: qual.model.concurrency }, work));
  return judged;
}
