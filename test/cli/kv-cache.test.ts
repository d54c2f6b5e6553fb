/** `--kv-cache int8` of `onefold verify` and `onefold run`, on the shipped model. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { heldoutExamples } from "../../recipes/onefold-mini/data.ts";
import { loadRender } from "../../recipes/onefold-mini/render.ts";
import { root, runOnefold } from "./run-onefold.ts";

const mini = join(root, "models/onefold-mini");
const TIMEOUT = 240_000; // computes a lot, maybe on a busy machine
let folder: string;
let env: Record<string, string>;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "onefold-kv-cache-"));
  env = { HF_HUB_CACHE: join(folder, "hub") }; // scales are kept beside it
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it(
  "passes the limits that a trained model should, and answers",
  async () => {
    const render = await loadRender();
    const talks = heldoutExamples("verify", 1).map(({ messages }) => render(messages, {}));
    const text = join(folder, "talks.txt");
    writeFileSync(text, talks.join(""));
    const limits = [
      "--max-kl",
      "0.01",
      "--min-agreement",
      "0.95",
      "--max-perplexity-ratio",
      "1.01",
    ];
    const args = ["verify", mini, "--kv-cache", "int8", "--text", text, ...limits, "--json"];
    const outcome = await runOnefold(args, { env });
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    const report = JSON.parse(outcome.stdout);
    expect(report).toMatchObject({ passed: true, failures: [] });
    expect(report.tokens).toBeGreaterThan(500);
    expect(report.kl).toBeGreaterThan(1e-6); // the cache was rounded
    const question = ["run", mini, "What is 12 + 30?", "--no-think", "--temperature", "0"];
    const expected = await runOnefold(question, { env });
    expect(expected).toMatchObject({ code: 0 });
    expect(await runOnefold([...question, "--kv-cache", "int8"], { env })).toEqual(expected);
  },
  TIMEOUT,
);
