/**
 * MBPP: Austin et al., "Program Synthesis with Large Language Models" (2021): tasks 11 to 510, with
 * tasks 2, 3 and 4 of the same file as examples. Programs run in the sandbox of python-sandbox.ts.
 */

import { integerOf, type Row, RowError, textOf, textsOf } from "../../task/readers/row.ts";
import { defineTask } from "../task/define-task.ts";
import type { EvalItem, EvalTask, JsonObject } from "../types.ts";
import type { BenchmarkOptions } from "./benchmark.ts";
import { findFiles, type ReadRow, readItems } from "./data-files.ts";
import { checkPython, runPython } from "./python-sandbox.ts";

const patterns = [
  /(?:^|\/)mbpp\.jsonl$/,
  /(?:^|\/)full\/(?:test|prompt)-[^/]*\.parquet$/,
  /(?:^|\/)(?:test|prompt)-[^/]*\.parquet$/,
];
const toItem = (row: Row): ReadRow => {
  const tests = textsOf(row, "test_list");
  if (tests.length < 3) throw new RowError(row.place, `has ${tests.length} tests, expected 3`);
  const task = integerOf(row, "task_id");
  return {
    id: String(task),
    doc: { task, text: textOf(row, "text"), code: textOf(row, "code"), tests },
  };
};

/** @throws NoSandboxError where programs cannot be run */
export async function createMbpp({ data, fewshot = 3 }: BenchmarkOptions): Promise<EvalTask> {
  const files = await findFiles("mbpp", data, ["mbpp"], patterns);
  await checkPython();
  async function* within(first: number, last: number): AsyncGenerator<EvalItem> {
    for await (const item of readItems(files, toItem)) {
      const number = Number(item.doc.task);
      if (item.problem !== undefined || (number >= first && number <= last)) yield item;
    }
  }
  async function* examples(): AsyncGenerator<JsonObject> {
    for await (const { doc, problem } of within(2, 4)) if (problem === undefined) yield doc;
  }
  const testsOf = ({ tests }: JsonObject): string => (tests as string[]).slice(0, 3).join("\n");
  return defineTask({
    name: "mbpp",
    version: "1.0",
    kind: "generate_until",
    items: () => within(11, 510),
    text: (doc) =>
      `You are an expert Python programmer, and here is your task: ${doc.text as string} ` +
      `Your code should pass these tests:\n\n${testsOf(doc)}\n[BEGIN]\n`,
    target: testsOf,
    style: { targetDelimiter: "" },
    fewshot: {
      count: fewshot,
      sampler: "first",
      docs: examples,
      target: ({ code }) => `${code as string}\n[DONE]`,
    },
    until: ["[DONE]"],
    metrics: [{ name: "pass_at_1", isHigherBetter: true }],
    async score(answer, doc) {
      const { hasPassed } = await runPython(`${answer}\n${testsOf(doc)}`);
      return { pass_at_1: hasPassed ? 1 : 0 };
    },
  });
}
