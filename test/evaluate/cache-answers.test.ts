import { spawn } from "node:child_process";
import { appendFile, mkdtemp, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cacheAnswers, type EvalModel } from "../../src/evaluate/index.ts";

const folder = () => mkdtemp(join(tmpdir(), "onefold-answers-"));

/** Answers with the prompt and counts; refuses "bad". */
function counting(identity = "a"): EvalModel & { asked: string[] } {
  const asked: string[] = [];
  return {
    name: "counting",
    identity,
    concurrency: 1,
    asked,
    async logLikelihoods(requests) {
      return requests.map(({ context, continuation }) => {
        asked.push(context + continuation);
        return { logLikelihood: -continuation.length, isGreedy: false, tokens: 1 };
      });
    },
    async generate(requests) {
      return requests.map(({ prompt, seed }) => {
        asked.push(String(prompt));
        if (prompt === "bad") throw new Error("no answer to this");
        const text = `${String(prompt)} ${seed ?? 0} 河`;
        return { text, finishReason: "stop", promptTokens: 1, completionTokens: 1 };
      });
    },
    usage: () => ({ requests: asked.length, promptTokens: 0, completionTokens: 0, retries: 0 }),
    [Symbol.dispose]() {},
  };
}

test("answers are kept by model, prompt and settings; only what is missing is asked", async () => {
  const cache = await folder();
  const first = counting();
  using model = await cacheAnswers(first, cache);
  const likelihoods = [
    { context: "a", continuation: " b" },
    { context: "", continuation: "a b", mode: "rolling" as const },
  ];
  const scores = await model.logLikelihoods!(likelihoods);
  const [greedy] = await model.generate([{ prompt: "p" }]);
  await expect(model.generate([{ prompt: "bad" }])).rejects.toThrow("no answer");

  const second = counting();
  using again = await cacheAnswers(second, cache);
  const third = { context: "a", continuation: " cd" };
  const mixed = await again.logLikelihoods!([likelihoods[1]!, third, likelihoods[0]!]);
  expect(mixed.map(({ logLikelihood }) => logLikelihood)).toEqual([
    scores[1]!.logLikelihood,
    -3,
    scores[0]!.logLikelihood,
  ]);
  expect(await again.generate([{ prompt: "p", temperature: 0, maxTokens: 256 }])).toEqual([greedy]);
  expect(second.asked).toEqual(["a cd"]);
  expect(again.usage()).toMatchObject({ requests: 1, cached: 3 });
  await expect(again.generate([{ prompt: "bad" }])).rejects.toThrow("no answer"); // not kept
  for (const other of [{ seed: 1 }, { maxTokens: 5 }, { until: ["x"] }, { temperature: 1 }]) {
    await again.generate([{ prompt: "p", ...other }]);
  }
  expect(second.asked).toHaveLength(6);
  const other = counting("b");
  using elsewhere = await cacheAnswers(other, cache);
  await elsewhere.generate([{ prompt: "p" }]);
  expect(other.asked).toEqual(["p"]);
});

test("lines that were cut short or are no answers are passed over", async () => {
  const cache = await folder();
  using model = await cacheAnswers(counting(), cache);
  await model.generate([{ prompt: "p" }, { prompt: "q" }]);
  const [file] = await readdir(join(cache, "a"));
  await appendFile(join(cache, "a", file!), '{"key":"x","ans');
  await writeFile(join(cache, "a", "other.jsonl"), "\0\0\n[]\n{}\nnull");
  const second = counting();
  using again = await cacheAnswers(second, cache);
  await again.generate([{ prompt: "p" }, { prompt: "q" }, { prompt: "r" }]);
  expect(second.asked).toEqual(["r"]);
});

test("processes beside each other, killed in the middle, leave whole answers", async () => {
  const cache = await folder();
  const script = `
    const { openAnswerStore } = await import("./src/evaluate/model/answer-store.ts");
    const store = await openAnswerStore(process.argv[1]);
    console.log("ready");
    for (let i = 0; ; i++) await store.put(process.argv[2] + i, "x".repeat(i % 2000));`;
  await Promise.all(
    ["a", "b"].map(async (name) => {
      const child = spawn(
        process.execPath,
        ["--import", "tsx", "--input-type=module", "-e", script, cache, name],
        { stdio: ["ignore", "pipe", "inherit"] },
      );
      await new Promise((resolve) => child.stdout.once("data", resolve));
      await new Promise((resolve) => setTimeout(resolve, 100));
      child.kill("SIGKILL");
      await new Promise((resolve) => child.once("exit", resolve));
    }),
  );
  const { openAnswerStore } = await import("../../src/evaluate/model/answer-store.ts");
  const store = await openAnswerStore(cache);
  for (const name of ["a", "b"]) {
    let count = 0;
    let text = await store.get(name + count);
    for (; text !== undefined; text = await store.get(name + count)) {
      expect(text).toBe("x".repeat(count++ % 2000));
    }
    expect(count).toBeGreaterThan(10);
  }
  await store.close();
});
