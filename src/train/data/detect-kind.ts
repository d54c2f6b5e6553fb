/** Which kind of record a row is, by its keys. */

import type { RowProblem } from "./problem.ts";
import type { RecordKind } from "./record.ts";

/** Keys that a kind cannot do without. */
const required: Readonly<Record<RecordKind, readonly string[]>> = {
  messages: ["messages"],
  completion: ["prompt", "completion"],
  preference: ["chosen", "rejected"],
  unpaired: ["prompt", "completion", "label"],
  text: ["text"],
  repository: ["repo", "files"],
  reward: ["prompt"],
};

export const allKinds = Object.keys(required) as RecordKind[]; // the keys are written above

/** Kinds whose rows are also rows of another kind, and then are meant as the first. */
const contains: readonly (readonly [RecordKind, RecordKind])[] = [
  ["unpaired", "completion"],
  ...(["completion", "unpaired", "preference", "messages", "text"] as const).map(
    (kind) => [kind, "reward"] as const,
  ),
];

/** Forms of other tools, and how to write them here. */
const foreign: readonly { readonly keys: readonly string[]; readonly fix: string }[] = [
  {
    keys: ["conversations"],
    fix: 'rename "conversations" to "messages", and in it "from" to "role", "value" to "content"',
  },
  {
    keys: ["instruction", "output"],
    fix: 'rename "instruction" to "prompt", "output" to "completion"',
  },
  { keys: ["question", "answer"], fix: 'rename "question" to "prompt", "answer" to "completion"' },
  { keys: ["content"], fix: 'rename "content" to "text"' },
];

type Row = Readonly<Record<string, unknown>>;

const has = (row: Row, keys: readonly string[]): boolean =>
  keys.every((key) => row[key] !== undefined && row[key] !== null);

function candidates(row: Row, kinds: readonly RecordKind[]): RecordKind[] {
  const found = kinds.filter((kind) => has(row, required[kind]));
  return found.filter((kind) => !contains.some(([a, b]) => b === kind && found.includes(a)));
}

/** The kind of a row among those that are taken, or why it has none. */
export function detectKind(row: Row, kinds: readonly RecordKind[]): RecordKind | RowProblem {
  const found = candidates(row, kinds);
  if (found.length === 1) return found[0];
  if (found.length > 1) {
    return {
      rule: "kind",
      found: `has the keys of several kinds (${found.join(", ")})`,
      fix: "name the one that is meant, or leave the other's column out",
    };
  }
  const [other] = candidates(row, allKinds);
  const keys = Object.keys(row).slice(0, 6).join(", ") || "none";
  const wanted = kinds.map((kind) => required[kind].join(" + ")).join(", or ");
  const near = foreign.find((form) => has(row, form.keys));
  return {
    rule: "kind",
    found: other
      ? `is of kind ${other}; expected ${kinds.join(" or ")}`
      : `expected the keys ${wanted}; found ${keys}`,
    fix: near && !other ? near.fix : `give rows of kind ${kinds.join(" or ")}`,
  };
}
