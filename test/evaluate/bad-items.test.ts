/** Malformed rows, missing columns, answers outside options, tasks that throw: counted, never lost. */

import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  createLocalModel,
  defineTask,
  type EvalItem,
  type EvalModel,
  type EvalTask,
  evaluate,
  loadTask,
  resultsJson,
  writeReport,
} from "../../src/evaluate/index.ts";

const folder = () => mkdtemp(join(tmpdir(), "onefold-bad-items-"));

/** Likes long texts, and says "yes". */
const fake: EvalModel = {
  name: "fake",
  identity: "fake",
  concurrency: 2,
  logLikelihoods: async (requests) =>
    requests.map(({ continuation: { length } }) => ({
      logLikelihood: length === 13 ? Number.NaN : length,
      isGreedy: false,
      tokens: 1,
    })),
  generate: async (requests) =>
    requests.map(() => ({
      text: "yes",
      finishReason: "stop" as const,
      promptTokens: 1,
      completionTokens: 1,
    })),
  usage: () => ({ requests: 0, promptTokens: 0, completionTokens: 0, retries: 0 }),
  [Symbol.dispose]() {},
};

async function failuresOf(task: EvalTask, model = fake) {
  const out = await folder();
  const evaluation = await evaluate({ model, tasks: [task], out });
  const [result] = evaluation.results;
  const failures = Object.fromEntries(result!.failures.map(({ id, error }) => [id, error]));
  return { ...result!, evaluation, out, failures };
}

async function fileTask(name: string, rows: string, yaml: readonly string[]) {
  const dir = await folder();
  await writeFile(join(dir, name), rows);
  const config = ["task: rows", `dataset_path: ${name}`, ...yaml];
  await writeFile(join(dir, "rows.yaml"), config.join("\n"));
  return loadTask(join(dir, "rows.yaml"));
}

const written = ["output_type: generate_until", 'doc_to_text: "Q: {{q}}"', "doc_to_target: a"];

describe("rows of files", () => {
  test("JSON lines: a bad one fails in its place, those behind it are asked", async () => {
    const rows = [
      '{"q": "1", "a": "yes"}',
      '{"q": "2", "a"',
      "[]",
      '{"q": "3"}',
      '{"q": "4", "a": "no"}',
    ];
    const { failures, ...result } = await failuresOf(
      await fileTask("rows.jsonl", rows.join("\n"), written),
    );
    expect(result).toMatchObject({ requested: 5, scored: 2, failed: 3 });
    expect(failures["1"]).toMatch(/rows\.jsonl:2: is not JSON: it ends too early/);
    expect(failures["2"]).toMatch(/rows\.jsonl:3: must be a JSON object, found/);
    expect(failures["3"]).toBe('rows.yaml: doc_to_target: no value for "a"; the row has q');
  });

  test("CSV: wrong widths and stray quotes are single rows; an open quote is the last", async () => {
    const rows = ["q,a", "1,yes", "2", '3,"y"es', "4,yes,more", "5,yes", '6,"open', "7,yes"];
    const { failures, ...result } = await failuresOf(
      await fileTask("rows.csv", rows.join("\n"), written),
    );
    expect(result).toMatchObject({ requested: 6, scored: 2, failed: 4 });
    expect(failures["1"]).toContain("rows.csv:3: has 1 columns, expected 2 (q, a)");
    expect(failures["2"]).toContain("rows.csv:4: column 2 has a stray quote");
    expect(failures["3"]).toContain("rows.csv:5: has 3 columns");
    expect(failures["5"]).toContain("rows.csv:7: a quote");
  });

  test("a JSON array with entries that are no objects", async () => {
    const text = JSON.stringify({ rows: [{ q: "1", a: "yes" }, 7, { q: null, a: "yes" }] });
    const { failures, ...result } = await failuresOf(await fileTask("rows.json", text, written));
    expect(result).toMatchObject({ requested: 3, scored: 1, failed: 2 });
    expect(failures["1"]).toContain("rows.json: [1]: must be an object, found 7");
    expect(failures["2"]).toBe('rows.yaml: doc_to_text: no value for "q"; the row has a');
  });

  test("columns may be missing under a condition, and a word that is no column is a constant", async () => {
    const yaml = [
      "output_type: generate_until",
      'doc_to_text: "{{q}}{% if hint is defined %}{{hint}}{% endif %}{{more | default(1)}}{{x or 2}}"',
      "doc_to_target: yes_or_no",
    ];
    const task = await fileTask("rows.jsonl", '{"q": "1"}\n{"q": "2", "a": "b"}', yaml);
    const { failures, ...result } = await failuresOf(task);
    expect(failures).toEqual({});
    expect(result.scored).toBe(2);
    expect((await task.ask({ id: "x", doc: { q: "1" } }, context)).asked[0]!.context).toBe("112");
  });

  test("a bare column that one row lacks is missing there, and no constant", async () => {
    const yaml = ["output_type: generate_until", "doc_to_text: q", "doc_to_target: a"];
    const rows = '{"a": "yes"}\n{"q": "2", "a": "yes"}';
    const { failures } = await failuresOf(await fileTask("rows.jsonl", rows, yaml));
    expect(failures).toEqual({ 0: 'rows.yaml: doc_to_text: no value for "q"; the row has a' });
  });

  test("examples from a malformed file fail every item, with that reason", async () => {
    const rows = '{"q": "1", "a": "yes"}\n{"q"\n{"q": "3", "a": "yes"}';
    const { failed, failures } = await failuresOf(
      await fileTask("rows.jsonl", rows, [...written, "num_fewshot: 1"]),
    );
    expect(failed).toBe(3);
    expect(failures["0"]).toContain("an example cannot be read:");
  });
});

