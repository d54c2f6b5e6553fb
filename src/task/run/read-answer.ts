/** From an answer's tokens back to the values of its slots. */

import type { Box } from "../../media/types.ts";
import { isIn, type Vocabulary } from "../model/vocabulary.ts";
import type { Piece } from "../plan.ts";

/** Numbers of a box. */
export const BOX = 4;

/** The box that four bins stand for. */
export type ReadBox = (ids: readonly number[]) => Box;

/** What is read off an answer. */
interface Reading {
  readonly values: Record<string, unknown>;
  /** Ids that were read. */
  readonly used: number;
  /** Every piece was there. */
  readonly isWhole: boolean;
}

/** The items of a repeated group; one that was cut short is left out. */
export function readItems(
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
    if (isWhole) items.push(values);
    rest = rest.slice(used);
  }
  return items;
}

/** One value a slot: boxes take four bins, text runs up to the next box or fixed words. */
export function readValues(
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
