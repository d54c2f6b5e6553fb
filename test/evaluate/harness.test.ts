import { appendFile, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test, vi } from "vitest";
import {
  compareRuns,
  createEndpointModel,
  createLocalModel,
  defineTask,
  diffRuns,
  type EvalModel,
  evaluate,
  loadTask,
  mcnemar,
  passAtK,
  resultsJson,
  wilsonInterval,
  writeDiff,
  writeReport,
} from "../../src/evaluate/index.ts";

const folder = () => mkdtemp(join(tmpdir(), "onefold-eval-"));

/** Answers with the prompt's last word; refuses "bad". */
function echoModel(): EvalModel & { asked: string[] } {
  const asked: string[] = [];
  return {
    name: "echo",
    identity: "echo",
    concurrency: 3,
    asked,
    async generate(requests) {
      return requests.map(({ prompt }) => {
        asked.push(String(prompt));
        const text = String(prompt).split(" ").at(-1)!;
        if (text === "bad") throw new Error("no answer to this");
        return { text, finishReason: "stop", promptTokens: 1, completionTokens: 1 };
      });
    },
    usage: () => ({ requests: asked.length, promptTokens: 0, completionTokens: 0, retries: 0 }),
    [Symbol.dispose]() {},
  };
}

const words = (all: readonly string[]) =>
  defineTask({
    name: "words",
    kind: "generate_until",
    items: () => all.map((word, i) => ({ id: `w${i}`, doc: { word, right: "yes" } })),
    text: (doc) => `say ${doc.word}`,
    target: (doc) => String(doc.right),
  });

test("failures are counted as wrong and reported; a second run asks them alone again", async () => {
  const out = await folder();
  const model = echoModel();
  const task = words(["yes", "bad", "no", "yes"]);
  const { results, isComplete } = await evaluate({ model, tasks: [task], out });
  const [result] = results;
  expect(isComplete).toBe(false);
  expect(result).toMatchObject({ requested: 4, scored: 3, failed: 1 });
  expect(result!.failures).toEqual([{ id: "w1", error: "no answer to this" }]);
  expect(result!.metrics[0]).toMatchObject({ value: 0.5, scoredValue: 2 / 3, method: "wilson" });
  model.asked.length = 0;
  // A kill in the middle of a line loses that line alone.
  await appendFile(join(out, "journal", "words.jsonl"), '{"id":"w9","ind');
  const again = await evaluate({ model, tasks: [task], out });
  expect(model.asked).toEqual(["say bad"]);
  expect(again.results[0]).toMatchObject({ scored: 3, failed: 1, resumed: 3 });
  expect(again.results[0]!.metrics).toEqual(result!.metrics);
  const json = resultsJson(model, again);
  expect(json.results.words).toMatchObject({ "exact_match,none": 0.5, sample_len: 4 });
  await writeReport(join(out, "report.html"), out, again);
  const report = await readFile(join(out, "report.html"), "utf8");
  expect(report.match(/no answer to this/g)).toHaveLength(1); // asked twice, shown once
  await expect(evaluate({ model, tasks: [task], out, seed: 1 })).rejects.toThrow("another seed");
});

test("many items at a time listen to one signal without a warning", async () => {
  const warned = vi.fn();
  process.on("warning", warned);
  let waiting = 0;
  const model: EvalModel = {
    ...echoModel(),
    likelihoodConcurrency: 24,
    async logLikelihoods(requests, { signal } = {}) {
      signal!.addEventListener("abort", () => {}, { once: true });
      waiting++;
      await vi.waitUntil(() => waiting === 24); // as many items are at work
      return requests.map(() => ({ logLikelihood: -1, isGreedy: false, tokens: 1 }));
    },
  };
  const task = defineTask({
    name: "choices",
    kind: "multiple_choice",
    items: () => Array.from({ length: 24 }, (_, i) => ({ id: `${i}`, doc: { i } })),
    text: ({ i }) => `${i}`,
    choices: () => ["a", "b"],
    target: () => 0,
  });
  const { isComplete } = await evaluate({ model, tasks: [task], out: await folder() });
  await new Promise(setImmediate); // warnings are told in a later turn
  process.off("warning", warned);
  expect(isComplete).toBe(true);
  expect(warned).not.toHaveBeenCalled();
});