const context = { model: fake, seed: 0, signal: new AbortController().signal };

describe("tasks", () => {
  const choosing = (docs: readonly Record<string, unknown>[]) =>
    defineTask({
      name: "choosing",
      kind: "multiple_choice",
      items: () => docs.map((doc, i) => ({ id: `${i}`, doc: doc as EvalItem["doc"] })),
      text: () => "?",
      choices: ({ options }) => options as string[],
      target: ({ answer }) => answer as number,
    });

  test("choices that are none, and answers outside of them", async () => {
    const options = ["a", "bb"];
    const { failures, ...result } = await failuresOf(
      choosing([
        { options, answer: 1 },
        { options, answer: 2 },
        { options, answer: -1 },
        { options, answer: 0.5 },
        { options, answer: "cc" },
        { options },
        { options, answer: [] },
        { options: [], answer: 0 },
        { answer: 0 },
        { options: "ab", answer: 0 },
        { options: ["a", 3], answer: 0 },
        { options: ["a", "x".repeat(12)], answer: 0 }, // a blank before it: 13
      ]),
    );
    expect(result).toMatchObject({ requested: 12, scored: 1, failed: 11 });
    expect(Object.values(failures)).toEqual([
      "the answer 2 is not among the 2 choices",
      "the answer -1 is not among the 2 choices",
      "the answer 0.5 is not among the 2 choices",
      'the answer "cc" is not among the 2 choices',
      "the answer null is not among the 2 choices",
      "the answer null is not among the 2 choices",
      "the item has no choices",
      "the item has no choices",
      "the item has no choices",
      "choice 2 is 3, expected a text",
      "fake gives no likelihood of choice 2",
    ]);
    // A failed item counts as wrong.
    expect(result.metrics[0]).toMatchObject({ name: "acc", value: 1 / 12, scoredValue: 1 });
  });

  test("a written answer is compared with choices that there are", async () => {
    const task = defineTask({
      name: "written",
      kind: "generate_until",
      items: () => [{ id: "0", doc: {} }],
      text: () => "?",
      choices: () => ["yes", "no"],
      target: () => 2,
    });
    expect((await failuresOf(task)).failures).toEqual({
      0: "the answer 2 is not among the 2 choices",
    });
  });

  const plain = defineTask({
    name: "plain",
    kind: "generate_until",
    items: () => ["0", "1", "2"].map((id) => ({ id, doc: {} })),
    text: () => "?",
    target: () => "yes",
  });

  test("scores that are no numbers, thrown values of any kind, and ids that come twice", async () => {
    const ask: EvalTask["ask"] = async (item, asked) => {
      if (item.id === "1") throw "no error at all";
      const outcome = await plain.ask(item, asked);
      return item.id === "2" ? { ...outcome, values: { exact_match: Number.NaN } } : outcome;
    };
    const items = () => ["0", "1", "2", "0"].map((id) => ({ id, doc: {} }));
    const { failures, ...result } = await failuresOf({ ...plain, items, ask });
    expect(result).toMatchObject({ requested: 4, scored: 1, failed: 3 });
    expect(failures).toEqual({
      1: "no error at all",
      2: "exact_match is NaN, expected a finite number",
      "0#3": "its id 0 is that of an earlier item",
    });
  });

  test("items that end with an error: what was asked counts, and the run is not complete", async () => {
    const items = function* () {
      yield { id: "0", doc: {} };
      throw new Error("the disk is gone");
    };
    const { evaluation, scored, error } = await failuresOf({ ...plain, items });
    expect([scored, error, evaluation.isComplete]).toEqual([1, "the disk is gone", false]);
    expect(resultsJson(fake, evaluation).failures.plain).toMatchObject({
      error: "the disk is gone",
    });
  });

  test("averages over nothing are null in JSON and n/a on the page", async () => {
    const metrics = [
      { name: "cost", isHigherBetter: false },
      { name: "share", isHigherBetter: false, aggregation: "weighted_mean" as const },
    ];
    const ask: EvalTask["ask"] = async () => {
      throw new Error("no");
    };
    const { evaluation, out } = await failuresOf({ ...plain, metrics, ask });
    const { results } = resultsJson(fake, evaluation);
    const { "cost,none": cost, "share,none": share } = results.plain as Record<string, unknown>;
    expect([cost, share]).toEqual([null, null]);
    expect(JSON.stringify(results)).not.toContain("NaN");
    const page = join(out, "report.html");
    await writeReport(page, out, evaluation);
    const text = await readFile(page, "utf8");
    expect(text).toContain('"n/a","n/a to n/a"');
    expect(text).not.toContain("NaN");
  });
});

