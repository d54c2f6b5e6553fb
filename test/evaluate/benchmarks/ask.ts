/** What benchmarks ask, and how they score given answers. */

import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  createLocalModel,
  createTasks,
  type EvalModel,
  evaluate,
  type TaskResult,
} from "../../../src/evaluate/index.ts";

/** A folder with files: names to lines. */
export async function folderOf(files: Readonly<Record<string, readonly string[]>>) {
  const data = await mkdtemp(join(tmpdir(), "onefold-benchmark-"));
  for (const [name, lines] of Object.entries(files)) {
    await mkdir(dirname(join(data, name)), { recursive: true });
    await writeFile(join(data, name), `${lines.join("\n")}\n`);
  }
  return data;
}

const probe = ["--unshare-all", "--ro-bind", "/", "/", "python3", "--version"];
/** Whether Python runs in bubblewrap here: it may be missing, or not be allowed to isolate. */
export const runsPython = spawnSync("bwrap", probe).status === 0;

export const jsonl = (...rows: readonly object[]): string[] =>
  rows.map((row) => JSON.stringify(row));

export interface Seen {
  readonly prompts: string[];
  readonly continuations: string[];
  readonly result: TaskResult;
}

/** Runs a benchmark with a model whose answers are given, in turn; likelihoods fall with the option. */
export async function askWith(
  answers: readonly string[],
  name: string,
  data: string,
  fewshot?: number,
): Promise<Seen> {
  const prompts: string[] = [];
  const continuations: string[] = [];
  const model: EvalModel = {
    name: "given",
    identity: "given",
    concurrency: 1,
    async generate(requests) {
      return requests.map(({ prompt }) => {
        const text = answers[prompts.length % answers.length]!;
        prompts.push(String(prompt));
        return { text, finishReason: "stop", promptTokens: 1, completionTokens: 1 };
      });
    },
    async logLikelihoods(requests) {
      prompts.push(requests[0]!.context);
      continuations.push(...requests.map(({ continuation }) => continuation));
      return requests.map((_, i) => ({ logLikelihood: -i, isGreedy: i === 0, tokens: 1 }));
    },
    usage: () => ({ requests: 0, promptTokens: 0, completionTokens: 0, retries: 0 }),
    [Symbol.dispose]() {},
  };
  const tasks = await createTasks(name, { data, fewshot });
  const { results } = await evaluate({ model, tasks, out: join(data, "given") });
  return { prompts, continuations, result: results[0]! };
}

/** Runs two items with the default model. */
export async function askMini(name: string, data: string): Promise<TaskResult> {
  using model = await createLocalModel("models/onefold-mini");
  const tasks = await createTasks(name, { data });
  const { results } = await evaluate({ model, tasks, limit: 2, out: join(data, "mini") });
  return results[0]!;
}

export const scoreOf = ({ metrics }: TaskResult, name: string, filter = "none"): number =>
  metrics.find((each) => each.name === name && each.filter === filter)!.value;
