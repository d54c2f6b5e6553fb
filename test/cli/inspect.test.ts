import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { saveSafetensors } from "../../src/checkpoint/index.ts";
import { fromValues, zeros } from "../../src/graph/ndarray.ts";
import { chanceLevel, type SinkReport } from "../../src/models/index.ts";
import { runOnefold } from "./run-onefold.ts";
import { createTinyModel, type TinyModel, tinyConfig } from "./tiny-model.ts";

const TIMEOUT = 60_000;
const WIDTH = tinyConfig.hidden_size;
let model: TinyModel;
let folder: string;

/** A model whose heads attend evenly, and whose channel 3 is large for the letter "a". */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "onefold-inspect-"));
  model = await createTinyModel();
  const config = {
    ...tinyConfig,
    intermediate_size: 4,
    num_hidden_layers: 2,
    rms_norm_eps: 1e-6,
    rope_theta: 10_000,
    tie_word_embeddings: true,
    max_position_embeddings: 20,
  };
  writeFileSync(join(model.folder, "config.json"), JSON.stringify(config));
  const { vocab } = JSON.parse(readFileSync(join(model.folder, "tokenizer.json"), "utf8")).model;
  const embedding = Array.from({ length: 300 * WIDTH }, (_, i) =>
    Math.floor(i / WIDTH) === vocab.a && i % WIDTH === 3 ? 5000 : 0.5,
  );
  const inner = config.num_attention_heads * config.head_dim;
  const shapes: [string, number[]][] = [0, 1].flatMap((i) =>
    (
      [
        ["self_attn.q_proj.weight", [inner, WIDTH]],
        ["self_attn.k_proj.weight", [inner / 2, WIDTH]],
        ["self_attn.v_proj.weight", [inner / 2, WIDTH]],
        ["self_attn.o_proj.weight", [WIDTH, inner]],
        ["self_attn.q_norm.weight", [config.head_dim]],
        ["self_attn.k_norm.weight", [config.head_dim]],
        ["mlp.gate_proj.weight", [4, WIDTH]],
        ["mlp.up_proj.weight", [4, WIDTH]],
        ["mlp.down_proj.weight", [WIDTH, 4]],
        ["input_layernorm.weight", [WIDTH]],
        ["post_attention_layernorm.weight", [WIDTH]],
      ] as [string, number[]][]
    ).map(([name, shape]): [string, number[]] => [`model.layers.${i}.${name}`, shape]),
  );
  await saveSafetensors(join(model.folder, "model.safetensors"), [
    {
      name: "model.embed_tokens.weight",
      array: fromValues("f32", [300, WIDTH], embedding),
    },
    { name: "model.norm.weight", array: zeros("f32", [WIDTH]) },
    ...shapes.map(([name, shape]) => ({ name, array: zeros("f32", shape) })),
  ]);
});
afterAll(() => {
  model[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});

function textFile(text: string): string {
  const file = join(folder, "text.txt");
  writeFileSync(file, text);
  return file;
}

test("shows sinks and activations by layer, and writes a heat map", {
  timeout: TIMEOUT,
}, async () => {
  const out = join(folder, "new", "sinks");
  const args = ["inspect", model.folder, "--sinks", "--text", textFile("xyzazz"), "--out", out];
  const outcome = await runOnefold(args);
  expect(outcome).toMatchObject({ code: 0, stderr: "" });
  const chance = chanceLevel([6]).toFixed(3);
  const rows = outcome.stdout.split("\n").map((line) => line.trim().split(/\s+/));
  for (const layer of ["0", "1"]) {
    expect(rows).toContainEqual([
      layer,
      chance,
      chance,
      chance,
      expect.stringMatching(/^\([0-3]\)$/), // even heads differ by rounding at most
      "5000",
      "massive",
      "3",
      "2001", // (5000 + 4 x 0.5) / 5 over 0.5
      "3",
      '"a"',
    ]);
  }
  expect(outcome.stdout).toContain("massive activations    after layers 0, 1");
  expect(readdirSync(out)).toEqual(["first-token-attention.svg"]);
  const svg = readFileSync(join(out, "first-token-attention.svg"), "utf8");
  expect(svg.match(/<title>layer \d, head \d: 0\.29<\/title>/g)).toHaveLength(8);
});

test("gives the whole report as JSON, of its own text cut to the context", {
  timeout: TIMEOUT,
}, async () => {
  const { code, stdout } = await runOnefold(["inspect", model.folder, "--sinks", "--json"]);
  expect(code).toBe(0);
  const report: SinkReport = JSON.parse(stdout);
  expect(report).toMatchObject({ windows: 1, tokens: 20 });
  expect(report).not.toHaveProperty("heatMap");
  expect(report.layers.map(({ firstToken }) => firstToken!.length)).toEqual([4, 4]);
  expect(report.firstToken).toBeCloseTo(report.chance, 5);
});

test.each([
  ["an empty text", [], "", "a text of 0 tokens shows no attention", 2],
  ["a text beyond the context", [], "x".repeat(23), "23 tokens do not fit into the model's", 2],
  ["no subject", ["inspect", "x"], "x", "--sinks", 2],
  ["no model", ["inspect", "/nowhere/at-all", "--sinks"], "x", "/nowhere/at-all", 1],
])("%s is one sentence, and nothing is written", { timeout: TIMEOUT }, async (...given) => {
  const [, command, text, message, code] = given;
  const out = join(folder, "refused");
  const args = command.length > 0 ? command : ["inspect", model.folder, "--sinks"];
  const outcome = await runOnefold([...args, "--text", textFile(text), "--out", out]);
  expect(outcome).toMatchObject({ code, stdout: "" });
  expect(outcome.stderr).toContain(message);
  expect(outcome.stderr.trimEnd().split("\n")).toHaveLength(1);
  expect(existsSync(out)).toBe(false);
});
