/** The memory plan of a job: what it needs, what there is, and what would make it fit. */

import { statePorts } from "../../generate/engine/engine.ts";
import { slotBytes } from "../../generate/engine/slot-arrays.ts";
import { decoderSpecs } from "../../models/decoder-parameters.ts";
import { planFormats, quantizationSettings } from "../../models/quantization.ts";
import type { WeightFormats } from "../../nn/scope.ts";
import { freeMemory } from "../../runtime/free-memory.ts";
import type { LossFunction } from "../gradient.ts";
import { decoderModel, type TokenModel } from "../language-model.ts";
import { type TrainingMemory, trainingMemory } from "../memory-plan.ts";
import { withMeasuredBalance } from "./balance-of.ts";
import { adapterOf } from "./existing-model.ts";
import { type Change, changesOf } from "./memory-changes.ts";
import { type MethodSetup, trainedNames } from "./method-setup.ts";
import { updatesOf } from "./optimizer-of.ts";
import type { TrainConfig } from "./schema.ts";
import type { LargestBatch } from "./sources.ts";

/** Bytes. */
export interface MemoryPlan extends TrainingMemory {
  /** Keys and values of the answers that are sampled at a time. */
  readonly sampling: number;
  /** Samples as tokens. */
  readonly data: number;
  readonly total: number;
  /** What the run may take: free memory, with what its data have taken by now. */
  readonly available: number;
  /** Where `total` is more: changes of the config, those that cost least first. */
  readonly fixes: readonly MemoryFix[];
}

export interface MemoryFix {
  /** Options with their values. */
  readonly change: string;
  /** Bytes. */
  readonly saves: number;
}

/** What a method brings. */
export interface PlannedWork {
  readonly loss: (model: TokenModel) => LossFunction;
  readonly largest: LargestBatch;
  /** Of all samples in memory. */
  readonly tokens: number;
  /** Tokens of prompt and answer, where answers are sampled. */
  readonly context?: number;
}

export type Plannable = Pick<MethodSetup, "file" | "config" | "model" | "availableMemory">;
const partNames = ["weights", "gradients", "optimizer", "activations", "sampling", "data"] as const;
type Parts = Pick<MemoryPlan, (typeof partNames)[number]>;

/** A token and whether it is learned, each an element of an array. */
const TOKEN_BYTES = 16;

/**
 * @throws Error where the run needs more memory than there is, with what would make it fit, unless
 *   `train.memory` is "warn"
 */
export function planMemory(setup: Plannable, work: PlannedWork): MemoryPlan {
  const parts = partsOf(setup, setup.config, work);
  const total = totalOf(parts);
  const free = setup.availableMemory ?? freeMemory();
  const available = free + parts.data;
  const fixes = total <= available ? [] : fixesOf(setup, work, { total, available });
  const plan = { ...parts, total, available, fixes };
  if (total > available && setup.config.train.memory === "refuse") {
    throw new Error(`${setup.file}: ${describeMemory(plan)}; or set train.memory to warn`);
  }
  return plan;
}

/** One line: the parts and their sum, or, where that is too much, what would make it fit. */
export function describeMemory({ total, available, fixes, ...parts }: MemoryPlan): string {
  const listed = partNames
    .filter((name) => parts[name] > 0)
    .map((name) => `${name} ${formatBytes(parts[name])}`)
    .join(", ");
  const [needed, free] = [total, available].map(formatBytes);
  if (total <= available) return `memory: about ${needed} of ${free} (${listed})`;
  const changes = fixes.map(({ change, saves }) => `${change} (saves ${formatBytes(saves)})`);
  return (
    `the run needs about ${needed} of memory (${listed}), but ${free} are free; ` +
    `${changes.length > 0 ? `change ${changes.join(", or ")}` : "take a smaller model"}`
  );
}

function formatBytes(bytes: number): string {
  const [unit, size] = bytes < 1e6 ? ["kB", 1e3] : bytes < 1e9 ? ["MB", 1e6] : ["GB", 1e9];
  const value = bytes / size;
  return `${value.toFixed(value < 10 ? 1 : 0)} ${unit}`;
}

const totalOf = (parts: Parts): number =>
  Object.values(parts).reduce((sum: number, bytes: number) => sum + bytes, 0);

/** @param config the job's own, or a change of it that is looked at */
function partsOf(
  { file, model }: Plannable,
  config: TrainConfig,
  { loss, largest, tokens, context }: PlannedWork,
): Parts {
  const { train, lora } = config;
  const { batch, seq, rows } = largest;
  const adapted = lora ? { ...model.config, lora: adapterOf(lora) } : model.config;
  const plain = loss(decoderModel(adapted));
  const isBalanced = adapted.moe && context === undefined;
  // A quantisation that the model was not loaded with is one that is looked at.
  const formats = model.config.quantized ?? (lora?.quant === "int4" ? int4Of(model) : undefined);
  const updates = updatesOf(train, trainedNames({ ...model, config: adapted }), file);
  const slots = config.rl?.slots ?? config.distill?.slots ?? 0;
  const memory = trainingMemory({
    ...updates,
    config: adapted,
    loss: isBalanced ? withMeasuredBalance(plain, config) : plain,
    evaluation: plain,
    formats,
    sizes: { batch, seq, supervised: rows, rows, answers: batch, pairs: Math.ceil(batch / 2) },
    accumulates: train.accumulate > 1 || context !== undefined,
    evaluates: config.eval !== undefined,
  });
  const sampling = context === undefined ? 0 : cacheBytes(model, slots, context);
  // The values of a fresh model stay where the trainer copied them from.
  const weights = memory.weights * (typeof config.model === "string" ? 1 : 2);
  return { ...memory, weights, sampling, data: TOKEN_BYTES * tokens };
}

function cacheBytes({ config }: Plannable["model"], slots: number, context: number): number {
  const { perToken, fixed } = slotBytes(statePorts(config));
  return slots * (perToken * context + fixed);
}

function int4Of({ config }: Plannable["model"]): WeightFormats {
  const specs = [...decoderSpecs({ ...config, lora: undefined }).values()];
  const shapes = new Map(specs.map(({ name, shape }) => [name, shape]));
  return planFormats(shapes, quantizationSettings({ kind: "int4", calibration: false }));
}

/**
 * The three cheapest changes: those first that are enough alone, and of these those first that
 * change least of what is learned.
 */
function fixesOf(
  setup: Plannable,
  work: PlannedWork,
  { total, available }: Pick<MemoryPlan, "total" | "available">,
): MemoryFix[] {
  const saving = ({ change, config, largest = work.largest }: Change): MemoryFix => {
    const parts = partsOf(setup, config, { ...work, largest });
    return { change, saves: total - totalOf(parts) };
  };
  const found = [...changesOf(setup, work)].flatMap((steps) => {
    const fixes: MemoryFix[] = [];
    for (const step of steps) {
      fixes.push(saving(step));
      if (total - fixes[fixes.length - 1].saves <= available) break;
    }
    return fixes.slice(-1).filter(({ saves }) => saves > 0); // the smallest that is enough, if one is
  });
  const enough = found.filter(({ saves }) => total - saves <= available);
  const others = found.filter((fix) => !enough.includes(fix)).sort((a, b) => b.saves - a.saves);
  return [...enough, ...others].slice(0, 3);
}
