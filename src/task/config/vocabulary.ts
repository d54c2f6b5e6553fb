/** The vocabulary of a fresh model: byte pairs of its tasks' texts, box bins, image codes. */

import { linearise, loadTokenizer, type TokenizerJson, trainBpe } from "../../media/index.ts";
import type { Structure } from "../../media/types.ts";
import { CHATML } from "../../train/job/chatml.ts";
import type { BodyConfig } from "../model/config.ts";
import { chatMarks, createVocabulary, spanMarks, type Vocabulary } from "../model/vocabulary.ts";
import type { Piece } from "../plan.ts";
import { recordsOf } from "../records.ts";
import type { Task } from "../task.ts";

/** Records of each task that are read. */
const RECORDS = 256;
/** Times that an instruction's own words count. */
const WORDS = 64;

export interface Blocks {
  readonly bins: number;
  readonly codes: number;
}

export interface ModelVocabulary {
  readonly vocabulary: Vocabulary;
  /** tokenizer.json and what stands beside it. */
  readonly files: Readonly<Record<string, unknown>>;
}

export const blockTokens = ({ bins, codes }: Blocks): string[] =>
  Object.entries({ bin: bins, code: codes }).flatMap(([name, count]) =>
    Array.from({ length: count }, (_, i) => `<${name}_${i}>`),
  );

/** @param size tokens of text, bytes among them */
export async function learnVocabulary(
  tasks: readonly Task[],
  kind: BodyConfig["kind"],
  size: number,
  blocks: Blocks,
): Promise<ModelVocabulary> {
  const isOfa = kind === "ofa";
  const marks = isOfa
    ? ["<s>", "<pad>", "</s>"]
    : ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>"];
  const specialTokens = [...marks, ...blockTokens(blocks)];
  const texts: string[] = [];
  for (const task of tasks) for await (const text of textsOf(task)) texts.push(` ${text}`);
  const json = trainBpe(texts, { vocabSize: size + specialTokens.length, specialTokens });
  const config = {
    add_bos_token: false,
    bos_token: isOfa ? "<s>" : null,
    clean_up_tokenization_spaces: false,
    eos_token: isOfa ? "</s>" : "<|im_end|>",
    pad_token: isOfa ? "<pad>" : "<|endoftext|>",
    tokenizer_class: "Qwen2Tokenizer",
    unk_token: null,
    ...(!isOfa && { chat_template: CHATML }),
  };
  const vocabulary = await openVocabulary(kind, json, config, blocks);
  return { vocabulary, files: { "tokenizer.json": json, "tokenizer_config.json": config } };
}

export async function openVocabulary(
  kind: BodyConfig["kind"],
  json: TokenizerJson,
  config: object,
  blocks: Blocks,
): Promise<Vocabulary> {
  const tokenizer = await loadTokenizer({ tokenizer: json, config });
  const marks = kind === "ofa" ? spanMarks(tokenizer) : chatMarks(tokenizer);
  return createVocabulary(tokenizer, marks, { ...blocks, alwaysBlank: kind === "ofa" });
}

/** Words of the instruction, of closed sets, and of what records give to slots of text. */
async function* textsOf({ name, plans, train, closedSet = [] }: Task): AsyncGenerator<string> {
  const pieces = plans.flatMap(({ source, target }): Piece[] => [
    ...source.flatMap((group) => (group.kind === "text" ? group.pieces : [])),
    ...("prefix" in target ? target.prefix : []),
    ...(target.kind === "tokens" ? (target.repeated ?? []) : []),
    ...(target.kind === "tokens"
      ? target.generated.map((slot): Piece => ({ kind: "slot", slot }))
      : []),
  ]);
  for (const piece of pieces) {
    if (piece.kind === "text") yield* Array<string>(WORDS).fill(piece.value);
  }
  for (const answer of closedSet) yield* [answer, answer];
  const slots = pieces.flatMap((piece) => (piece.kind === "slot" ? piece.slot : []));
  for await (const record of recordsOf(train ?? [], RECORDS, name)) {
    const { items, ...values } = record as { items?: unknown } & Record<string, unknown>;
    const rows = [values, ...(Array.isArray(items) ? (items as (typeof values)[]) : [])];
    for (const { modality, name: slot } of slots) {
      if (modality === "BOX") continue;
      for (const row of rows) {
        const value = row[slot];
        if (typeof value === "string") yield value;
        else if (modality === "STRUCT" && value) yield linearise(value as Structure); // checked when prepared
      }
    }
  }
}
