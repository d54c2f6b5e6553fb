/**
 * The JavaScript part of HumanEval-X: Zheng et al., "CodeGeeX" (2023). Programs run in QuickJS
 * (../sandbox.ts), where a failed console.assert throws; lm-evaluation-harness has no such task, so
 * the stop texts are our own.
 */

import { type Row, textOf } from "../../task/readers/row.ts";
import { Sandbox } from "../sandbox.ts";
import { defineTask } from "../task/define-task.ts";
import type { EvalTask } from "../types.ts";
import type { BenchmarkOptions } from "./benchmark.ts";
import { findFiles, type ReadRow, readItems } from "./data-files.ts";
import { samplesOf } from "./samples.ts";

const patterns = [/(?:^|\/)(?:js\/data\/humaneval|humaneval_js)\.jsonl$/];
const toItem = (row: Row): ReadRow => ({
  id: textOf(row, "task_id"),
  doc: { prompt: textOf(row, "prompt"), test: textOf(row, "test") },
});
const prelude = `const console = { log() {}, assert(isTrue, text) {
  if (!isTrue) throw new Error(text ?? "a test failed");
} };\n`;

export async function createHumanevalXJs(options: BenchmarkOptions): Promise<EvalTask> {
  const { metrics, score, ...drawing } = samplesOf("humaneval_x_js", options);
  const files = await findFiles("humaneval_x_js", options.data, ["humaneval-x"], patterns);
  const sandbox = await Sandbox.load();
  return defineTask({
    name: "humaneval_x_js",
    kind: "generate_until",
    items: () => readItems(files, toItem),
    text: ({ prompt }) => prompt as string,
    target: ({ test }) => test as string,
    until: ["\nconst ", "\nfunction ", "\nclass ", "\nconsole."],
    maxTokens: 1024,
    ...drawing,
    filters: [{ name: "none", steps: [] }],
    metrics,
    score: (_, { prompt, test }, answers) =>
      score(
        answers.map((answer) => {
          // The value stands behind the tests: a program that ends early does not give it.
          const program = `${prelude}${prompt}${answer}\n${test}\n;"passed"`;
          const outcome = sandbox.run(program);
          return outcome.kind === "value" && outcome.value === "passed";
        }),
      ),
  });
}
