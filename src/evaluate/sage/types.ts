/**
 * SAGE (Li et al. 2026, arXiv 2605.12022): robustness tests out of any multiple-choice set. A
 * generator (VariantGen) writes variants of items, a rubric verifier (VariantQual) judges them.
 */

import type { ChatMessage } from "../../media/text/index.ts";

/** What a question is, whoever wrote it. */
export interface ChoiceContent {
  readonly question: string;
  readonly choices: readonly string[];
  /** Index of the right choice. */
  readonly label: number;
}

/** An item of a multiple-choice set. */
export interface ChoiceItem extends ChoiceContent {
  readonly id: string;
  /** Of the set: variants inherit it. */
  readonly license?: string;
}

export {
  type Axis,
  type AxisLabels,
  type AxisScores,
  axes,
  type Judgement,
  judgements,
} from "./axes.ts";

/** A way to ask for the same knowledge once more. */
export interface VariantType {
  readonly id: string;
  /** What a variant of it is, for generator, verifier and people. */
  readonly definition: string;
  /** Which items have such a variant (default: all). */
  readonly applies?: (item: ChoiceContent) => boolean;
  /** The variant, where a program can write it; it is then as valid as its source. */
  readonly derive?: (source: ChoiceContent) => ChoiceContent | undefined;
  /** What a program can see is wrong, as a sentence; undefined where nothing is. */
  readonly problem?: (source: ChoiceContent, variant: ChoiceContent) => string | undefined;
}

export type Prompt = string | readonly ChatMessage[];

/** How sources, variants and verdicts are written: what generator and verifier are asked in. */
export interface Notation {
  /** Stands for all texts that it makes: results under another version are not reused. */
  readonly version: string;
  /** Asks the generator for a variant. */
  ask(type: VariantType, source: ChoiceContent): Prompt;
  /** A variant as the generator writes it. @param type of the variant, where it has a form of its own */
  write(content: ChoiceContent, type?: VariantType): string;
  /**
   * Reads what a generator wrote, whatever that is.
   *
   * @param type that was asked for
   * @throws Error in a sentence, for anything that is no question with choices and a label
   */
  read(text: string, type?: VariantType): ChoiceContent;
  /** Asks the verifier for a verdict. */
  judge(type: VariantType, source: ChoiceContent, variant: ChoiceContent): Prompt;
  /**
   * The verdict up to where the next axis' digit stands, given the digits of the axes before; the
   * whole verdict, given all of them.
   */
  verdict(digits: readonly Digit[], reason?: string): string;
  /** How the digits 0 and 1 are written there. */
  readonly digits: readonly [no: string, yes: string];
  /** Questions without a label, for checks in which the verifier does not see it. */
  readonly blind?: BlindNotation;
}

export interface BlindNotation {
  /** Asks for the right choice. */
  answer(question: string, choices: readonly string[]): Prompt;
  /** The answers that can be given, in the order of the choices. */
  answers(choices: readonly string[]): string[];
  /** Index of the choice that a written answer takes; undefined where it takes none. */
  readAnswer(text: string, choices: readonly string[]): number | undefined;
  /** Asks whether one choice is right; answered by a digit. */
  accept(question: string, choice: string): Prompt;
}

export type Digit = 0 | 1;
