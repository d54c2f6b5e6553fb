import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { saveSafetensors } from "../../src/checkpoint/index.ts";
import { fromValues } from "../../src/graph/ndarray.ts";
import { decoderSpecs } from "../../src/models/decoder-parameters.ts";
import { readModelConfig } from "../../src/models/index.ts";
import type { RoutingReport } from "../../src/train/index.ts";
import { runOnefold } from "./run-onefold.ts";
import { createTinyModel, type TinyModel, tinyConfig } from "./tiny-model.ts";

const TIMEOUT = 60_000;
const WIDTH = tinyConfig.hidden_size;
const EXPERTS = 4;
let model: TinyModel;
const dense = join(import.meta.dirname, "../../models/onefold-mini");
let folder: string;

/** Layer 1 sends the letter "a" to expert 2 and all else to expert 0; layer 0 has no experts. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "onefold-experts-"));
  model = await createTinyModel();
  const config = {
    ...tinyConfig,
    model_type: "qwen3_moe",
    num_hidden_layers: 2,
    intermediate_size: 4,
    tie_word_embeddings: true,
    num_experts: EXPERTS,
    num_experts_per_tok: 1,
    moe_intermediate_size: 3,
    decoder_sparse_step: 2,
    max_position_embeddings: 20,
  };
  writeFileSync(join(model.folder, "config.json"), JSON.stringify(config));
  const { vocab } = JSON.parse(readFileSync(join(model.folder, "tokenizer.json"), "utf8")).model;
  const values = (name: string, row: number, column: number): number => {
    if (name.includes("embed_tokens")) return column === (row === vocab.a ? 1 : 0) ? 1 : 0;
    if (name.endsWith("norm.weight")) return 1;
    if (!name.endsWith("mlp.gate.weight")) return 0;
    return (row === 2 && column === 1) || (row === 0 && column === 0) ? 1 : 0;
  };
  const weights = [...decoderSpecs(readModelConfig("config.json", config)).values()];
  await saveSafetensors(
    join(model.folder, "model.safetensors"),
    weights
      .filter(({ name }) => !name.includes(".experts."))
      .map(({ name, shape }) => {
        const columns = shape.at(-1)!;
        const count = shape.reduce((a, b) => a * b);
        const data = Array.from({ length: count }, (_, i) =>
          values(name, Math.floor(i / columns), i % columns),
        );
        return { name, array: fromValues("f32", shape, data) };
      })
      .concat(
        Array.from({ length: EXPERTS }, (_, e) =>
          ["gate", "up", "down"].map((kind) => {
            const shape = kind === "down" ? [WIDTH, 3] : [3, WIDTH];
            return {
              name: `model.layers.1.mlp.experts.${e}.${kind}_proj.weight`,
              array: fromValues("f32", shape, new Array<number>(3 * WIDTH).fill(0)),
            };
          }),
        ).flat(),
      ),
  );
});
afterAll(() => {
  model[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});

function textFile(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

test("shows what experts tell of domains, and draws the load of each", {
  timeout: TIMEOUT,
}, async () => {
  const out = join(folder, "new", "experts");
  const domains = [
    `a=${textFile("a.txt", "aaaaaaaa")}`,
    `others=${textFile("others.txt", "xyz".repeat(16))}`, // longer than the context: in pieces
  ];
  const args = ["inspect", model.folder, "--experts", "--out", out];
  const outcome = await runOnefold([...args, ...domains.flatMap((d) => ["--domain", d])]);
  expect(outcome).toMatchObject({ code: 0, stderr: "" });
  const rows = outcome.stdout.split("\n").map((line) => line.trim().split(/\s{2,}/));
  // Two experts share the load of four: the largest is twice the mean.
  expect(rows).toContainEqual([
    "1",
    "1.000",
    "1.000",
    "2",
    expect.any(String),
    "1.000",
    "100 % of a (2)",
  ]);
  expect(rows).toContainEqual(["experts tell of domain", "1.000 bits of 1.000, mean over layers"]);
  expect(rows).toContainEqual(["others", "48 tokens"]);
  expect(readdirSync(out).sort()).toEqual(["experts-a.svg", "experts-others.svg"]);
  const svg = readFileSync(join(out, "experts-a.svg"), "utf8");
  expect(svg.match(/<title>layer \d, expert \d: \d<\/title>/g)).toEqual(
    [0, 0, 4, 0].map((load, e) => `<title>layer 1, expert ${e}: ${load}</title>`),
  );
});

test("one text has a load and an entropy; JSON has all of it", { timeout: TIMEOUT }, async () => {
  const text = textFile("one.txt", "aaax");
  const { code, stdout } = await runOnefold([
    ...["inspect", model.folder, "--experts", "--text", text, "--json"],
  ]);
  expect(code).toBe(0);
  const report: RoutingReport = JSON.parse(stdout);
  expect(report.domains).toEqual(["text"]);
  expect(report.layers).toHaveLength(1);
  const [{ path, frequencies, load, entropy, information }] = report.layers;
  expect(path).toBe("model.layers.1.mlp");
  expect(frequencies).toEqual([[0.25, 0, 0.75, 0]]);
  expect(load).toMatchObject({ maxViolation: 2, dead: 2 });
  // One logit is √WIDTH (a normed unit vector), the others 0.
  const z = Math.exp(Math.sqrt(WIDTH)) + 3;
  const p = Math.exp(Math.sqrt(WIDTH)) / z;
  const expected = -p * Math.log(p) - (3 / z) * Math.log(1 / z);
  expect(entropy[0]).toBeCloseTo(expected, 3);
  expect(information).toBe(0);
});

test.each([
  ["a model without experts", "dense", [], "without experts", 2],
  ["a name that is a path", "moe", ["--domain", "../x=y"], "expected NAME=FILE", 2],
  ["a name twice", "moe", ["--domain", "a=x", "--domain", "a=y"], 'there is a "a" already', 2],
  ["both subjects", "moe", ["--sinks"], "--sinks or --experts", 2],
])("%s is one sentence, and nothing is written", { timeout: TIMEOUT }, async (...given) => {
  const [, which, more, message, code] = given;
  const out = join(folder, "refused");
  const spec = which === "dense" ? dense : model.folder;
  const outcome = await runOnefold(["inspect", spec, "--experts", "--out", out, ...more]);
  expect(outcome).toMatchObject({ code, stdout: "" });
  expect(outcome.stderr).toContain(message);
  expect(outcome.stderr.trimEnd().split("\n")).toHaveLength(1);
  expect(existsSync(out)).toBe(false);
});
