/** Mixtures of experts from a config, as a user trains them: fresh, continued, adapted, refused. */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fromValues, toValues } from "../../src/graph/ndarray.ts";
import { decoderSpecs } from "../../src/models/decoder-parameters.ts";
import { forwardProgram, loadModel } from "../../src/models/index.ts";
import { createSession } from "../../src/runtime/index.ts";
import { type StepMetrics, trainFromConfig } from "../../src/train/index.ts";

const folder = mkdtempSync(join(tmpdir(), "onefold-job-experts-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const rows = Array.from({ length: 24 }, (_, i) => ({
  prompt: `${i} and ${i} is`,
  completion: ` ${2 * i} or so${" then".repeat(i % 5)}`,
}));
writeFileSync(join(folder, "rows.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
const sparse = {
  model_type: "qwen3_moe",
  hidden_size: 16,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 32,
  num_experts: 4,
  initializer_range: 0.1,
};
const train = { steps: 8, lr: 0.01, batch_tokens: 256, accumulate: 2, threads: 1, save_every: 99 };
const common = { tokenizer: { size: 280 }, data: { files: "rows.jsonl", max_length: 64 }, train };

async function run(name: string, config: object) {
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify({ ...common, dtype: "f32", output: name, ...config }));
  const steps: StepMetrics[] = [];
  const { model } = await trainFromConfig(file, { onStep: (step) => steps.push(step) });
  return { model: model!, steps };
}

const configOf = (dir: string) =>
  JSON.parse(readFileSync(join(dir, "config.json"), "utf8")) as Record<string, unknown>;

async function logitsOf(dir: string): Promise<number[]> {
  using model = await loadModel(dir);
  using session = await createSession(forwardProgram(model.config), { weights: model.weights });
  const { logits } = await session.run({ tokens: fromValues("i64", [1, 4], [5, 6, 7, 8]) });
  return toValues(logits!) as number[];
}

let fresh: Awaited<ReturnType<typeof run>>;
beforeAll(async () => {
  fresh = await run("fresh", { model: sparse, train: { ...train, steps: 20 } });
}, 60_000);

describe("a fresh mixture", () => {
  it("is balanced over the step, measured, and saved in its family's form", () => {
    const { model, steps } = fresh;
    const [first, last] = [steps[0]!.metrics, steps.at(-1)!.metrics];
    expect(last.task_loss).toBeLessThan(first.task_loss! - 0.5);
    const line = JSON.parse(
      readFileSync(join(folder, "fresh/metrics.jsonl"), "utf8").split("\n")[0]!,
    );
    expect(line).not.toHaveProperty("sums");
    expect(line.metrics).toEqual(first);
    expect(first.moe_max_violation).toBeGreaterThan(0);
    expect(first.moe_variation).toBeGreaterThan(0);
    expect(first.moe_dropped).toBeCloseTo(0, 6);
    expect(first.moe_entropy).toBeLessThanOrEqual(Math.log(4) + 1e-5);
    // Padding is in no count: every expert's choices add up to twice the real tokens.
    const { sums, tokens } = steps[0]!;
    const choices = (toValues(sums.moe_counts!) as number[]).reduce((a, b) => a + b) / (2 * 2);
    expect(choices).toBeLessThan(tokens);
    expect(configOf(model)).toMatchObject({
      model_type: "qwen3_moe",
      num_experts: 4,
      num_experts_per_tok: 2,
      moe_intermediate_size: 16,
      norm_topk_prob: true,
    });
    expect(configOf(model)).not.toHaveProperty("router");
  });

  it("has the router that the config names, a bias that moves, and room that runs out", async () => {
    const { model, steps } = await run("own", {
      model: {
        ...sparse,
        num_experts_per_tok: 2,
        shared_expert_intermediate_size: 8,
        decoder_sparse_step: 2,
        norm_topk_prob: false,
        router: { score: "sigmoid", grouped: true, scale: 2 },
      },
      balance: { bias_rate: 0.01, capacity_factor: 0.5, capacity_mode: "1x", z_loss: 0.001 },
    });
    expect(steps[0]!.metrics.moe_dropped).toBeGreaterThan(0.5);
    const config = configOf(model);
    expect(config).toMatchObject({
      model_type: "onefold",
      architectures: ["OnefoldForCausalLM"],
      shared_expert_intermediate_size: 8,
      mlp_only_layers: [0],
      router: { score: "sigmoid", grouped: true, bias: true, scale: 2 },
    });
    using loaded = await loadModel(model);
    const name = "model.layers.1.mlp.gate.e_score_correction_bias";
    const bias = toValues(loaded.weights({ name, dtype: "f32", shape: [4] })) as number[];
    const moves = bias.map((value) => value / 0.01);
    for (const move of moves) expect(move).toBeCloseTo(Math.round(move), 3);
    expect(Math.max(...moves.map(Math.abs))).toBeGreaterThanOrEqual(1);
    expect(Math.max(...moves.map(Math.abs))).toBeLessThanOrEqual(train.steps + 0.01);
    expect((await logitsOf(model)).every(Number.isFinite)).toBe(true);
  }, 60_000);

  it("keeps the bias in f32 beside weights in bf16", async () => {
    const { model } = await run("half", {
      model: sparse,
      dtype: "bf16",
      balance: { bias_rate: 0.001 },
      train: { ...train, steps: 2 },
    });
    using loaded = await loadModel(model);
    const dtypeOf = (name: string) => loaded.checkpoint.info(`model.layers.0.mlp.${name}`).dtype;
    expect(dtypeOf("gate.e_score_correction_bias")).toBe("f32");
    expect(dtypeOf("gate.weight")).toBe("bf16");
  }, 60_000);

  it("of Qwen2's kind has a shared expert", async () => {
    const qwen2 = { ...sparse, model_type: "qwen2_moe", shared_expert_intermediate_size: 24 };
    const { model, steps } = await run("qwen2", { model: qwen2 });
    expect(configOf(model)).toMatchObject({ model_type: "qwen2_moe", norm_topk_prob: false });
    expect(steps.at(-1)!.loss).toBeLessThan(steps[0]!.loss);
  }, 60_000);
});

describe("a folder", () => {
  const existing = { tokenizer: undefined };

  it("goes on by itself, measured and without a balance loss", async () => {
    const { model, steps } = await run("on", { ...existing, model: "fresh/final" });
    const [{ loss, metrics }] = steps as [StepMetrics];
    expect(metrics.task_loss).toBeCloseTo(loss, 6);
    expect(metrics.moe_max_violation).toBeGreaterThan(0);
    expect(configOf(model)).toMatchObject({ model_type: "qwen3_moe" });
  }, 60_000);

  it("gets a bias where the balance is to move one, and computes the same before", async () => {
    const { model, steps } = await run("biased", {
      ...existing,
      model: "fresh/final",
      balance: { bias_rate: 0.25 },
      train: { ...train, steps: 1, lr: 1e-12, weight_decay: 0 },
    });
    const plain = await run("plain", {
      ...existing,
      model: "fresh/final",
      train: { ...train, steps: 1 },
    });
    expect(steps[0]!.metrics.task_loss).toBeCloseTo(plain.steps[0]!.metrics.task_loss!, 6);
    expect(configOf(model)).toMatchObject({ model_type: "onefold", router: { bias: true } });
    const before = await logitsOf(fresh.model);
    const after = await logitsOf(model);
    expect(after).not.toEqual(before); // the bias chooses others
    using loaded = await loadModel(model);
    expect(loaded.config.moe?.router?.bias).toBe(true);
    // And once more: its bias is read, not made anew.
    const again = await run("again", {
      ...existing,
      model: "biased/final",
      balance: { bias_rate: 0.25 },
      train: { ...train, steps: 1, lr: 1e-12, weight_decay: 0 },
    });
    expect(configOf(again.model).model_type).toBe("onefold");
  }, 60_000);

  it("scope exact: the loss of one micro-batch is that of scope micro", async () => {
    const one = { ...train, steps: 1, accumulate: 1 };
    const losses = [];
    for (const scope of ["exact", "micro", "global"]) {
      const balance = { scope, coefficient: 0.5 };
      const { steps } = await run(scope, {
        ...existing,
        model: "fresh/final",
        train: one,
        balance,
      });
      losses.push(steps[0]!.loss);
    }
    expect(losses[1]).toBeCloseTo(losses[0]!, 6);
    expect(losses[2]).toBeCloseTo(losses[0]!, 6);
  }, 60_000);

  it.each([
    ["f32", "none"],
    ["int4", "int4"],
  ])(
    "gets adapters beside its experts, over %s",
    async (name, quant) => {
      const lora = { rank: 2, quant };
      const { model, steps } = await run(`lora-${name}`, {
        ...existing,
        model: "fresh/final",
        lora,
      });
      expect(steps.at(-1)!.loss).toBeLessThan(steps[0]!.loss);
      using adapted = await loadModel(fresh.model, { adapter: model });
      const names = [...decoderSpecs(adapted.config).keys()].filter((n) => n.includes("lora_A"));
      expect(names.length).toBe(2 * 4); // q, k, v, o of two layers
    },
    60_000,
  );

  it("of preferences is balanced too", async () => {
    writeFileSync(
      join(folder, "pairs.jsonl"),
      rows
        .map(
          ({ prompt, completion }) =>
            `${JSON.stringify({ prompt, chosen: completion, rejected: " no" })}\n`,
        )
        .join(""),
    );
    const { steps } = await run("dpo", {
      ...existing,
      method: "dpo",
      model: "fresh/final",
      data: { files: "pairs.jsonl" },
      balance: { coefficient: 0.1 },
    });
    const [{ loss, metrics }] = steps as [StepMetrics];
    expect(metrics.task_loss).toBeCloseTo(Math.LN2, 5);
    expect(loss).toBeGreaterThan(metrics.task_loss! + 0.09);
  }, 60_000);
});

describe("what does not go together", () => {
  const moe = (change: object) => ({ model: { ...sparse, ...change } });
  it.each([
    [
      moe({ model_type: "qwen3" }),
      '"model.num_experts" belongs to the types qwen3_moe and qwen2_moe',
    ],
    [moe({ num_experts: undefined }), 'a qwen3_moe needs "model.num_experts"'],
    [moe({ model_type: "qwen2_moe" }), 'needs "model.shared_expert_intermediate_size"'],
    [moe({ num_experts_per_tok: 5 }), '"num_experts_per_tok" must be at most num_experts 4'],
    [moe({ num_experts_per_tok: 3, router: { grouped: true } }), "4 experts are not 3 of them"],
    [moe({ router: { score: "relu" } }), '"model.router.score" must be one of softmax, sigmoid'],
    [{ ...moe({}), balance: { scop: "micro" } }, 'did you mean "balance.scope"?'],
    [
      { model: { ...sparse, model_type: "qwen3", num_experts: undefined }, balance: {} },
      '"balance" belongs to mixtures of experts',
    ],
    [
      { ...moe({}), balance: { capacity_mode: "1x" } },
      '"balance.capacity_mode" counts with balance.capacity_factor alone',
    ],
    [{ model: "fresh/final", lora: { rank: 2 }, balance: { bias_rate: 1 } }, '"lora" leaves as'],
    [
      { model: "fresh/final", lora: { targets: ["q_proj", "gate_proj"] } },
      '"lora.targets" names gate_proj, but no linear map that can be adapted is called so; experts',
    ],
    [
      {
        model: "fresh/final",
        method: "grpo",
        rl: { rewards: ["exact"] },
        balance: {},
        train: { ...train, accumulate: undefined },
      },
      '"balance" belongs to methods that learn from given rows',
    ],
  ])("%j", async (config, message) => {
    const whole = { ...config, ...(typeof config.model === "string" && { tokenizer: undefined }) };
    await expect(run("refused", whole)).rejects.toThrow(message);
    expect(existsSync(join(folder, "refused"))).toBe(false);
  });
});
