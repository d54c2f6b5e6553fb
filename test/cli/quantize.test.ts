/** `onefold quantize` and `onefold verify` on the shipped model. */

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
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
  folder = mkdtempSync(join(tmpdir(), "onefold-quantize-"));
  env = { HF_HUB_CACHE: join(folder, "hub") }; // the cache of quantised models is beside it
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it(
  "int8 passes the limits that a trained model should",
  async () => {
    // Held-out conversations: elsewhere the model's predictions are noise, and noise flips.
    const render = await loadRender();
    const talks = heldoutExamples("verify", 1).map(({ messages }) => render(messages, {}));
    const text = join(folder, "talks.txt");
    writeFileSync(text, talks.join(""));
    const limits = ["--max-kl", "0.01", "--min-agreement", "0.95", "--text", text];
    const args = ["verify", mini, "--quant", "int8", ...limits, "--json"];
    const outcome = await runOnefold([...args, "--max-perplexity-ratio", "1.01"], { env });
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    const report = JSON.parse(outcome.stdout);
    expect(report).toMatchObject({ passed: true, failures: [] });
    expect(report.tokens).toBeGreaterThan(500);
    expect(report.kl).toBeGreaterThan(1e-6); // something was quantised
  },
  TIMEOUT,
);

it(
  "writes a folder that reads back; verify fails beyond a limit, and says which",
  async () => {
    const out = join(folder, "mini-int4");
    const made = await runOnefold(["quantize", mini, "--quant", "int4", "--out", out], { env });
    expect(made).toEqual({ code: 0, stdout: `${out}: 43 weights in int4\n`, stderr: "" });
    const size = (dir: string) => statSync(join(dir, "model.safetensors")).size;
    expect(size(out)).toBeLessThan(0.36 * size(mini)); // 5 bits a weight against 16
    const config = JSON.parse(readFileSync(join(out, "config.json"), "utf8"));
    expect(config.quantization_config).toMatchObject({ quant_method: "onefold", kind: "int4" });
    const args = ["verify", out, "--reference", mini, "--tokens", "200", "--max-kl", "0.0001"];
    const { code, stdout, stderr } = await runOnefold(args, { env });
    expect(code).toBe(1);
    expect(stdout).toContain("perplexity ratio");
    expect(stderr).toMatch(/onefold: the mean KL divergence 0\.\d+ exceeds --max-kl 0\.0001/);
  },
  TIMEOUT,
);

it(
  "verifies both forms of a mixed model",
  async () => {
    const args = ["verify", mini, "--quant", "mixed", "--tokens", "200", "--json"];
    const options = ["--max-kl", "0.01", "--min-agreement", "0", "--max-perplexity-ratio", "2"];
    const { code, stdout } = await runOnefold([...args, ...options], { env });
    const { kl, steps, failures } = JSON.parse(stdout);
    expect(kl).toBeLessThan(0.01); // int8
    expect(steps.kl).toBeGreaterThan(0.01); // int4
    expect({ code, failures: failures.length }).toEqual({ code: 1, failures: 1 });
  },
  TIMEOUT,
);

it(
  "runs and completes with what --quant says, and auto tells its choice",
  async () => {
    const calibrate = join(folder, "calibrate.txt");
    writeFileSync(calibrate, "<|im_start|>user\nWhat is 12 + 30?<|im_end|>\n");
    const question = ["What is 12 + 30?", "--think", "--hide-thinking", "--temperature", "0"];
    const args = ["run", mini, ...question, "--quant", "int8", "--calibrate", calibrate];
    const { code, stdout, stderr } = await runOnefold(args, { env });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toContain("42");
    const chosen = await runOnefold(["run", mini, ...question, "--quant", "auto"], { env });
    expect(chosen.code).toBe(0);
    expect(chosen.stderr).toMatch(/^auto: f32, exact and fast enough; .* free memory for 1\.5 M/m);
  },
  TIMEOUT,
);

it.each([
  [["verify", mini], "is not quantised; give --quant int4 or int8"],
  [["verify", mini, "--block", "32"], "--block says how to quantise; give --quant"],
  [["verify", mini, "--no-calibrate"], "--no-calibrate says how to quantise; give --quant"],
  [["quantize", mini, "--out", "x"], "give --quant int4 or --quant int8"],
  [["quantize", mini, "--quant", "auto", "--out", "x"], "give --quant int4 or --quant int8"],
  [["run", mini, "hi", "--quant", "auto", "--int8", "*"], "--int8 says how to quantise; give"],
])(
  "%j is wrong usage",
  async (args, message) => {
    const outcome = await runOnefold(args, { env });
    expect(outcome).toMatchObject({ code: 2, stdout: "" });
    expect(outcome.stderr).toContain(message);
  },
  TIMEOUT,
);
