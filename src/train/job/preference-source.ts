/** Rows of preferences as micro-batches of DPO, SimPO and KTO. */

import { type NDArray, zeros } from "../../graph/ndarray.ts";
import { dpoLoss, ktoKinds, ktoLoss, simPoLoss } from "../align/preference-loss.ts";
import { cutGroups, sequenceArrays } from "../align/sequence-arrays.ts";
import { origin, pooledBatches, type Sequence } from "../batches.ts";
import { placeOf } from "../data/problem.ts";
import type { RecordOf } from "../data/record.ts";
import { learnedIn, type SuperviseOptions, superviseAnswer } from "../data/supervise.ts";
import type { LossFunction } from "../gradient.ts";
import type { TokenModel } from "../language-model.ts";
import type { MicroBatch } from "../trainer.ts";
import { shuffledPools } from "./data-source.ts";
import type { MemoryPlan, PlannedWork } from "./memory.ts";
import type { PreferenceMethod } from "./method-names.ts";
import type { TrainConfig } from "./schema.ts";
import { largestBatch, type PlannedSource } from "./sources.ts";

/** Rows that preference methods take. */
export type Preferred = RecordOf<"preference" | "unpaired">;

/** What one row brings: a pair, or (KTO) an answer and a mismatched one. */
interface Item {
  readonly sequences: readonly [Sequence, Sequence];
  readonly isLiked: boolean;
  /** Log-probabilities of both under the start. */
  reference: readonly [number, number];
}

/** Log-probabilities of sequences under the model that training starts from. */
export type ScoreReference = (sequences: readonly Sequence[]) => Promise<ArrayLike<number>>;

export interface PreferenceOptions {
  readonly method: PreferenceMethod;
  readonly config: TrainConfig;
  readonly supervise: SuperviseOptions;
  readonly hash: string;
  readonly reference: ScoreReference;
  /** Called before anything is scored. */
  readonly plan: (work: PlannedWork) => MemoryPlan;
}

export function preferenceLoss(
  model: TokenModel,
  method: PreferenceMethod,
  options: TrainConfig["preference"],
): LossFunction {
  const beta = options?.beta ?? (method === "simpo" ? 2 : 0.1);
  switch (method) {
    case "dpo": {
      const { form, label_smoothing: labelSmoothing } = options ?? {};
      return dpoLoss(model, { beta, form, labelSmoothing });
    }
    case "simpo":
      return simPoLoss(model, { beta, gamma: options?.gamma ?? 1 });
    case "kto":
      return ktoLoss(model, {
        beta,
        desirableWeight: options?.desirable_weight,
        undesirableWeight: options?.undesirable_weight,
      });
  }
}

/** Scores every answer once under the start; the rows then go round for as long as needed. */
export async function preferenceSource(
  model: TokenModel,
  rows: readonly Preferred[],
  heldOut: readonly Preferred[] | undefined,
  options: PreferenceOptions,
): Promise<PlannedSource> {
  const { method, config, hash } = options;
  const { batch_tokens: tokens, seed } = config.train;
  const items = itemsOf(rows, options);
  const cut = (pool: readonly Item[]): MicroBatch[] =>
    cutGroups(pool, ({ sequences }) => sequences, tokens).map((group) => toBatch(method, group));
  const all = items.flatMap(({ sequences }) => sequences);
  const total = all.reduce((n, sequence) => n + sequence.tokens.length, 0);
  const learned = all.reduce((n, sequence) => n + learnedIn(sequence), 0);
  const found = largestBatch(all, tokens, learned / total);
  const largest = { ...found, batch: Math.max(2, found.batch) };
  const loss = (of: TokenModel) => preferenceLoss(of, method, config.preference);
  const memory = options.plan({ loss, largest, tokens: total });
  await score(items, options);
  const held = heldOut && (await score(itemsOf(heldOut, options), options));
  return {
    source: pooledBatches({ pool: shuffledPools(items, seed), seed, cut }),
    loss: loss(model),
    hash,
    samples: items.length,
    tokens: total,
    learned,
    cut: 0,
    largest,
    memory,
    ...(held && { heldOut: cut(held) }),
  };
}

const itemsOf = (rows: readonly Preferred[], { method, supervise }: PreferenceOptions): Item[] =>
  (method === "kto" ? likedItems : pairItems)(rows, supervise);

