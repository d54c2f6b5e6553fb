/** IFEval as a task: each instruction strictly, and loosely in any of eight forms of the answer. */

import { isObject, show } from "../../../checkpoint/json.ts";
import { listOf, type Row, RowError, textOf, textsOf } from "../../../task/readers/row.ts";
import { defineTask } from "../../task/define-task.ts";
import { toJson } from "../../task/read-documents.ts";
import type { EvalTask, JsonObject } from "../../types.ts";
import type { BenchmarkOptions } from "../benchmark.ts";
import { findFiles, type ReadRow, readItems } from "../data-files.ts";
import { type Arguments, instructions, looseForms } from "./instructions.ts";

const patterns = [/(?:^|\/)(?:ifeval_)?input_data\.jsonl$/, /(?:^|\/)train-[^/]*\.parquet$/];

export async function createIfeval({ data }: BenchmarkOptions): Promise<EvalTask> {
  const files = await findFiles("ifeval", data, ["ifeval", "IFEval"], patterns);
  const mean = (name: string) => ({ name, isHigherBetter: true });
  const pooled = (name: string) => ({ ...mean(name), aggregation: "weighted_mean" as const });
  return defineTask({
    name: "ifeval",
    version: "4.0",
    kind: "generate_until",
    items: () => readItems(files, toItem),
    text: ({ prompt }) => prompt as string,
    target: ({ ids }) => ids as string[],
    until: [],
    maxTokens: 1280,
    metrics: [
      mean("prompt_level_strict_acc"),
      pooled("inst_level_strict_acc"),
      mean("prompt_level_loose_acc"),
      pooled("inst_level_loose_acc"),
    ],
    score(answer, doc) {
      const strict = follows([answer], doc);
      const loose = follows(looseForms(answer), doc);
      const sum = (all: readonly boolean[]) => [all.filter(Boolean).length, all.length] as const;
      return {
        prompt_level_strict_acc: strict.every(Boolean) ? 1 : 0,
        inst_level_strict_acc: sum(strict),
        prompt_level_loose_acc: loose.every(Boolean) ? 1 : 0,
        inst_level_loose_acc: sum(loose),
      };
    },
  });
}

function toItem(row: Row): ReadRow {
  const ids = textsOf(row, "instruction_id_list");
  const given = listOf(row, "kwargs").map((each) => (isObject(each) ? toJson(each) : {}));
  const unknown = ids.find((id) => !Object.hasOwn(instructions, id));
  if (unknown !== undefined) {
    throw new RowError(row.place, `the instruction "${unknown}" is none of IFEval's`);
  }
  if (given.length !== ids.length) {
    throw new RowError(row.place, `has ${ids.length} instructions, but ${given.length} kwargs`);
  }
  return { doc: { prompt: textOf(row, "prompt"), ids, kwargs: given } };
}

/** Of each instruction, whether any form of the answer follows it; an empty one never does. */
function follows(forms: readonly string[], { ids, kwargs }: JsonObject): boolean[] {
  return (ids as string[]).map((id, i) => {
    const given = argumentsOf(id, (kwargs as JsonObject[])[i]!);
    return forms.some((form) => form.trim() !== "" && instructions[id]!(form, given));
  });
}

function argumentsOf(id: string, given: JsonObject): Arguments {
  const read = <T>(key: string, expected: string, isFitting: (value: unknown) => boolean): T => {
    const value = given[key];
    if (isFitting(value)) return value as T;
    throw new Error(`${id}: "${key}" is ${show(value)}, expected ${expected}`);
  };
  return {
    text: (key) => read(key, "text", (value) => typeof value === "string"),
    count: (key) => read(key, "a number", (value) => typeof value === "number"),
    texts: (key) => read(key, "a list", (value) => Array.isArray(value)),
  };
}
