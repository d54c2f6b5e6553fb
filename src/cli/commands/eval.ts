/** `onefold eval --model M --tasks a.yaml,b.yaml`: what a model scores on tasks. */

import { join } from "node:path";
import { type Command, Option } from "commander";
import {
  benchmarks,
  cacheAnswers,
  createEndpointModel,
  createLocalModel,
  createTasks,
  diffRuns,
  type EvalTask,
  type Evaluation,
  evaluate,
  loadTask,
  type RunDiff,
  resultsJson,
  type Sense,
  shownNumber,
  writeDiff,
  writeReport,
  writeResults,
} from "../../evaluate/index.ts";
import { UsageError } from "../errors.ts";
import { type Io, writeJson, writeLine } from "../io.ts";
import { integer, number } from "../options.ts";
import { createStatusLine } from "../progress.ts";
import { formatTable } from "../render.ts";

interface EvalFlags {
  readonly model: string;
  readonly tasks: string;
  readonly data?: string;
  readonly limit?: number;
  readonly endpoint?: string;
  readonly sees?: readonly Sense[];
  readonly out: string;
  readonly cache?: string;
  readonly compare?: string;
  readonly seed: number;
  readonly fewshot?: number;
  readonly concurrency?: number;
  readonly pricePrompt?: number;
  readonly priceCompletion?: number;
}

export function define(command: Command, io: Io): void {
  command
    .option("--model <model>", "folder, ORG/NAME in the cache, or the endpoint's name of it")
    .option("--tasks <a,b>", "built-in benchmarks (see --list) and task files (.yaml)")
    .option("--data <folder>", "local copies of benchmarks")
    .option("--list", "print the built-in benchmarks and the files they read")
    .option("--limit <count>", "most items of each task", integer({ min: 1 }))
    .option("--endpoint <url>", "OpenAI-compatible endpoint, as far as /v1")
    .addOption(
      new Option("--sees <kinds...>", "what the endpoint's model takes beside text").choices([
        "image",
      ]),
    )
    .option("--out <folder>", "where the run is kept, and goes on from", "runs/eval")
    .option("--cache <folder>", "keeps answers for other runs of the same model and prompts")
    .option(
      "--compare <folder>",
      "another run's --out: paired tests, and diff.html of what changed",
    )
    .option("--seed <number>", "of sampling and examples", integer({ min: 0 }), 0)
    .option("--fewshot <count>", "examples before each question", integer({ min: 0 }))
    .option("--concurrency <count>", "items at a time", integer({ min: 1 }))
    .option("--price-prompt <amount>", "of a million prompt tokens", number({ min: 0 }))
    .option("--price-completion <amount>", "of a million answer tokens", number({ min: 0 }))
    .action(async (given: Partial<EvalFlags> & { list?: boolean }, self: Command) => {
      if (given.list) return listBenchmarks(io, self.optsWithGlobals().json === true);
      const flags = checkFlags(given);
      const tasks = await openTasks(flags);
      const opened = await openModel(flags);
      using model = flags.cache ? await cacheAnswers(opened, flags.cache) : opened;
      const { out, limit, seed } = flags;
      const status = createStatusLine(io.stderr);
      const signal = io.interruptible();
      const evaluation = await evaluate({
        model,
        tasks,
        out,
        limit,
        seed,
        signal,
        onProgress: ({ task, done, failed, rate }) =>
          status.show(`${task}: ${done} items, ${failed} failed, ${rate.toFixed(1)} items/s`),
      });
      status.finish();
      const file = await writeResults(out, model, evaluation, { limit, seed });
      const report = join(out, "report.html");
      await writeReport(report, out, evaluation);
      const diff = join(out, "diff.html");
      const diffs = flags.compare ? await diffRuns(flags.compare, out) : undefined;
      if (flags.compare) await writeDiff(diff, flags.compare, out);
      if (self.optsWithGlobals().json) {
        const results = resultsJson(model, evaluation, { limit, seed });
        await writeJson(io, diffs ? { ...results, comparison: diffs } : results);
      } else {
        await writeLine(io, `${render(evaluation)}\n\n${file}\n${report}`);
        if (diffs) await writeLine(io, `\n${renderDiff(diffs)}\n\n${diff}`);
      }
      if (!evaluation.isComplete) io.exitCode = 1;
    })
    .addHelpText("after", notes);
}