/** Gives items their references. */
async function score(
  items: Item[],
  { method, reference }: Pick<PreferenceOptions, "method" | "reference">,
): Promise<Item[]> {
  if (method === "simpo") return items;
  const scores = await reference(items.flatMap(({ sequences }) => sequences));
  items.forEach((item, i) => {
    item.reference = [scores[2 * i], scores[2 * i + 1]];
  });
  return items;
}

const answerOf = (
  row: Preferred,
  side: Parameters<typeof superviseAnswer>[1],
  options: SuperviseOptions,
): Sequence => ({ ...superviseAnswer(row, side, options), where: placeOf(row) });

function pairItems(rows: readonly Preferred[], options: SuperviseOptions): Item[] {
  return rows.flatMap((row): Item[] => {
    if (row.kind !== "preference") return [];
    const [chosen, rejected] = [row.chosen, row.rejected].map((side) =>
      answerOf(row, side, options),
    );
    return [{ sequences: [chosen, rejected], isLiked: true, reference: [0, 0] }];
  });
}

/**
 * Each answer, and the answer to the next other prompt behind its own, which measures the
 * divergence.
 *
 * @throws Error where all rows have the same prompt
 */
function likedItems(rows: readonly Preferred[], options: SuperviseOptions): Item[] {
  const answers = rows.flatMap((row) =>
    row.kind === "unpaired"
      ? [{ sequence: answerOf(row, row.completion, options), isLiked: row.label }]
      : [
          { sequence: answerOf(row, row.chosen, options), isLiked: true },
          { sequence: answerOf(row, row.rejected, options), isLiked: false },
        ],
  );
  const prompts = answers.map(({ sequence }) => promptOf(sequence).join(" "));
  return answers.map(({ sequence, isLiked }, i) => {
    let other = (i + 1) % answers.length;
    while (other !== i && prompts[other] === prompts[i]) other = (other + 1) % answers.length;
    if (other === i) {
      throw new Error(
        "train: kto measures the divergence on answers to other prompts, but all rows " +
          `(${sequence.where}, ...) have the same one; give rows with two prompts or more`,
      );
    }
    const mismatched = mismatch(sequence, answers[other].sequence, options.maxLength);
    return { sequences: [sequence, mismatched], isLiked, reference: [0, 0] };
  });
}

const promptOf = ({ tokens, learned }: Sequence): number[] =>
  Array.from(tokens).slice(0, Array.from(learned).indexOf(1));

function mismatch(prompt: Sequence, answer: Sequence, maxLength: number): Sequence {
  const before = promptOf(prompt);
  // An answer as long as the row leaves room for one token at least.
  const after = Array.from(answer.tokens).slice(promptOf(answer).length);
  const tokens = [...before, ...after].slice(0, maxLength);
  const learned = tokens.map((_, t) => (t >= before.length ? 1 : 0));
  return { tokens, learned, where: prompt.where };
}

function toBatch(method: PreferenceMethod, group: readonly Item[]): MicroBatch {
  const sequences = group.flatMap((item) => item.sequences);
  const { inputs, sizes } = sequenceArrays(sequences);
  const pairs = [group.length, 2];
  const references = group.flatMap(({ reference }) => reference);
  const further: Record<string, NDArray> =
    method === "kto"
      ? {
          reference: f32([sequences.length], references),
          kinds: kindsOf(group),
        }
      : {
          sizes: f32(pairs, sizes),
          ...(method === "dpo" && { reference: f32(pairs, references) }),
        };
  return {
    inputs: { ...inputs, ...further },
    supervised: group.length,
    tokens: inputs.tokens.data.length,
    lengths: sequences.map(({ tokens }) => tokens.length),
    ...origin(sequences),
  };
}

function kindsOf(group: readonly Item[]): NDArray {
  const kinds = zeros("i64", [2 * group.length]);
  group.forEach(({ isLiked }, i) => {
    const data = kinds.data as BigInt64Array;
    data[2 * i] = BigInt(isLiked ? ktoKinds.desirable : ktoKinds.undesirable);
    data[2 * i + 1] = BigInt(ktoKinds.mismatched);
  });
  return kinds;
}

function f32(shape: readonly number[], values: readonly number[]): NDArray {
  const array = zeros("f32", shape);
  (array.data as Float32Array).set(values);
  return array;
}
