/** From a plan and a record to the values that its target names. */

import { type BinOptions, binsToBox } from "../../media/index.ts";
import type { Box } from "../../media/types.ts";
import type { Slot } from "../grammar/ast.ts";
import { isIn, type Vocabulary } from "../model/vocabulary.ts";
import type { Piece, Plan, TargetPlan } from "../plan.ts";
import { closedTrie } from "../prepare/closed-set.ts";
import { need, type PrepareContext } from "../prepare/context.ts";
import { prefixIds, prepareSource } from "../prepare/prepare.ts";
import { binOptions } from "../prepare/slot-ids.ts";
import { generateTokens, onlyTokens } from "./generate-tokens.ts";
import type { GenerateOptions } from "./options.ts";
import type { TaskEngine } from "./task-engine.ts";

/** Tokens of an answer where nothing says more. */
const MAX_LENGTH = 64;
/** Numbers of a box. */
const BOX = 4;

type TokenTarget = Extract<TargetPlan, { kind: "tokens" }>;

/** Answers in tokens, by the names of the target's slots. */
export async function inferTokens(
  engine: TaskEngine,
  plan: Plan & { readonly target: TokenTarget },
  context: PrepareContext,
  options: GenerateOptions,
): Promise<Record<string, unknown>> {
  const { vocabulary } = context;
  const { target } = plan;
  const groups = await prepareSource(plan, context);
  const prefix = prefixIds(target, context);
  const [slot] = target.generated;
  const only = target.generated.length === 1 && !target.repeated ? slot : undefined;
  const isBox = only?.modality === "BOX";
  const trie = target.isClosed
    ? closedTrie(options.closedSet ?? [], vocabulary, prefix.length === 0)
    : undefined;
  const maxLength = trie?.depth ?? (isBox ? BOX : lengthOf(only, options));
  const constraint =
    trie ?? (isBox ? onlyTokens(need(vocabulary.bins, "BOX"), vocabulary) : undefined);
  const ids = await generateTokens(
    engine,
    vocabulary,
    {
      groups,
      prefix,
      maxLength,
      minLength: isBox ? BOX : Math.min(options.minLength ?? 1, maxLength),
      constraint,
    },
    options,
  );
  const box = boxReader(context);
  if (target.repeated) return { items: readItems(ids, target.repeated, vocabulary, box) };
  const pieces = target.generated.map((slot): Piece => ({ kind: "slot", slot }));
  return readValues(ids, pieces, vocabulary, box).values;
}

function lengthOf(slot: Slot | undefined, { maxLength }: GenerateOptions): number {
  const { max_length: most } = slot?.attributes ?? {};
  return maxLength ?? (typeof most === "number" ? most : MAX_LENGTH);
}

type ReadBox = (ids: readonly number[]) => Box;

/** Boxes in pixels of the record's image. */
function boxReader({ images, vocabulary }: PrepareContext): ReadBox {
  return (ids) => {
    const { start, count } = need(vocabulary.bins, "BOX");
    const [image] = images.values();
    const over: BinOptions = image ? binOptions(image, count) : { size: count - 1, bins: count };
    return binsToBox(ids.map((id) => id - start) as unknown as Box, over); // of four
  };
}

/** What is read off an answer. */
interface Reading {
  readonly values: Record<string, unknown>;
  /** Ids that were read. */
  readonly used: number;
  /** Every piece was there. */
  readonly isWhole: boolean;
}

function readItems(
  ids: readonly number[],
  pieces: readonly Piece[],
  vocabulary: Vocabulary,
  box: ReadBox,
): Record<string, unknown>[] {
  const items: Record<string, unknown>[] = [];
  let rest = ids;
  while (rest.length > 0) {
    const { values, used, isWhole } = readValues(rest, pieces, vocabulary, box);
    if (used === 0) break;
    if (isWhole) items.push(values); // an item that was cut short says nothing
    rest = rest.slice(used);
  }
  return items;
}

/** One value a slot: boxes take four bins, text runs up to the next box or fixed words. */
function readValues(
  ids: readonly number[],
  pieces: readonly Piece[],
  vocabulary: Vocabulary,
  box: ReadBox,
): Reading {
  const { bins, decode } = vocabulary;
  const values: Record<string, unknown> = {};
  let at = 0;
  const cut = (): Reading => ({ values, used: ids.length, isWhole: false });
  for (const [i, piece] of pieces.entries()) {
    if (piece.kind === "text") {
      const length = wordsAt(ids, at, piece.value, vocabulary);
      if (length === 0) return cut();
      at += length;
      continue;
    }
    const { modality, name } = piece.slot;
    if (modality === "BOX") {
      const four = ids.slice(at, at + BOX);
      if (four.length < BOX || !four.every((id) => isIn(bins, id))) return cut();
      values[name] = box(four);
      at += BOX;
      continue;
    }
    const next = pieces[(i + 1) % pieces.length];
    const isEnd = (place: number): boolean =>
      isIn(bins, ids[place]) ||
      (next.kind === "text" && wordsAt(ids, place, next.value, vocabulary) > 0);
    let end = at;
    while (end < ids.length && !isEnd(end)) end++;
    values[name] = decode(ids.slice(at, end));
    at = end;
  }
  return { values, used: at, isWhole: true };
}

/** How many ids at a place are these words; 0: they are not. */
function wordsAt(
  ids: readonly number[],
  place: number,
  words: string,
  { encode }: Vocabulary,
): number {
  const found = [place === 0, false]
    .map((isFirst) => encode(words, isFirst))
    .find((own) => own.every((id, i) => id === ids[place + i]));
  return found?.length ?? 0;
}
