/** Items with exact answers: a figure, an operation on it, the right program, and three wrong ones. */

import { createRandom, shuffleBy } from "../../../nn/random.ts";
import type { Edit } from "../judge-edit.ts";
import { drawEdit, drawNearMisses, editOperations } from "./edit-sketch.ts";
import {
  drawSketch,
  type FigureType,
  figureTypes,
  type Level,
  levels,
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

function generateOne(
  figure: FigureType,
  operation: Operation,
  level: Level,
  seed: number,
  index: number,
): MathOpItem {
  const id = `${figure}-${operation}-${index}`;
  const random = createRandom(seed, `mathopeval/${id}`);
  const sketch = drawSketch(figure, level, random);
  const edited = operation === "MCG" ? undefined : drawEdit(operation, sketch, random);
  const reference = writeProgram(edited?.edited ?? sketch);
  const wrong = (edited?.wrong ?? drawNearMisses(sketch, random)).map(writeProgram);
  const options = shuffleBy([reference, ...wrong], random.below);
  return {
    id,
    figure,
    operation,
    level,
    instruction: edited?.instruction ?? "Write the program that draws this figure.",
    ...(edited && { code: writeProgram(sketch), edit: edited.edit }),
    reference,
    options,
    answer: options.indexOf(reference),
  };
}
