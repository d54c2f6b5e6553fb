/** Draws that generators, monitors and players share. */

import { pick, type Random, shuffleBy } from "../../nn/random.ts";

export { pick };

import type { Level } from "./task.ts";

export const byLevel = <T>(level: Level, easy: T, medium: T, hard: T): T =>
  ({ easy, medium, hard })[level];

/** 0, 1, …, n - 1. */
export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** from, …, to, both included. */
export const span = (from: number, to: number): number[] =>
  range(Math.max(0, to - from + 1)).map((i) => from + i);

/** An integer in [low, high]. */
export const between = (random: Random, low: number, high: number): number =>
  low + random.below(high - low + 1);

export const shuffled = <T>(random: Random, items: readonly T[]): T[] =>
  shuffleBy([...items], random.below);

/** `count` distinct items, in random order. */
export const sample = <T>(random: Random, items: readonly T[], count: number): T[] =>
  shuffled(random, items).slice(0, count);

export function popcount(value: number): number {
  let bits = 0;
  for (let rest = value; rest > 0; rest = Math.floor(rest / 2)) bits += rest % 2;
  return bits;
}

/** All pairs i < j of 0 … n - 1. */
export const pairsOf = (n: number): [number, number][] =>
  range(n).flatMap((i) => span(i + 1, n - 1).map((j): [number, number] => [i, j]));

export function permutationsOf(items: readonly number[]): number[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((first, i) =>
    permutationsOf(items.filter((_, j) => j !== i)).map((rest) => [first, ...rest]),
  );
}

/** Whether `values` are distinct integers in [low, high]. */
export const areDistinctIn = (values: readonly number[], low: number, high: number): boolean =>
  new Set(values).size === values.length && values.every((v) => v >= low && v <= high);
