/** Plans of the tasks, with the instruction's words and without. */

import { type Plan, parseInstruction, planOf } from "../../src/task/index.ts";
import { type OfasysTask, TASKS } from "./tasks.ts";

type SourceGroup = Plan["source"][number];

/** @param hasWords false: of the source, the slots alone are left */
export function planTask({ instruction }: OfasysTask, hasWords: boolean): Plan {
  const plan = planOf(parseInstruction(instruction));
  if (hasWords) return plan;
  const source = plan.source.flatMap((group): SourceGroup[] => {
    if (group.kind !== "text") return [group];
    const pieces = group.pieces.filter(({ kind }) => kind === "slot");
    return pieces.length > 0 ? [{ ...group, pieces }] : [];
  });
  return { ...plan, source };
}

/** What the slots of both sides are, e.g. "IMAGE TEXT -> BOX". */
function slotTypes({ instruction }: OfasysTask): string {
  const { source, target } = parseInstruction(instruction);
  const [from, to] = [source, target].map((side) =>
    side.flatMap((segment) => (segment.kind === "slot" ? [segment.modality] : [])).join(" "),
  );
  return `${from} -> ${to}`;
}

/** Names of tasks whose slots are those of another task: only words tell them apart. */
export const TASKS_ALIKE: readonly string[] = TASKS.filter((task) =>
  TASKS.some((other) => other !== task && slotTypes(other) === slotTypes(task)),
).map(({ name }) => name);
