/** Results in the layout of lm-evaluation-harness, and its samples file. */

import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "../../checkpoint/atomic.ts";
import { type Evaluation, journalFile } from "../evaluate.ts";
import type { MetricResult } from "../run/aggregate.ts";
import { latestRecords } from "../run/journal.ts";
import type { EvalModel, ItemRecord, JsonObject } from "../types.ts";

const hashOf = (value: unknown): string =>
  createHash("sha256").update(JSON.stringify(value)).digest("hex");

/** NaN, where nothing was scored, becomes null. */
const numberOf = (value: number): number | null => (Number.isFinite(value) ? value : null);

function entriesOf(metrics: readonly MetricResult[]): Record<string, number | null> {
  return Object.fromEntries(
    metrics.flatMap((metric) => {
      const { name, filter, value, stderr, interval, scoredValue } = metric;
      const entries: [string, number | null][] = [
        [`${name},${filter}`, numberOf(value)],
        [`${name}_stderr,${filter}`, numberOf(stderr)],
        [`${name}_ci95_low,${filter}`, numberOf(interval[0])],
        [`${name}_ci95_high,${filter}`, numberOf(interval[1])],
      ];
      if (scoredValue !== value) entries.push([`${name}_scored,${filter}`, numberOf(scoredValue)]);
      return entries;
    }),
  );
}

/** The results file's content; keys that lm-evaluation-harness has mean what they mean there. */
export function resultsJson(
  model: Pick<EvalModel, "name" | "identity" | "usage">,
  { results, seconds, isComplete }: Evaluation,
  { limit, seed = 0 }: { readonly limit?: number; readonly seed?: number } = {},
) {
  const byTask = <T>(value: (result: Evaluation["results"][number]) => T) =>
    Object.fromEntries(results.map((result) => [result.task.name, value(result)]));
  return {
    results: byTask(({ task, metrics, summary, scored, failed }) => ({
      alias: task.name,
      ...entriesOf(metrics),
      ...Object.fromEntries(Object.entries(summary).map(([k, v]) => [`${k},none`, numberOf(v)])),
      sample_len: scored + failed,
    })),
    tags: byTask(({ groups }) =>
      groups.map(({ tag, value, scored, failed, metrics }) => ({
        tag,
        value,
        scored,
        failed,
        ...entriesOf(metrics),
      })),
    ),
    configs: byTask(({ task }) => ({ task: task.name, output_type: task.kind, ...task.settings })),
    versions: byTask(({ task }) => task.version),
    "n-shot": byTask(({ task }) => task.fewshot ?? 0),
    higher_is_better: byTask(({ metrics }) =>
      Object.fromEntries(metrics.map(({ name, isHigherBetter }) => [name, isHigherBetter])),
    ),
    "n-samples": byTask(({ requested, scored }) => ({ original: requested, effective: scored })),
    failures: byTask(({ failed, failures, error }) => ({ failed, first: failures, error })),
    counts: byTask(({ counts }) => counts),
    is_complete: isComplete,
    config: {
      model: "onefold",
      model_args: model.name,
      model_sha: model.identity,
      limit: limit ?? null,
      random_seed: seed,
      bootstrap_iters: 1000,
    },
    usage: model.usage(),
    model_name: model.name,
    model_name_sanitized: model.name.replace(/[^\w.-]+/g, "__"),
    date: Date.now() / 1000,
    total_evaluation_time_seconds: String(seconds),
  };
}

/** A line of lm-evaluation-harness's samples file. */
function sampleOf(record: ItemRecord): JsonObject {
  const { index, id, doc } = record;
  const head = { doc_id: index, id, doc, doc_hash: hashOf(doc) };
  if (record.status === "failed") return { ...head, error: record.error };
  const { asked, target, answer, values, details } = record;
  const argumentsOf = asked.map(({ context, argument }, i) => [
    `gen_args_${i}`,
    { arg_0: context, arg_1: argument },
  ]);
  return {
    ...head,
    target,
    arguments: Object.fromEntries(argumentsOf) as JsonObject,
    resps: asked.map(({ response }) => [response]),
    filtered_resps: [answer],
    metrics: Object.keys(values),
    ...values,
    prompt_hash: hashOf(asked[0]?.context ?? null),
    target_hash: hashOf(target),
    ...(details ? { details } : {}),
  };
}

/** Writes results and samples into the run's folder. @returns the results file */
export async function writeResults(
  out: string,
  model: Pick<EvalModel, "name" | "identity" | "usage">,
  evaluation: Evaluation,
  options: { readonly limit?: number; readonly seed?: number } = {},
): Promise<string> {
  const results = resultsJson(model, evaluation, options);
  const folder = join(out, results.model_name_sanitized);
  await mkdir(folder, { recursive: true });
  const time = new Date().toISOString().replaceAll(":", "-");
  for (const { task } of evaluation.results) {
    const name = task.name.replace(/[^\w.-]+/g, "_");
    await writeFileAtomically(join(folder, `samples_${name}_${time}.jsonl`), async (sink) => {
      for await (const record of latestRecords(journalFile(out, task.name))) {
        await sink.write(Buffer.from(`${JSON.stringify(sampleOf(record))}\n`));
      }
    });
  }
  const file = join(folder, `results_${time}.json`);
  await writeFileAtomically(file, (sink) =>
    sink.write(Buffer.from(`${JSON.stringify(results, null, 2)}\n`)),
  );
  return file;
}
