/** The trainer's options from those of a config. */

import type { ParameterShape } from "../memory.ts";
import type { OptimizerOptions } from "../optimizer.ts";
import type { Schedule } from "../schedule.ts";
import type { TrainerOptions } from "../trainer.ts";
import type { TrainConfig } from "./schema.ts";

type Train = Pick<
  TrainConfig["train"],
  | "steps"
  | "lr"
  | "schedule"
  | "warmup"
  | "decay_steps"
  | "floor"
  | "optimizer"
  | "muon"
  | "clip"
  | "weight_decay"
  | "beta1"
  | "beta2"
  | "epsilon"
  | "momentum"
  | "nesterov"
  | "rates"
  | "freeze"
  | "ema"
  | "threads"
>;

function optimizerOf(train: Train): OptimizerOptions {
  const { optimizer: kind, beta1, epsilon, momentum, nesterov } = train;
  const common = { weightDecay: train.weight_decay, clipNorm: train.clip };
  switch (kind) {
    case "lion":
      return { kind, beta1, beta2: train.beta2 ?? 0.99, ...common };
    case "sgd":
      return { kind, momentum, nesterov, ...common };
    default:
      return { kind, beta1, beta2: train.beta2 ?? 0.95, epsilon, ...common };
  }
}

function scheduleOf({ schedule: kind, warmup, steps, floor, decay_steps }: Train): Schedule {
  if (kind !== "wsd") return { kind, warmup, steps, floor };
  return { kind, warmup, steps, floor, decay: decay_steps ?? Math.ceil(steps / 5) };
}

/** A pattern of names: `*` stands for any part, and the ends are open at dots. */
export function namePattern(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
  return new RegExp(`(^|\\.)${escaped}(\\.|$)`);
}

export type Updates = Pick<
  TrainerOptions,
  "optimizer" | "muon" | "learningRate" | "schedule" | "rateOf" | "average" | "threads" | "trains"
>;

/**
 * How parameters are updated.
 *
 * @param names of the parameters that are trained without `train.freeze`
 * @throws Error naming a pattern that no parameter matches, or that leaves none to train
 */
export function updatesOf(train: Train, names: readonly string[], where: string): Updates {
  const rates = train.rates.map(({ match, rate }) => ({ match, rate, of: namePattern(match) }));
  const frozen = train.freeze.map(namePattern);
  const unused =
    train.freeze.find((_, i) => !names.some((name) => frozen[i].test(name))) ??
    rates.find(({ of }) => !names.some((name) => of.test(name)))?.match;
  if (unused !== undefined) {
    throw new Error(
      `${where}: no parameter matches ${JSON.stringify(unused)} (train.rates, train.freeze); ` +
        `names look like ${names[0]}, and * stands for any part`,
    );
  }
  const isFrozen = ({ name }: { readonly name: string }): boolean =>
    frozen.some((pattern) => pattern.test(name));
  if (names.every((name) => isFrozen({ name }))) {
    throw new Error(`${where}: "train.freeze" leaves nothing to train; take a pattern out`);
  }
  const rateOf = ({ name }: ParameterShape): number =>
    rates.findLast(({ of }) => of.test(name))?.rate ?? 1;
  return {
    optimizer: optimizerOf(train),
    ...(train.muon && { muon: {} }),
    learningRate: train.lr,
    schedule: scheduleOf(train),
    ...(rates.length > 0 && { rateOf }),
    average: train.ema,
    threads: train.threads,
    ...(frozen.length > 0 && { trains: (parameter) => !isFrozen(parameter) }),
  };
}