describe("a local model", () => {
  test("zero tokens, empty contexts, and answers that never end", async () => {
    using model = await createLocalModel("models/onefold-mini");
    const score = (context: string, continuation: string) =>
      model.logLikelihoods!([{ context, continuation }]);
    await expect(score("3 + 4 =", "")).rejects.toThrow('continuation "" has no tokens');
    await expect(score("", "")).rejects.toThrow('continuation "" has no tokens');
    const [alone, blank] = [(await score("", " 7"))[0]!, (await score("  ", "7"))[0]!];
    expect(alone.tokens).toBeGreaterThan(0);
    expect(alone.logLikelihood).toBeLessThan(0);
    // Blanks at the context's end are the continuation's.
    expect(blank.logLikelihood).toBe((await score("", "  7"))[0]!.logLikelihood);
    const [empty] = await model.generate([{ prompt: "", maxTokens: 3 }]);
    expect(empty!.completionTokens).toBeLessThanOrEqual(3);
    // Nothing that it writes holds this: the limit of tokens is what ends it.
    const [endless] = await model.generate([
      { prompt: "1, 1, 1, 1, 1, 1, 1, 1, 1,", until: ["\u0007", ""], maxTokens: 40 },
    ]);
    expect(endless).toMatchObject({ finishReason: "length", completionTokens: 40 });
  });

  test("zero-token continuations in a task fail alone", async () => {
    using model = await createLocalModel("models/onefold-mini");
    const task = defineTask({
      name: "last-word",
      kind: "loglikelihood",
      items: () => ["seven", ""].map((word, i) => ({ id: `${i}`, doc: { word } })),
      text: () => "",
      style: { targetDelimiter: "" },
      target: ({ word }) => String(word),
    });
    const { failures, scored } = await failuresOf(task, model);
    expect(scored).toBe(1);
    expect(failures["1"]).toContain("has no tokens of its own to score");
  });
});