const notes = `
Items that are done stay in --out: the same command goes on after a stop, and asks failed ones again.
The exit code is 1 where items failed. An endpoint's key is read from OPENAI_API_KEY.

Examples:
  onefold eval --list
  onefold eval --model Qwen/Qwen3-0.6B --tasks mmlu,sums.yaml --data datasets --limit 100
  onefold eval --model mini-int8 --tasks sums.yaml --out runs/int8 --compare runs/eval
  onefold eval --model Qwen/Qwen3-0.6B --tasks mtr-bench:class=IP:level=easy --limit 30
  onefold eval --model qwen --endpoint http://localhost:8000/v1 --tasks gsm8k.yaml --json`;

async function listBenchmarks(io: Io, isJson: boolean): Promise<void> {
  if (isJson) return writeJson(io, benchmarks);
  const rows = benchmarks.flatMap(({ name, measures, files, settings = {} }) => [
    [name, measures],
    ["", files ?? "makes its own data"],
    ...Object.entries(settings).map(([key, what]) => ["", `:${key}=  ${what}`]),
  ]);
  await writeLine(io, formatTable(rows));
}

/** Needed by everything but --list. */
function checkFlags(flags: Partial<EvalFlags>): EvalFlags {
  const missing = (["model", "tasks"] as const).find((flag) => flags[flag] === undefined);
  if (missing) throw new UsageError(`--${missing} is missing; see onefold eval --help`);
  return flags as EvalFlags; // the others have defaults
}

async function openTasks({ tasks, data, fewshot }: EvalFlags): Promise<EvalTask[]> {
  const names = tasks.split(",").map((name) => name.trim());
  const opened = names.map((name) =>
    /\.ya?ml$/i.test(name) ? loadTask(name, { fewshot }) : createTasks(name, { data, fewshot }),
  );
  return (await Promise.all(opened)).flat();
}

function openModel({ model, endpoint, sees, concurrency, ...flags }: EvalFlags) {
  if (endpoint === undefined && sees) {
    throw new UsageError("--sees is for --endpoint: a local model's folder says what it takes");
  }
  if (endpoint === undefined) return createLocalModel(model, { slots: concurrency });
  const { pricePrompt: prompt = 0, priceCompletion: completion = 0 } = flags;
  const prices = prompt + completion > 0 ? { prompt, completion } : undefined;
  const apiKey = process.env.OPENAI_API_KEY;
  return createEndpointModel({ url: endpoint, model, sees, apiKey, concurrency, prices });
}

function render({ results, isComplete }: Evaluation): string {
  const failed = results.reduce((sum, result) => sum + result.failed, 0);
  const unread = results.flatMap(({ task, error }) => (error ? `${task.name}: ${error}` : []));
  const head = isComplete
    ? []
    : [
        [`incomplete: ${failed} ${failed === 1 ? "item" : "items"} failed`, ...unread].join("; "),
        "",
      ];
  const rows = results.flatMap(({ task, scored, failed: missing, metrics, summary }) => [
    ...metrics.map(({ name, filter, value, stderr, interval: [low, high] }) => [
      task.name,
      `${name},${filter}`,
      `${shownNumber(value)} ± ${shownNumber(stderr)}`,
      `${shownNumber(low)} to ${shownNumber(high)}`,
      `${scored} of ${scored + missing}`,
    ]),
    ...Object.entries(summary).map(([name, value]) => [
      task.name,
      name,
      shownNumber(value),
      "",
      "",
    ]),
  ]);
  const reasons = results.flatMap(({ task, failures }) =>
    failures.slice(0, 3).map(({ id, error }) => `${task.name} ${id}: ${error}`),
  );
  return [...head, formatTable(rows), ...reasons].join("\n");
}

const renderDiff = (diffs: readonly RunDiff[]): string =>
  formatTable(
    diffs.flatMap(({ task, comparisons }) =>
      comparisons.map(({ metric, difference, interval: [low, high], p, test, items }) => [
        task,
        metric,
        `${difference < 0 ? "" : "+"}${difference.toFixed(4)}`,
        `${low.toFixed(4)} to ${high.toFixed(4)}`,
        `p ${p.toPrecision(3)} (${test}, ${items} items)`,
      ]),
    ),
  );
