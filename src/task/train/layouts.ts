/** Which losses a task needs, from its plan alone. */

import type { GroupKinds } from "../model/network.ts";
import type { SentenceMarks, Vocabulary } from "../model/vocabulary.ts";
import type { Plan } from "../plan.ts";
import type { Task } from "../task.ts";
import type { CtcTerm, LossLayout } from "./loss.ts";

/** Layouts of a task's samples: of each template, and of motions without their text. */
export function layoutsOf(
  { plans, smoothing, ctc }: Pick<Task, "plans" | "smoothing" | "ctc">,
  { marks }: Pick<Vocabulary, "marks">,
): LossLayout[] {
  return plans.flatMap((plan): LossLayout[] => {
    const source = sourceKinds(plan, marks);
    const target = targetKind(plan);
    if (target === "motion") {
      return [
        { source, target },
        { source: ["text"], target },
      ];
    }
    return [
      target === "tokens" || target === "closed"
        ? { source, target, smoothing, ctc: ctcTerm(ctc, marks.targetStart) }
        : { source, target },
    ];
  });
}

/** @param start the mark that targets begin with and none contains: the blank */
export const ctcTerm = (weight: number, start: number): CtcTerm | undefined =>
  weight > 0 ? { weight, blank: start } : undefined;

/** As `prepareSource` groups them. */
function sourceKinds({ source }: Plan, { isPerText }: SentenceMarks): GroupKinds {
  const kinds = source.map(({ kind }) => kind);
  if (isPerText) return kinds.length > 0 ? kinds : ["text"]; // `emptySource`
  // The marks before and after the sentence are text too.
  return [
    ...(kinds[0] === "text" ? [] : (["text"] as const)),
    ...kinds,
    ...(kinds.length > 0 && kinds.at(-1) !== "text" ? (["text"] as const) : []),
  ];
}

function targetKind({ target }: Plan): LossLayout["target"] {
  if (target.kind === "codes") return target.prefix.length === 0 ? "codes" : "tokens";
  if (target.kind !== "tokens") return target.kind;
  return target.isClosed ? "closed" : "tokens";
}
