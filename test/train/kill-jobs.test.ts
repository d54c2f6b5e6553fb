/** Runs of configs that are killed at random moments: streams, adapters, rewards, experts. */

import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { trainFromConfig } from "../../src/train/index.ts";

const script = fileURLToPath(new URL("./kill-child.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "onefold-kill-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, rows: readonly object[]): string => {
  writeFileSync(join(folder, name), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  return name;
};
const numbers = Array.from({ length: 24 }, (_, i) => i);
const texts = write(
  "texts.jsonl",
  numbers.map((i) => ({ text: `${i} and ${i} is ${2 * i}${" or so".repeat(i % 4)}` })),
);
const answers = write(
  "answers.jsonl",
  numbers.map((i) => ({ prompt: `${i} and ${i} is`, completion: ` ${2 * i} or so` })),
);
const prompts = write(
  "prompts.jsonl",
  numbers.slice(0, 6).map((i) => ({ prompt: `${i} and ${i} is`, answer: `${2 * i}` })),
);
writeFileSync(
  join(folder, "short.mjs"),
  'export default { name: "short", of: ({ text }) => -text.length };\n',
);

const STEPS = 6;
const train = { steps: STEPS, lr: 0.01, batch_tokens: 128, threads: 2, save_every: 1, keep: 1 };
const shape = { hidden_size: 16, num_hidden_layers: 2, num_attention_heads: 2 };
const sparse = { ...shape, model_type: "qwen3_moe", num_experts: 4, initializer_range: 0.1 };

function configFile(name: string, config: object): string {
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify({ train, dtype: "f32", output: name, ...config }));
  return file;
}

/** Runs until it ends by itself, being killed `kills` times before; @returns how often it was. */
async function runKilled(file: string, kills: number): Promise<number> {
  for (let killed = 0; ; ) {
    const child = spawn(process.execPath, ["--import", "tsx", script, file], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    if (killed < kills) {
      // A step, then any moment of the next step, its save or the removal of an old checkpoint.
      await new Promise((resolve) => child.stdout.once("data", resolve));
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
      killed += child.kill("SIGKILL") ? 1 : 0;
    } else child.stdout.resume();
    if ((await ended) === 0) return killed;
  }
}

/** All that a run leaves, without what depends on the clock. */
function contents(dir: string): Record<string, unknown> {
  const files = readdirSync(dir, { recursive: true, encoding: "utf8" }).filter((name) =>
    /(safetensors|trainer\.json)$/.test(name),
  );
  const found: Record<string, unknown> = {};
  for (const name of files) found[name] = readFileSync(join(dir, name)).toString("base64");
  found.metrics = readFileSync(join(dir, "metrics.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => {
      const { step, loss, gradientNorm, metrics } = JSON.parse(line);
      return { step, loss, gradientNorm, metrics };
    });
  return found;
}

let base: string;
beforeAll(async () => {
  const { model } = await trainFromConfig(
    configFile("base", {
      model: { ...shape, initializer_range: 0.1 },
      tokenizer: { size: 280 },
      data: { files: texts },
      train: { ...train, save_every: 100 },
    }),
  );
  base = model!;
}, 60_000);

describe("ends with the same bits after kill -9 at random moments", () => {
  it.each([
    [
      "a stream of mixed data sets, packed",
      () => ({
        model: base,
        tokenizer: base,
        data: {
          mix: [{ files: texts, weight: 3 }, { files: answers }],
          shuffle_buffer: 8,
          packing: "wrapped",
          max_length: 64,
        },
      }),
    ],
    ["an adapter", () => ({ model: base, data: { files: answers }, lora: { rank: 4 } })],
    [
      "gspo, of two steps a round",
      () => ({
        method: "gspo",
        model: base,
        data: { files: prompts },
        rl: {
          rewards: ["./short.mjs"],
          prompts: 2,
          answers: 4,
          max_tokens: 6,
          slots: 4,
          mini_batches: 2,
        },
      }),
    ],
    [
      "experts with the step's balance and a bias",
      () => ({
        model: sparse,
        tokenizer: base,
        data: { files: texts },
        balance: { scope: "global", coefficient: 0.1, bias_rate: 0.01, capacity_factor: 1.5 },
        train: { ...train, accumulate: 3 },
      }),
    ],
  ])(
    "%s",
    async (name, config) => {
      const id = name.replace(/\W+/g, "-");
      const [, kills] = await Promise.all([
        trainFromConfig(configFile(`${id}-whole`, config())),
        runKilled(configFile(`${id}-broken`, config()), 2),
      ]);
      expect(kills).toBe(2);
      const [expected, found] = [`${id}-whole`, `${id}-broken`].map((dir) =>
        contents(join(folder, dir)),
      );
      expect(Object.keys(expected!).length).toBeGreaterThan(4); // two checkpoints, final, metrics
      expect(found).toEqual(expected);
      const left = readdirSync(join(folder, `${id}-broken`)).filter((file) => file.startsWith("."));
      expect(left).toEqual([]);
    },
    120_000,
  );
});
