/** Items with exact answers: a figure, an operation on it, the right program, and three wrong ones. */

import { createRandom, type Random, shuffleBy } from "../../../nn/random.ts";
import { isSameFigure } from "../figure/compare.ts";
import type { Edit } from "../judge-edit.ts";
import { changesOf } from "../option-changes.ts";
import { runPlot } from "../run-plot.ts";
import { drawRank, type LengthRank, pickBalanced } from "./balance-lengths.ts";
import { drawEdit, editOperations } from "./edit-sketch.ts";
import { drawNearMisses } from "./near-misses.ts";
import {
  drawSketch,
  type FigureType,
  figureTypes,
  type Level,
  levels,
  type Sketch,
  writeProgram,
} from "./sketch.ts";

/** MCG: the program of a figure. MCE: an edit of one: deletion, modification, annotation. */
export const operations = ["MCG", ...editOperations] as const;
export type Operation = (typeof operations)[number];

export interface MathOpItem {
  readonly id: string;
  readonly figure: FigureType;
  readonly operation: Operation;
  readonly level: string;
  readonly instruction: string;
  /** The program that is edited; undefined where one is to be written. */
  readonly code?: string;
  /** The right program. */
  readonly reference: string;
  readonly edit?: Edit;
  /** Four programs, and the place of the right one; published free-form items have none. */
  readonly options: readonly string[];
  readonly answer: number;
}

export interface GenerateOptions {
  readonly seed?: number;
  /** Items of each figure type and operation (default 6), their levels in turn. */
  readonly perCell?: number;
  readonly figures?: readonly FigureType[];
  readonly operations?: readonly Operation[];
}

/** The same arguments give the same items. */
export function generateMathOps(options: GenerateOptions = {}): MathOpItem[] {
  const { seed = 0, perCell = 6 } = options;
  const cells = (options.figures ?? figureTypes).flatMap((figure) =>
    (options.operations ?? operations).map((operation) => ({ figure, operation })),
  );
  return cells.flatMap(({ figure, operation }) =>
    Array.from({ length: perCell }, (_, i) =>
      generateOne(figure, operation, levels[i % levels.length]!, seed, i),
    ),
  );
}

/** Items that are drawn before one has wrong options of the lengths that were drawn. */
const MOST_DRAWS = 1000;

function generateOne(
  figure: FigureType,
  operation: Operation,
  level: Level,
  seed: number,
  index: number,
): MathOpItem {
  const id = `${figure}-${operation}-${index}`;
  const random = createRandom(seed, `mathopeval/${id}`);
  const rank = drawRank(random);
  for (let draw = 0; draw < MOST_DRAWS; draw++) {
    const drawn = drawItem(operation, drawSketch(figure, level, random), rank, random);
    if (!drawn) continue;
    const { reference, wrong, ...rest } = drawn;
    const options = shuffleBy([reference, ...wrong], random.below);
    const answer = options.indexOf(reference);
    return { id, figure, operation, level, ...rest, reference, options, answer };
  }
  throw new Error(`${id}: no figure has wrong options of all lengths`);
}

type Drawn = Pick<MathOpItem, "instruction" | "code" | "edit" | "reference"> & {
  readonly wrong: readonly string[];
};

/** @returns undefined where no wrong options are of such lengths, or one is right, too */
function drawItem(
  operation: Operation,
  sketch: Sketch,
  rank: LengthRank,
  random: Random,
): Drawn | undefined {
  if (operation === "MCG") {
    const reference = writeProgram(sketch);
    const wrong = drawNearMisses(sketch, random).map(writeProgram);
    return sketch.type !== "function" || isToldApart([reference, ...wrong])
      ? { instruction: "Write the program that draws this figure.", reference, wrong }
      : undefined;
  }
  const { edited, wrong: pool, instruction, edit, isEven } = drawEdit(operation, sketch, random);
  const code = writeProgram(sketch);
  const reference = writeProgram(edited);
  // Options are shown whole, or as what they change.
  const lengthsOf = (option: string): number[] => [option.length, changesOf(code, option).length];
  // Where each item is a line, deleting more leaves less, and shows more as a change.
  const isOpposite = operation === "MCE-D" && sketch.type !== "bar" && sketch.type !== "pie";
  const { shorter } = rank;
  const whole = isEven ? { ...rank, shorter: "equal" as const } : rank;
  const changes = isOpposite ? { ...rank, shorter: 3 - Number(shorter) } : whole;
  const wrong = pickBalanced(
    reference,
    pool.map(writeProgram),
    lengthsOf,
    [whole, changes],
    random,
  );
  return wrong && { instruction, code, edit, reference, wrong };
}

/** Two functions may be the same to the eye. */
function isToldApart(programs: readonly string[]): boolean {
  const [right, ...wrong] = programs.map((code) => runPlot(code));
  return wrong.every(
    (other) =>
      right!.status === "ok" && other.status === "ok" && !isSameFigure(other.figure, right!.figure),
  );
}
