/** Changes of a config by which a run takes less memory. */

import type { Plannable, PlannedWork } from "./memory.ts";
import { isPreference } from "./method-names.ts";
import { trainedNames } from "./method-setup.ts";
import type { TrainConfig } from "./schema.ts";
import type { LargestBatch } from "./sources.ts";

export interface Change {
  readonly change: string;
  readonly config: TrainConfig;
  readonly largest?: LargestBatch;
}

/** What may be changed, each in growing steps; what costs least comes first. */
export function* changesOf(
  { config, model }: Plannable,
  { largest, context }: PlannedWork,
): Generator<Change[]> {
  const { train, rl, distill, lora } = config;
  const withTrain = (changed: Partial<TrainConfig["train"]>): TrainConfig => ({
    ...config,
    train: { ...train, ...changed },
  });
  const least = isPreference(config.method) ? 2 : 1;
  const cuts = halvings(largest.batch, least).map((batch): Change => {
    const batchTokens = batch * largest.seq;
    const rows = Math.ceil((largest.rows * batch) / largest.batch);
    // Rounds cut their answers into as many micro-batches as are needed.
    const isCut = context !== undefined;
    const accumulate = train.accumulate * Math.ceil(largest.batch / batch);
    const more = isCut ? "" : ` with train.accumulate ${accumulate}`;
    return {
      change: `train.batch_tokens ${batchTokens}${more}`,
      config: withTrain({ batch_tokens: batchTokens, ...(!isCut && { accumulate }) }),
      largest: { ...largest, batch, rows },
    };
  });
  yield cuts;
  if (rl) {
    yield halvings(rl.slots, 1).map((slots) => ({
      change: `rl.slots ${slots}`,
      config: { ...config, rl: { ...rl, slots } },
    }));
  } else if (distill && context !== undefined) {
    yield halvings(distill.slots, 1).map((slots) => ({
      change: `distill.slots ${slots}`,
      config: { ...config, distill: { ...distill, slots } },
    }));
  }
  if (train.optimizer === "adamw") {
    const change = "train.optimizer lion";
    yield [{ change, config: withTrain({ optimizer: "lion" }) }];
  }
  if (train.ema !== undefined) {
    yield [{ change: "no train.ema", config: withTrain({ ema: undefined }) }];
  }
  const table = trainedNames(model).find((name) => /(^|\.)(embed_tokens|wte)\.weight$/.test(name));
  if (!lora && table !== undefined) {
    const freeze = [...train.freeze, table];
    const change = `train.freeze [${freeze.join(", ")}]`;
    yield [{ change, config: withTrain({ freeze }) }];
  }
  const adapter = { rank: 16, kind: "lora", targets: "all-linear" } as const;
  const unfrozen = withTrain({ freeze: [], rates: [] });
  if (!lora && typeof config.model === "string") {
    const change = "lora {rank: 16}";
    yield [{ change, config: { ...unfrozen, lora: { ...adapter, quant: "none" } } }];
  }
  if (typeof config.model === "string" && (lora?.quant ?? "none") === "none") {
    const changed = lora ? "lora.quant int4" : "lora {rank: 16, quant: int4}";
    yield [
      { change: changed, config: { ...unfrozen, lora: { ...(lora ?? adapter), quant: "int4" } } },
    ];
  }
  if (cuts.length === 0 && context === undefined) {
    yield halvings(largest.seq, 64).map((seq) => ({
      change: `data.max_length ${seq} with train.batch_tokens ${largest.batch * seq}`,
      config,
      largest: { ...largest, seq, rows: Math.ceil((largest.rows * seq) / largest.seq) },
    }));
  }
}

/** Half, a quarter, … of a number, down to `least`. */
function halvings(from: number, least: number): number[] {
  const found: number[] = [];
  for (let n = Math.floor(from / 2); n >= least; n = Math.floor(n / 2)) found.push(n);
  return found;
}
