/** How alike two figures are: elements, values, texts and looks, each on its own. */

import { editErrors } from "../../../metrics/index.ts";
import { assign } from "./assignment.ts";
import { colorDifference } from "./color.ts";
import { type Axes, extentOf, type Figure, type FigureElement, normalizeText } from "./figure.ts";
import { outlineDistance } from "./outline.ts";
import { valueScore } from "./values.ts";

export interface FigureScores {
  /** F1 of elements that have a like one in the other figure (see `similar`). */
  readonly elements: number;
  readonly precision: number;
  readonly recall: number;
  /** 1 less the mean relative error of bars, wedges and lines, paired by label. */
  readonly values: number;
  /** F1 of texts in their roles: title, axis labels, ticks, names, writing. */
  readonly texts: number;
  /** F1 of kind, colour and line style. */
  readonly looks: number;
}

/** What makes two elements a pair: a weighed sum of differences below a threshold. */
export interface Likeness {
  /** Of distances as shares of the axes' diagonal, of deltaE / 100, and of edit distance of labels. */
  readonly weights: readonly [place: number, color: number, text: number];
  readonly threshold: number;
  /** Whether the mean distance along two elements counts, or that of the worst point. */
  readonly over: "mean" | "worst";
}

/** Place decides; colour and name, which have scores of their own, break ties. */
export const similar: Likeness = { weights: [1, 0.1, 0.1], threshold: 0.15, over: "mean" };
/** The same to the eye: place at every point, colour and name. */
export const same: Likeness = { weights: [1, 1, 1], threshold: 0.02, over: "worst" };

/**
 * Compares a candidate with a reference; scores are 0 to 1, and 1 where the reference is matched.
 * Coordinates count as shares of what the reference's axes show.
 */
export function compareFigures(candidate: Figure, reference: Figure): FigureScores {
  let [pairs, found, wanted] = [0, 0, 0];
  const values: number[] = [];
  const count = Math.max(candidate.axes.length, reference.axes.length);
  for (let i = 0; i < count; i++) {
    const [a, b] = [candidate.axes[i], reference.axes[i]];
    found += a?.elements.length ?? 0;
    wanted += b?.elements.length ?? 0;
    if (a && b) pairs += pairElements(a.elements, b.elements, b, similar).length;
    const score = b && valueScore(a?.elements ?? [], b.elements);
    if (score !== undefined) values.push(score);
  }
  const isEmpty = found === 0 && wanted === 0;
  return {
    elements: isEmpty ? 1 : (2 * pairs) / (found + wanted),
    precision: found === 0 ? (isEmpty ? 1 : 0) : pairs / found,
    recall: wanted === 0 ? 1 : pairs / wanted,
    values: values.length === 0 ? 1 : values.reduce((sum, v) => sum + v, 0) / values.length,
    texts: multisetF1(textsOf(candidate), textsOf(reference)),
    looks: multisetF1(looksOf(candidate), looksOf(reference)),
  };
}

/** Every element has one of the same place, colour and name, and the texts are the same. */
export function isSameFigure(candidate: Figure, reference: Figure): boolean {
  if (candidate.axes.length !== reference.axes.length) return false;
  const isPaired = reference.axes.every((axes, i) => {
    const { elements } = candidate.axes[i]!;
    const pairs = pairElements(elements, axes.elements, axes, same);
    return pairs.length === elements.length && pairs.length === axes.elements.length;
  });
  return isPaired && multisetF1(textsOf(candidate), textsOf(reference)) === 1;
}

/** The cheapest pairing within each kind; pairs that are too unlike are dropped. */
export function pairElements(
  candidate: readonly FigureElement[],
  reference: readonly FigureElement[],
  axes: Axes,
  likeness: Likeness,
): (readonly [FigureElement, FigureElement])[] {
  const [left, bottom, right, top] = extentOf(axes);
  const size = [right - left || 1, top - bottom || 1] as const;
  const pairs: (readonly [FigureElement, FigureElement])[] = [];
  for (const kind of new Set(reference.map((element) => element.kind))) {
    const [a, b] = [candidate, reference].map((all) => all.filter((e) => e.kind === kind));
    const [rows, columns] = a!.length <= b!.length ? [a!, b!] : [b!, a!];
    const costs = rows.map((x) => columns.map((y) => difference(x, y, size, likeness)));
    assign(costs).forEach((column, row) => {
      if (!(costs[row]![column]! < likeness.threshold)) return;
      const pair = [rows[row]!, columns[column]!] as const;
      pairs.push(rows === a ? pair : [pair[1], pair[0]]);
    });
  }
  return pairs;
}

/** Far enough for no pair, and still a number that the assignment can add up. */
const APART = 1e6;

function difference(
  a: FigureElement,
  b: FigureElement,
  size: readonly [number, number],
  { weights: [place, color, text], over }: Likeness,
): number {
  const distance = outlineDistance(a, b, size, over) / Math.SQRT2; // of the unit square's diagonal
  // A text is what it says: its words always count in full.
  const words = (a.kind === "text" ? 1 : text) * labelDistance(a.label, b.label);
  const shade = color * (colorDifference(a.color, b.color) / 100);
  return Math.min(APART, place * distance + shade + words);
}

const labelDistance = (a: string, b: string): number => {
  const [x, y] = [a, b].map((text) => [...normalizeText(text)].slice(0, 200));
  if (a === b) return 0;
  const { substitutions, deletions, insertions } = editErrors(x!, y!);
  return (substitutions + deletions + insertions) / Math.max(x!.length, y!.length, 1);
};

/** Texts with their roles. */
export function textsOf({ axes }: Figure): string[] {
  return axes.flatMap((each) => {
    const ticks = [...(each.xticks ?? []), ...(each.yticks ?? [])].map(
      ({ label }) => `tick ${label}`,
    );
    const names = each.elements
      .filter(({ kind, label }) => kind !== "bar" && label !== "")
      .map(({ kind, label }) => `${kind === "text" ? "text" : "name"} ${label}`);
    const titles = (["title", "xlabel", "ylabel"] as const)
      .filter((role) => each[role] !== "")
      .map((role) => `${role} ${each[role]}`);
    return [...titles, ...ticks, ...names];
  });
}

const looksOf = ({ axes }: Figure): string[] =>
  axes.flatMap(({ elements }) =>
    elements.map(({ kind, color, style }) => `${kind} ${color} ${style}`),
  );

/** 2 · common / all; 1 of two empty ones. */
export function multisetF1(a: readonly string[], b: readonly string[]): number {
  if (a.length + b.length === 0) return 1;
  const left = new Map<string, number>();
  for (const item of b) left.set(item, (left.get(item) ?? 0) + 1);
  let common = 0;
  for (const item of a) {
    const count = left.get(item) ?? 0;
    if (count === 0) continue;
    common++;
    left.set(item, count - 1);
  }
  return (2 * common) / (a.length + b.length);
}
