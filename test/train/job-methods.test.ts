/** Every method as a user runs it: from a config file to a folder, and on after a stop. */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadModel } from "../../src/models/index.ts";
import { type StepMetrics, trainFromConfig } from "../../src/train/index.ts";

const folder = mkdtempSync(join(tmpdir(), "onefold-job-methods-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, rows: readonly object[]): string => {
  writeFileSync(join(folder, name), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  return name;
};
const each = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
const answers = write(
  "answers.jsonl",
  each(24, (i) => ({ prompt: `${i} and ${i} is`, completion: ` ${2 * i} or so` })),
);
const pairs = write(
  "pairs.jsonl",
  each(16, (i) => ({ prompt: `${i} and ${i} is`, chosen: ` ${2 * i}`, rejected: ` ${i + 7} no` })),
);
const prompts = write(
  "prompts.jsonl",
  each(6, (i) => ({ prompt: `${i} and ${i} is`, answer: `${2 * i}` })),
);
write("weighed.jsonl", [{ prompt: "1 and 1 is", completion: " 2", weight: 3 }]);
write("one-prompt.jsonl", [{ prompt: "1 and 1 is", chosen: " 2", rejected: " 3" }]);
writeFileSync(
  join(folder, "short.mjs"),
  'export default { name: "short", of: ({ text }) => -text.length };\n',
);
writeFileSync(
  join(folder, "broken.mjs"),
  'export default { name: "broken", of: () => { throw new Error("no such column"); } };\n',
);
writeFileSync(join(folder, "nan.mjs"), 'export default { name: "odd", of: () => 0 / 0 };\n');

const train = { steps: 6, lr: 0.01, batch_tokens: 256, threads: 1, save_every: 2, keep: 0 };

interface Run {
  readonly model: string | undefined;
  readonly steps: StepMetrics[];
}

/** Runs a config; `until` stops it behind that step, as Ctrl-C does. */
async function run(name: string, config: object, until?: number): Promise<Run> {
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify({ train, dtype: "f32", output: name, ...config }));
  const steps: StepMetrics[] = [];
  const stop = new AbortController();
  const { model } = await trainFromConfig(file, {
    signal: stop.signal,
    onStep(metrics) {
      steps.push(metrics);
      if (metrics.step === until) stop.abort();
    },
  });
  return { model, steps };
}

/** The unbroken run and one that was stopped after three steps end with the same bytes. */
async function expectExactResume(name: string, config: object, weights: string): Promise<Run> {
  const whole = await run(name, config);
  const first = await run(`${name}-twice`, config, 3);
  expect(first.model).toBeUndefined();
  const second = await run(`${name}-twice`, config);
  expect(second.steps.map(({ step }) => step)).toEqual([4, 5, 6]);
  const bytes = (one: Run) => readFileSync(join(one.model!, weights));
  expect(bytes(second).equals(bytes(whole))).toBe(true);
  return whole;
}

let base: string;
beforeAll(async () => {
  const { model } = await run("base", {
    model: {
      hidden_size: 16,
      num_hidden_layers: 2,
      num_attention_heads: 2,
      initializer_range: 0.1,
    },
    tokenizer: { size: 280 },
    data: { files: answers, max_length: 64 },
    train: { ...train, steps: 20 },
  });
  base = model!;
}, 60_000);

describe("adapters", () => {
  it.each(["lora", "rslora", "dora"])(
    "%s: trains PEFT files, and goes on exactly",
    async (kind) => {
      const config = {
        model: base,
        data: { files: answers, max_length: 64 },
        lora: { rank: 4, kind },
        eval: { share: 0.2, every: 2 },
      };
      const { model, steps } = await expectExactResume(kind, config, "adapter_model.safetensors");
      expect(steps.at(-1)!.loss).toBeLessThan(steps[0]!.loss);
      const settings = JSON.parse(readFileSync(join(model!, "adapter_config.json"), "utf8"));
      expect(settings).toMatchObject({
        r: 4,
        use_dora: kind === "dora",
        use_rslora: kind === "rslora",
      });
      using adapted = await loadModel(base, { adapter: model });
      expect(adapted.config.lora?.rank).toBe(4);
      const evaluations = readFileSync(join(folder, kind, "evaluations.jsonl"), "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as { step: number; loss: number });
      expect(evaluations.map(({ step }) => step)).toEqual([0, 2, 4, 6]);
      expect(evaluations.at(-1)!.loss).toBeLessThan(evaluations[0]!.loss);
      expect(existsSync(join(folder, kind, "best", "adapter_model.safetensors"))).toBe(true);
    },
    120_000,
  );

  it("QLoRA: over an int4 base", async () => {
    const config = { model: base, data: { files: answers }, lora: { quant: "int4" } };
    const { steps } = await run("qlora", config);
    expect(steps.at(-1)!.loss).toBeLessThan(steps[0]!.loss);
  }, 60_000);
});

describe("preferences", () => {
  it("dpo: begins at log 2, and goes on exactly", async () => {
    const config = { method: "dpo", model: base, data: { files: pairs } };
    const { steps } = await expectExactResume("dpo", config, "model.safetensors");
    expect(steps[0]!.loss).toBeCloseTo(Math.LN2, 5);
    expect(steps.at(-1)!.loss).toBeLessThan(steps[0]!.loss);
  }, 120_000);

  it.each(["simpo", "kto"])(
    "%s: learns from the same rows",
    async (method) => {
      const { steps } = await run(method, { method, model: base, data: { files: pairs } });
      expect(steps.at(-1)!.loss).toBeLessThan(steps[0]!.loss);
    },
    60_000,
  );

  it("dpo over an adapter compares with the base", async () => {
    const config = { method: "dpo", model: base, data: { files: pairs }, lora: { rank: 2 } };
    const { steps, model } = await run("dpo-lora", config);
    expect(steps[0]!.loss).toBeCloseTo(Math.LN2, 5);
    expect(existsSync(join(model!, "adapter_model.safetensors"))).toBe(true);
  }, 60_000);
});

describe("rewards", () => {
  const rl = { rewards: ["./short.mjs"], prompts: 2, answers: 4, max_tokens: 6, slots: 4 };
  it.each(["grpo", "dr-grpo", "dapo", "gspo", "gspo-token"])(
    "%s: the first step's ratio is 1, with a reward of the user's",
    async (method) => {
      const config = { method, model: base, data: { files: prompts }, rl };
      const { steps } = await run(method, { ...config, train: { ...train, steps: 2 } });
      for (const { metrics, gradientNorm } of steps) {
        // DAPO does not learn from answers that met the limit, which may be all of a round.
        const isIdle = method === "dapo" && gradientNorm === 0;
        expect(metrics.ratio).toBeCloseTo(isIdle ? 0 : 1, 4);
        expect(metrics["reward short"]).toBeLessThanOrEqual(0);
        for (const key of ["clipped", "kl", "entropy", "reward", "length"]) {
          expect(metrics).toHaveProperty(key);
        }
      }
    },
    120_000,
  );

  it("grpo of several steps a round goes on exactly, adapter and all", async () => {
    const config = {
      method: "grpo",
      model: base,
      data: { files: prompts },
      lora: { rank: 2 },
      rl: { ...rl, mini_batches: 2, beta: 0.01 },
    };
    await expectExactResume("grpo-lora", config, "adapter_model.safetensors");
  }, 120_000);

  it.each([
    ["exakt", 'unknown reward "exakt" in "rl.rewards"; did you mean "exact"?'],
    ["./broken.mjs", /reward "broken" of row .*no such column/],
    ["./nan.mjs", /reward "odd" of row .*NaN/],
    ["./none.mjs", /none\.mjs: cannot be loaded as a reward/],
  ])("refuses the reward %s before the first step", async (use, message) => {
    const config = { method: "grpo", model: base, data: { files: prompts } };
    const name = `refused-${use.replace(/\W/g, "")}`;
    await expect(run(name, { ...config, rl: { ...rl, rewards: [use] } })).rejects.toThrow(message);
    expect(existsSync(join(folder, name))).toBe(false);
  });
});

describe("distillation", () => {
  it("stored: a student equal to its teacher has nothing to learn", async () => {
    const config = { method: "distill", model: base, data: { files: answers } };
    const same = await run("distill-same", { ...config, distill: { teacher: base, k: 200 } });
    expect(Math.abs(same.steps[0]!.loss)).toBeLessThan(1e-3);
    expect(existsSync(join(folder, "distill-same", "teacher.safetensors"))).toBe(true);
  }, 60_000);

  it("on-policy: goes on exactly", async () => {
    const config = {
      method: "distill",
      model: base,
      data: { files: answers },
      distill: { teacher: base, mode: "on-policy", prompts: 2, max_tokens: 5, slots: 2 },
    };
    const { steps } = await expectExactResume("on-policy", config, "model.safetensors");
    expect(Math.abs(steps[0]!.loss)).toBeLessThan(1e-4);
  }, 120_000);
});

describe("what does not go together", () => {
  it.each([
    [{ method: "grpo" }, 'the method grpo needs "rl"'],
    [{ preference: { beta: 1 } }, '"preference" belongs to the methods dpo, kto and simpo'],
    [
      { method: "dpo", data: { files: "pairs.jsonl", streaming: true } },
      '"data.streaming" belongs',
    ],
    [{ lora: { kind: "dora", quant: "int4" } }, "dora needs an unquantised base"],
    [{ method: "dopo" }, '"method"'],
    [{ train: { ...train, freeze: ["nothing"] } }, 'no parameter matches "nothing"'],
    [{ eval: {} }, 'one of "eval.files" and "eval.share"'],
    [
      { train: { ...train, momentum: 0.5 } },
      '"train.momentum" counts with train.optimizer sgd alone',
    ],
    [
      { data: { files: answers, epochs: 2 } },
      '"data.epochs" counts with data.streaming or data.mix',
    ],
    [
      { method: "dpo", data: { files: pairs }, preference: { gamma: 2 } },
      '"preference.gamma" counts with method simpo alone; change that, or leave it out',
    ],
    [
      {
        method: "grpo",
        data: { files: prompts },
        rl: { rewards: ["exact"] },
        train: { ...train, accumulate: 2 },
      },
      '"train.accumulate" counts with methods that learn from given rows',
    ],
    [
      { method: "distill", data: { files: "weighed.jsonl" }, distill: { teacher: "base/final" } },
      /weighed\.jsonl:1: weight does not count in distillation/,
    ],
    [
      { method: "kto", data: { files: "one-prompt.jsonl" } },
      /kto measures the divergence on answers to other prompts, but all rows .*one-prompt\.jsonl:1/,
    ],
  ])("%j", async (config, message) => {
    const whole = { model: base, data: { files: answers }, ...config };
    await expect(run("mismatch", whole)).rejects.toThrow(message);
    expect(existsSync(join(folder, "mismatch"))).toBe(false);
  });
});

it("stops a run that diverges, and says where", async () => {
  const config = {
    model: base,
    data: { files: answers },
    train: { ...train, steps: 120, lr: 1, warmup: 100, divergence: 1, save_every: 100 },
  };
  await expect(run("diverges", config)).rejects.toThrow(
    /the run diverges at step \d+: the mean loss of the last 20 steps is .*data: .*answers\.jsonl:\d+/,
  );
}, 60_000);
