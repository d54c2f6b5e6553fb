/**
 * Items from files. The paper's data were not published when this was written, so the format is the
 * fields that its tasks need: id, figure, op, format, code, instruction, options, answer (a letter),
 * ref_code and edit { kind, targets }.
 */

import { readDocuments } from "../task/read-documents.ts";
import type { EvalItem, JsonObject } from "../types.ts";
import { type MathOpItem, operations } from "./generate/generate.ts";
import { figureTypes } from "./generate/sketch.ts";
import { toEvalItem } from "./task.ts";

const editKinds = ["deletion", "modification", "annotation"] as const;

/**
 * Reads .jsonl, .json, .csv or .parquet. A row that is malformed is an item with a problem.
 *
 * @throws Error for a file that is missing
 */
export async function readMathOps(file: string, format: "choice" | "free"): Promise<EvalItem[]> {
  const items: EvalItem[] = [];
  for await (const item of readDocuments([file])) {
    const { id, doc } = item;
    if (item.problem !== undefined) {
      items.push(item);
      continue;
    }
    const kind = doc.format === "mc" ? "choice" : doc.format;
    if (kind !== undefined && kind !== null && kind !== format) continue;
    try {
      items.push(toEvalItem(itemOf(doc, format)));
    } catch (error) {
      items.push({ id: String(doc.id ?? id), doc, problem: (error as Error).message });
    }
  }
  return items;
}

function itemOf(doc: JsonObject, format: "choice" | "free"): MathOpItem {
  const text = (key: string): string => {
    const value = doc[key];
    if (typeof value === "string" && value !== "") return value;
    throw new Error(`"${key}" is ${JSON.stringify(value) ?? "missing"}, expected a text`);
  };
  const oneOf = <T extends string>(key: string, known: readonly T[], value = text(key)): T => {
    const found = known.find((each) => each === value);
    if (found) return found;
    throw new Error(`"${key}" is "${value}", expected one of ${known.join(", ")}`);
  };
  if (doc.lang !== undefined && doc.lang !== null && doc.lang !== "mpl")
    throw new Error(`"lang" is ${JSON.stringify(doc.lang)}, which is not read; only mpl is`);
  const figure = oneOf("figure", figureTypes);
  const operation = oneOf("op", operations);
  const options = Array.isArray(doc.options) ? doc.options.map(String) : [];
  const answer = typeof doc.answer === "string" ? "ABCD".indexOf(doc.answer) : -1;
  if (format === "choice") {
    if (options.length !== 4)
      throw new Error(`"options" has ${options.length} entries, expected 4`);
    if (doc.answer === "" || answer < 0)
      throw new Error(
        `"answer" is ${JSON.stringify(doc.answer) ?? "missing"}, expected A, B, C or D`,
      );
  }
  const base = {
    id: text("id"),
    figure,
    operation,
    level: "published",
    instruction: text("instruction"),
    options,
    answer,
  };
  const reference = format === "choice" ? options[answer]! : text("ref_code");
  if (operation === "MCG") return { ...base, reference };
  const code = text("code");
  if (format === "choice") return { ...base, code, reference };
  const edit = doc.edit as { kind?: string; targets?: unknown[] } | undefined;
  const kind = oneOf("edit.kind", editKinds, String(edit?.kind));
  const target = edit?.targets?.[0];
  if (typeof target !== "string") throw new Error('"edit.targets" has no label');
  return { ...base, code, reference, edit: { kind, target } };
}
