/**
 * BIG-Bench Hard: Suzgun et al., "Challenging BIG-Bench Tasks and Whether Chain-of-Thought Can Solve
 * Them" (2022). Descriptions and examples are read from the published cot-prompts beside the
 * questions. "cot": examples think aloud, and what follows "the answer is" counts; else they give
 * the answer alone.
 */

import { readFile } from "node:fs/promises";
import { type Row, valueAt } from "../../task/readers/row.ts";
import { exactMatchOf } from "../score/answers.ts";
import { defineTask } from "../task/define-task.ts";
import { regexFilter, takeFirst } from "../task/filters.ts";
import type { EvalTask, JsonObject } from "../types.ts";
import type { BenchmarkOptions, CreateTasks } from "./benchmark.ts";
import { type DataFile, findFiles, type ReadRow, readItems } from "./data-files.ts";

const patterns = [
  /(?:^|\/)(?<subtask>[a-z]+(?:_[a-z]+)*)\.json$/,
  /(?:^|\/)(?<subtask>[a-z]+(?:_[a-z]+)*)\/test-[^/]*\.parquet$/,
];
const folders = ["bbh", "BIG-Bench-Hard"];

export const createBbhCot: CreateTasks = (options) => createBbh("bbh_cot_fewshot", true, options);
export const createBbh3Shot: CreateTasks = (options) => createBbh("bbh_fewshot", false, options);

async function createBbh(
  name: string,
  isCot: boolean,
  { data, fewshot = 3 }: BenchmarkOptions,
): Promise<EvalTask> {
  const files = await findFiles(name, data, folders, patterns);
  const prompts = await readPrompts(name, data);
  const promptOf = (subtask: unknown): Prompt => {
    const prompt = prompts.get(String(subtask));
    if (prompt) return prompt;
    throw new Error(`cot-prompts/${String(subtask)}.txt is missing, which has its examples`);
  };
  const steps = [regexFilter({ pattern: /(?<=the answer is )(.*)(?=.)/ }), takeFirst];
  const filter = isCot ? "get-answer" : "none";
  return defineTask({
    name,
    version: isCot ? "4.0" : "2.0",
    kind: "generate_until",
    items: () => readItems(files, toItem, { list: "examples" }),
    description: ({ subtask }) => `${promptOf(subtask).description}\n\n`,
    text: ({ input }) => `Q: ${input}\nA:${isCot ? " Let's think step by step.\n" : ""}`,
    target: ({ target }) => target as string,
    style: { targetDelimiter: isCot ? "" : " " },
    fewshot: {
      count: fewshot,
      sampler: "first",
      docs: () => [...prompts.values()].flatMap(({ examples }) => examples),
      isFitting: (example, { subtask }) => example.subtask === subtask,
      target: ({ target }) => (isCot ? String(target) : answerOf(String(target))),
    },
    until: ["</s>", "Q", "\n\n"],
    ...(isCot ? { maxTokens: 1024, filters: [{ name: filter, steps }] } : {}),
    score: (answer, { target }) => ({ exact_match: exactMatchOf(answer, [String(target)]) }),
    metrics: [{ name: "exact_match", isHigherBetter: true, filter }],
  });
}

function toItem(row: Row, { parts: { subtask = "" } }: DataFile): ReadRow {
  const [input, target] = ["input", "target"].map((key) => String(valueAt(row, key)));
  return { doc: { subtask, input: input!, target: target! }, tags: { subtask } };
}

interface Prompt {
  readonly description: string;
  readonly examples: readonly JsonObject[];
}

/** Below a line of dashes: the description, and examples with empty lines between them. */
async function readPrompts(
  name: string,
  data: string | undefined,
): Promise<ReadonlyMap<string, Prompt>> {
  const files = await findFiles(name, data, folders, [
    /(?:^|\/)cot-prompts\/(?<subtask>\w+)\.txt$/,
  ]);
  const entries = files.map(async ({ path, parts: { subtask = "" } }) => {
    const text = (await readFile(path, "utf8")).replaceAll("\r", "");
    const body = text.split(/^-+\n/m).at(-1)!.trim();
    const [description = "", ...questions] = body.split(/\n\n(?=Q: )/);
    const examples = questions.map((question) => {
      const [input = "", target = ""] = question.split("\nA: Let's think step by step.\n");
      return { subtask, input: input.slice("Q: ".length), target };
    });
    return [subtask, { description, examples }] as const;
  });
  return new Map(await Promise.all(entries));
}

/** "So the answer is (B)." to "(B)". */
const answerOf = (thoughts: string): string =>
  thoughts.split("the answer is ").at(-1)!.trim().replace(/\.$/, "");
