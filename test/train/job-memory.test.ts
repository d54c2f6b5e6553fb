/** The plan of a job's memory: printed, refused where it is too much, and true to its changes. */

import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parse } from "yaml";
import { type JobPlan, type MemoryPlan, trainFromConfig } from "../../src/train/index.ts";

const folder = mkdtempSync(join(tmpdir(), "onefold-job-memory-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const rows = Array.from({ length: 32 }, (_, i) => ({
  prompt: `${i} and ${i} is`,
  completion: ` ${2 * i} or so, and some more words that make the row a little longer`,
  answer: "1",
}));
const write = (name: string, of: readonly object[]): void =>
  writeFileSync(join(folder, name), of.map((row) => `${JSON.stringify(row)}\n`).join(""));
write("rows.jsonl", rows);
write(
  "prompts.jsonl",
  rows.map(({ prompt, answer }) => ({ prompt, answer })),
);

const train = { steps: 1, batch_tokens: 2048, threads: 1 };
let runs = 0;

/** The plan of a config; no step is taken. */
async function plan(config: object, available: number): Promise<MemoryPlan> {
  const file = join(folder, "plan.json");
  writeFileSync(file, JSON.stringify({ output: `out-${runs++}`, ...config }));
  const stop = new AbortController();
  let found: JobPlan | undefined;
  await trainFromConfig(file, {
    availableMemory: available,
    signal: stop.signal,
    onPlan(made) {
      found = made;
      stop.abort();
    },
  });
  return found!.memory;
}

const model = { hidden_size: 32, num_hidden_layers: 2, num_attention_heads: 2 };
const fresh = { model, tokenizer: { size: 300 }, data: { files: "rows.jsonl" }, train };
let base: string;
beforeAll(async () => {
  const file = join(folder, "base.json");
  writeFileSync(file, JSON.stringify({ ...fresh, output: "base" }));
  base = (await trainFromConfig(file)).model!;
}, 60_000);

it("adds up, and leaves room alone", async () => {
  const found = await plan(fresh, 1e9);
  const { total, available, fixes, ...parts } = found;
  expect(total).toBe(Object.values(parts).reduce((sum, bytes) => sum + bytes, 0));
  expect(parts.activations).toBeGreaterThan(1e6);
  expect(parts.sampling).toBe(0);
  expect(available).toBe(1e9 + parts.data);
  expect(fixes).toEqual([]);
});

it("refuses a run that cannot be, in one sentence, before it writes anything", async () => {
  const refused = plan(fresh, 2e6);
  await expect(refused).rejects.toThrow(
    /^\S+plan\.json: the run needs about [\d.]+ MB of memory \(weights \d+ kB, gradients \d+ kB, optimizer \d+ kB, activations [\d.]+ MB, data \d+ kB\), but [\d.]+ MB are free; change train\.batch_tokens \d+ with train\.accumulate \d+ \(saves [\d.]+ MB\), or [^\n]+; or set train\.memory to warn$/,
  );
  expect(existsSync(join(folder, `out-${runs - 1}`))).toBe(false);
});

type Config = Record<string, unknown>;

/** A config with a change as a plan words it: `train.batch_tokens 64 with train.accumulate 2`. */
function changed(config: Config, change: string): Config {
  const copy = structuredClone(config);
  for (const part of change.split(" with ")) {
    const [, key, value] = /^(\S+) (.*)$/.exec(part.replace(/^no (.*)/, "$1 null"))!;
    const path = key.split(".");
    const last = path.pop()!;
    const group = path.reduce((at, name) => at[name] as Config, copy);
    const parsed: unknown = parse(value);
    if (parsed === null) delete group[last];
    else group[last] = parsed;
  }
  return copy;
}

it.each([
  ["a model to go on from", () => ({ model: base, data: fresh.data })],
  [
    "rewards",
    () => ({
      method: "grpo",
      model: base,
      data: { files: "prompts.jsonl" },
      rl: { rewards: ["exact"], max_tokens: 32 },
    }),
  ],
])(
  "says what would make it fit, and how much that saves: %s",
  async (_, config) => {
    const warned = { ...config(), train: { ...train, memory: "warn", ema: 0.9 } };
    const enough = 0.6 * (await plan(warned, 1e9)).total;
    const whole = await plan(warned, enough);
    expect(whole.fixes.length).toBe(3);
    for (const [i, { change, saves }] of whole.fixes.entries()) {
      const after = await plan(changed(warned, change), enough);
      const ratio = (whole.total - after.total) / saves;
      expect([change, ratio > 0.98 && ratio < 1.02]).toEqual([change, true]);
      if (i === 0) expect(after.fixes).toEqual([]); // it is enough alone
    }
  },
  60_000,
);
