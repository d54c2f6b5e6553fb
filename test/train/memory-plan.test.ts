import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { defaultAdamW, type TrainingMemory, trainingMemory } from "../../src/train/index.ts";
import { tiny } from "./sequences.ts";

const script = fileURLToPath(new URL("./memory-child.ts", import.meta.url));
const MEGA = 1e6;

/** Within a third of what a process takes: its allocator keeps more than lives at one time. */
it.each([
  ["attention and layers", "128", "4", "500", "16", "256", "all"],
  ["a large vocabulary", "64", "1", "16000", "8", "128", "all"],
  ["an adapter on a frozen model", "512", "4", "8000", "4", "128", "lora"],
])(
  "foretells the peak of a process: %s",
  async (_, ...args) => {
    const command = ["--import", "tsx", script, ...args];
    const { stdout } = await promisify(execFile)(process.execPath, command);
    const { estimate, measured } = JSON.parse(stdout) as {
      estimate: TrainingMemory;
      measured: number;
    };
    const total = Object.values(estimate).reduce((sum, bytes) => sum + bytes, 0);
    expect(total).toBeGreaterThan(50 * MEGA);
    expect(measured / total).toBeGreaterThan(0.75);
    expect(measured / total).toBeLessThan(1.35);
  },
  60_000,
);

const sizes = { batch: 4, seq: 8, supervised: 32 };
const memory = (options: Partial<Parameters<typeof trainingMemory>[0]> = {}) =>
  trainingMemory({ config: tiny, optimizer: defaultAdamW, sizes, ...options });

it("counts parameters, gradients and moments as they are held", () => {
  // Embedding 24·16; a layer: q 16·16+16, k and v 8·16+8, o 16·16+16, three of 24·16, norms
  // 16+16+8+8; the last norm 16.
  const layer = 272 + 2 * 136 + 272 + 3 * 384 + 48;
  const bytes = 4 * (24 * 16 + 2 * layer + 16);
  const { activations, ...rest } = memory();
  expect(rest).toEqual({ weights: bytes, gradients: bytes, optimizer: 2 * bytes });
  expect(memory({ accumulates: true }).gradients).toBe(2 * bytes);
  const lion = { kind: "lion", beta1: 0.9, beta2: 0.99, weightDecay: 0, clipNorm: 0 } as const;
  expect(memory({ optimizer: lion }).optimizer).toBe(bytes);
  expect(memory({ optimizer: lion, average: 0.9 }).optimizer).toBe(2 * bytes);
  const table = 4 * 24 * 16;
  const frozen = memory({ trains: ({ name }) => !name.includes("embed_tokens") });
  expect(frozen.gradients).toBe(bytes - table);
  expect(frozen.weights).toBe(bytes);
  expect(memory({ sizes: { batch: 8, seq: 8, supervised: 64 } }).activations).toBeGreaterThan(
    1.8 * activations,
  );
});

it("names a size that is missing", () => {
  expect(() => memory({ sizes: { batch: 4, seq: 8 } })).toThrow(
    'trainingMemory: "sizes" has no supervised, which the loss\'s inputs need',
  );
});