test("two runs are compared item by item", async () => {
  const [a, b] = [await folder(), await folder()];
  const right = (count: number) => Array.from({ length: 12 }, (_, i) => (i < count ? "yes" : "no"));
  await evaluate({ model: echoModel(), tasks: [words(right(2))], out: a });
  await evaluate({ model: echoModel(), tasks: [words(right(10))], out: b });
  const journal = (out: string) => join(out, "journal", "words.jsonl");
  const [found] = await compareRuns(journal(a), journal(b));
  expect(found).toMatchObject({ metric: "exact_match", items: 12, test: "McNemar" });
  expect(found!.difference).toBeCloseTo(8 / 12, 12);
  expect(found!.p).toBeCloseTo(2 / 2 ** 8, 12); // eight discordant pairs, all one way
  expect((await diffRuns(a, b))[0]).toEqual({ task: "words", comparisons: [found] });
  const file = join(a, "diff.html");
  await writeDiff(file, a, b);
  const pieces = (await readFile(file, "utf8")).matchAll(/json">(.*)<\/script>/g);
  const [page, ...items] = Array.from(pieces, ([, json]) => JSON.parse(json!));
  expect(page.summary).toEqual([
    ["words", "exact_match", "+0.6667", expect.any(String), "0.00781 (McNemar)", "12"],
  ]);
  const row = ["words", "w2", "higher", "yes", "no\nexact_match 0", "yes\nexact_match 1"];
  expect(items[0]).toEqual({ kind: "higher", cells: [...row, expect.stringContaining("word")] });
  expect(items).toHaveLength(8);
  await expect(diffRuns(a, await folder())).rejects.toThrow("journal: no such file or folder");
});

test("statistics by hand", () => {
  expect(mcnemar(1, 9)).toBeCloseTo((2 * 11) / 1024, 12);
  expect(passAtK(10, 3, 1)).toBeCloseTo(0.3, 12);
  expect(passAtK(4, 2, 2)).toBeCloseTo(1 - 1 / 6, 12);
  expect(() => passAtK(1, 1, 2)).toThrow("at least 2 answers");
  const [low, high] = wilsonInterval(8, 10);
  expect(low).toBeCloseTo(0.4902, 4);
  expect(high).toBeCloseTo(0.9433, 4);
});

test("a task file runs with a local model, without the network", async () => {
  const out = await folder();
  const rows = [0, 1, 2, 9].map((answer, i) => ({
    q: `${i} + 1 =`,
    options: ["1", "2", "3"],
    answer,
  }));
  await writeFile(join(out, "rows.jsonl"), rows.map((row) => JSON.stringify(row)).join("\n"));
  const yaml = [
    "task: sums",
    "dataset_path: rows.jsonl",
    "output_type: multiple_choice",
    'doc_to_text: "{{q}}"',
    "doc_to_choice: options",
    "doc_to_target: answer",
    "metric_list: [{metric: acc}, {metric: acc_norm}, {metric: acc_bytes}]",
  ];
  await writeFile(join(out, "sums.yaml"), yaml.join("\n"));
  const network = vi.spyOn(globalThis, "fetch").mockRejectedValue(new Error("denied"));
  using model = await createLocalModel("models/onefold-mini");
  const task = await loadTask(join(out, "sums.yaml"));
  const { results } = await evaluate({ model, tasks: [task], out });
  expect(network).not.toHaveBeenCalled();
  network.mockRestore();
  expect(results[0]).toMatchObject({ scored: 3, failed: 1 });
  expect(results[0]!.failures[0]!.error).toBe("the answer 9 is not among the 3 choices");
  expect(results[0]!.metrics.map(({ name }) => name)).toEqual(["acc", "acc_norm", "acc_bytes"]);
  await writeFile(join(out, "bad.yaml"), [...yaml, "process_docs: x"].join("\n"));
  await expect(loadTask(join(out, "bad.yaml"))).rejects.toThrow("process_docs is not supported");
  await writeFile(join(out, "f.yaml"), [...yaml, "process_results: !function utils.f"].join("\n"));
  await expect(loadTask(join(out, "f.yaml"))).rejects.toThrow("!function is Python");
});

test("an endpoint that fails is asked again, and its key shows nowhere", async () => {
  let calls = 0;
  const server = createServer((request, response) => {
    calls++;
    request.resume();
    if (calls === 1) response.writeHead(429, { "retry-after": "0" }).end("slow down");
    else if (calls === 2) response.writeHead(503).end();
    else if (calls > 3) response.writeHead(401).end("who are you");
    else {
      const usage = { prompt_tokens: 10, completion_tokens: 5 };
      const choices = [{ message: { content: "yes\nmore" }, finish_reason: "stop" }];
      response.end(JSON.stringify({ choices, usage }));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  using model = createEndpointModel({
    url: `http://127.0.0.1:${port}/v1`,
    model: "m",
    apiKey: "secret",
    backoffMs: 1,
    prices: { prompt: 1e6, completion: 2e6 },
  });
  const ask = () => model.generate([{ prompt: [{ role: "user", content: "?" }], until: ["\n"] }]);
  expect((await ask())[0]).toMatchObject({ text: "yes", finishReason: "stop" });
  expect(model.usage()).toMatchObject({ requests: 3, retries: 2, cost: 20 });
  await expect(ask()).rejects.toThrow("m answered 401: who are you");
  expect(JSON.stringify(model)).not.toContain("secret");
  server.close();
});

test("a server that refuses variables of templates is asked without them from then on", async () => {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    bodies.push(body);
    if (body.includes("chat_template_kwargs")) {
      response.writeHead(400).end("Unrecognized request argument: chat_template_kwargs");
    } else response.end(JSON.stringify({ choices: [{ message: { content: "yes" } }] }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  using model = createEndpointModel({ url: `http://127.0.0.1:${port}/v1`, model: "m" });
  for (let i = 0; i < 2; i++) {
    const prompt = [{ role: "user" as const, content: "?" }];
    const [answer] = await model.generate([{ prompt, thinking: false }]);
    expect(answer!.text).toBe("yes");
  }
  expect(bodies.map((body) => body.includes("enable_thinking"))).toEqual([true, false, false]);
  server.close();
});
