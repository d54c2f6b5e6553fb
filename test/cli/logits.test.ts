import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/index.ts";
import { root, runOnefold } from "./run-onefold.ts";

const model = join(root, "test/fixtures/qwen/qwen2-yarn");
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "onefold-logits-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("writes the reference's logits, without a tokenizer", async () => {
  using expected = await openCheckpoint(join(model, "expected.safetensors"));
  const reference = expected.read("logits");
  const [, seq, vocab] = reference.shape as [number, number, number];
  const tokens = Array.from(expected.read("tokens").data as BigInt64Array, Number).slice(0, seq);
  const out = join(folder, "logits.safetensors");
  const outcome = await runOnefold(["logits", model, "--tokens", `${tokens}`, "--out", out]);
  expect(outcome).toEqual({ code: 0, stdout: `${out}: logits f32 [24, 96]\n`, stderr: "" });
  using written = await openCheckpoint(out);
  const { shape, data, dtype } = written.read("logits");
  expect([dtype, ...shape]).toEqual(["f32", seq, vocab]);
  const rows = (reference.data as Float32Array).subarray(0, seq * vocab);
  const worst = rows.reduce((most, x, i) => Math.max(most, Math.abs(x - Number(data[i]))), 0);
  expect(worst).toBeLessThan(1e-4);
});

test.each([
  ["1,96", "token 1 is 96, but ids of this model are integers from 0 to 95", 1],
  [new Array(81).fill(1).join(","), "81 tokens do not fit into the model's context of 80", 1],
  ["1,x", "give token ids separated by commas", 2],
])("refuses --tokens %s and writes nothing", async (tokens, message, code) => {
  const out = join(folder, "refused.safetensors");
  const outcome = await runOnefold(["logits", model, "--tokens", tokens, "--out", out]);
  expect(outcome).toMatchObject({ code, stdout: "" });
  expect(outcome.stderr).toContain(message);
  expect(existsSync(out)).toBe(false);
});

test("a file that cannot be written is one sentence, and leaves nothing half-written", async () => {
  const out = join(folder, "no/such/folder/logits.safetensors");
  const outcome = await runOnefold(["logits", model, "--tokens", "1,2", "--out", out]);
  expect(outcome.code).toBe(1);
  expect(outcome.stderr.trimEnd().split("\n")).toHaveLength(1);
  expect(readdirSync(folder)).not.toContain("no");
});
