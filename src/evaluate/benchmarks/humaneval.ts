/**
 * HumanEval: Chen et al., "Evaluating Large Language Models Trained on Code" (2021). The model
 * continues a function, whose tests run in the sandbox of python-sandbox.ts.
 */

import { type Row, textOf } from "../../task/readers/row.ts";
import { defineTask } from "../task/define-task.ts";
import type { EvalTask } from "../types.ts";
import type { BenchmarkOptions } from "./benchmark.ts";
import { findFiles, type ReadRow, readItems } from "./data-files.ts";
import { checkPython, runPython } from "./python-sandbox.ts";
import { samplesOf } from "./samples.ts";

const patterns = [
  /(?:^|\/)HumanEval\.jsonl$/,
  /(?:^|\/)(?:openai_humaneval\/)?test-[^/]*\.parquet$/,
];
const toItem = (row: Row): ReadRow => {
  const [id, prompt, test, entry] = ["task_id", "prompt", "test", "entry_point"].map((key) =>
    textOf(row, key),
  );
  return { id: id!, doc: { prompt: prompt!, test: test!, entry_point: entry! } };
};

/** @throws NoSandboxError where programs cannot be run */
export async function createHumaneval(options: BenchmarkOptions): Promise<EvalTask> {
  const { metrics, score, ...drawing } = samplesOf("humaneval", options, "create_test");
  const files = await findFiles("humaneval", options.data, ["humaneval"], patterns);
  await checkPython();
  return defineTask({
    name: "humaneval",
    version: "1.0",
    kind: "generate_until",
    items: () => readItems(files, toItem),
    text: ({ prompt }) => prompt as string,
    target: ({ test, entry_point: entry }) => `${test}\ncheck(${entry})`,
    until: ["\nclass", "\ndef", "\n#", "\nif", "\nprint"],
    maxTokens: 1024,
    ...drawing,
    filters: [
      {
        name: "create_test",
        steps: [(answers, { prompt }) => answers.map((text) => `${prompt}${text}`)],
      },
    ],
    metrics,
    async score(_, { test, entry_point: entry }, programs) {
      const passed: boolean[] = [];
      for (const program of programs) {
        const { hasPassed } = await runPython(`${program}\n${test}\ncheck(${entry})`);
        passed.push(hasPassed);
      }
      return score(passed);
    },
  });
}
