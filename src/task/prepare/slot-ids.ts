/** Text-like slots as tokens: words, boxes, structures. */

import { kindOf } from "../../checkpoint/json.ts";
import { type BinOptions, boxToBins } from "../../media/index.ts";
import type { Box, Image } from "../../media/types.ts";
import type { Slot } from "../grammar/ast.ts";
import type { Piece } from "../plan.ts";
import { need, type PrepareContext, shown, slotValue, type TaskRecord } from "./context.ts";
import { structureText } from "./structure-text.ts";
import { slotWords, withNoise } from "./words.ts";

/** Tokens, and what the network reads in their place: the same, or with noise. */
export interface PieceIds {
  readonly ids: readonly number[];
  readonly read: readonly number[];
}

/**
 * Tokens of pieces one behind the other.
 *
 * @param isFirst they begin a sentence
 */
export function pieceIds(
  pieces: readonly Piece[],
  record: TaskRecord,
  context: PrepareContext,
  isFirst: boolean,
): PieceIds {
  const ids: number[] = [];
  const read: number[] = [];
  for (const piece of pieces) {
    const isStart = isFirst && ids.length === 0;
    const own =
      piece.kind === "text"
        ? context.vocabulary.encode(piece.value, isStart)
        : slotIds(piece.slot, record, context, isStart);
    ids.push(...own);
    const { noise_ratio: noise } = piece.kind === "slot" ? piece.slot.attributes : {};
    const { random } = context;
    read.push(
      ...(random && typeof noise === "number"
        ? withNoise(own, noise, context.vocabulary, random)
        : own),
    );
  }
  return { ids, read };
}

function slotIds(slot: Slot, record: TaskRecord, context: PrepareContext, isFirst: boolean) {
  const value = slotValue(record, slot, context);
  if (slot.modality === "BOX") return boxIds(value, slot, context);
  const text =
    slot.modality === "STRUCT"
      ? structureText(value, slot, shown(slot, context))
      : textOf(value, slot, context);
  const ids = context.vocabulary.encode(
    slotWords(text, slot, context.masks ?? context.random),
    isFirst,
  );
  const { max_length: most } = slot.attributes;
  return typeof most === "number" ? ids.slice(0, most) : ids;
}

function textOf(value: unknown, slot: Slot, context: PrepareContext): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  throw new Error(`${shown(slot, context)} was given ${kindOf(value)}; expected text`);
}

/** How a model's bins lie over an image: shares of its sides. */
export const binOptions = ({ width, height }: Image, bins: number): BinOptions => ({
  size: [width, height],
  bins,
});

function boxIds(value: unknown, slot: Slot, context: PrepareContext): number[] {
  const [image] = context.images.values();
  const { start, count } = need(context.vocabulary.bins, "BOX");
  const where = shown(slot, context);
  if (!image) throw new Error(`${where} needs an image to lie in: name an [IMAGE] before ->`);
  if (!Array.isArray(value) || value.length !== 4 || !value.every(Number.isFinite)) {
    throw new Error(
      `${where} was given ${JSON.stringify(value)}; expected [left, top, right, bottom] in pixels`,
    );
  }
  const box = value as unknown as Box; // checked above
  return boxToBins(box, binOptions(image, count)).map((bin) => start + bin);
}
