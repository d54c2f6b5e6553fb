/** Whether an edit was done, and nothing else: two separate questions. */

import { multisetF1, pairElements, same, textsOf } from "./figure/compare.ts";
import {
  type Axes,
  extentOf,
  type Figure,
  type FigureElement,
  normalizeText,
} from "./figure/figure.ts";

export type EditKind = "deletion" | "modification" | "annotation";

export interface Edit {
  readonly kind: EditKind;
  /** What is deleted or changed, or the text that is added, by its label. */
  readonly target: string;
}

export interface EditVerdict {
  /** The target is gone, is as the reference has it, or stands where it should. */
  readonly achieved: boolean;
  /** F1 of the other elements and texts, the lower of the two; 1: nothing else changed. */
  readonly preserved: number;
  /** Achieved, and preserved to 0.98 or more. */
  readonly success: boolean;
}

const PRESERVED = 0.98;
/** How far an added text may stand from its place, as a share of what the axes show. */
const NEAR = 0.05;

/**
 * @param reference the figure of the right edit
 * @param original the figure before it: what is as it was is preserved, too, where the right edit
 * moves it (bars move up to where one was deleted, wedges share anew)
 */
export function judgeEdit(
  candidate: Figure,
  reference: Figure,
  edit: Edit,
  original = reference,
): EditVerdict {
  const target = normalizeText(edit.target);
  const [a, b] = [split(candidate, edit.kind, target), split(reference, edit.kind, target)];
  const achieved = isAchieved(a.targets, b.targets, reference, edit.kind);
  const likeOf = (figure: Figure): number =>
    Math.min(
      f1Of(a.others, split(figure, edit.kind, target).others, figure),
      multisetF1(otherTexts(candidate, target), otherTexts(figure, target)),
    );
  const preserved = Math.max(likeOf(reference), likeOf(original));
  return { achieved, preserved, success: achieved && preserved >= PRESERVED };
}

type Placed = readonly { readonly axes: number; readonly element: FigureElement }[];

function split(
  figure: Figure,
  kind: EditKind,
  target: string,
): { targets: Placed; others: Placed } {
  const all = figure.axes.flatMap(({ elements }, axes) =>
    elements.map((element) => ({ axes, element })),
  );
  const isTarget = ({ label, kind: shape }: FigureElement): boolean =>
    normalizeText(label) === target && (shape === "text") === (kind === "annotation");
  return {
    targets: all.filter(({ element }) => isTarget(element)),
    others: all.filter(({ element }) => !isTarget(element)),
  };
}

function isAchieved(found: Placed, wanted: Placed, reference: Figure, kind: EditKind): boolean {
  if (kind === "deletion") return found.length === 0;
  if (found.length !== wanted.length) return false;
  if (kind === "modification") return f1Of(found, wanted, reference) === 1;
  return wanted.every(({ axes, element }, i) => {
    const other = found[i]!;
    const [left, bottom, right, top] = extentOf(reference.axes[axes]!);
    const [[x, y], [x2, y2]] = [element.points[0]!, other.element.points[0]!];
    const isNear =
      Math.abs(x - x2) <= NEAR * (right - left) && Math.abs(y - y2) <= NEAR * (top - bottom);
    return other.axes === axes && isNear;
  });
}

function f1Of(found: Placed, wanted: Placed, reference: Figure): number {
  if (found.length + wanted.length === 0) return 1;
  const on = (placed: Placed, i: number): FigureElement[] =>
    placed.filter(({ axes }) => axes === i).map(({ element }) => element);
  const pairs = reference.axes.reduce(
    (sum, axes: Axes, i) => sum + pairElements(on(found, i), on(wanted, i), axes, same).length,
    0,
  );
  return (2 * pairs) / (found.length + wanted.length);
}

/** Texts but those of the target: its name, its tick, or what was written. */
const otherTexts = (figure: Figure, target: string): string[] =>
  textsOf(figure).filter(
    (text) => !["tick", "name", "text"].some((role) => text === `${role} ${target}`),
  );
