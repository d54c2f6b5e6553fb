/** What an instruction that is known to the compiler takes and gives, and what is wrong with it. */

import type { ModalityMap, ModalityName } from "./modality.ts";
import type { Problem } from "./problem-types.ts";
import type { SlotShape, SlotsOf } from "./slot-types.ts";

/** Whether the text is known in full; a `string`, or a template with one in it, is not. */
type IsLiteral<I extends string> = Record<never, never> extends { [K in I]: 1 } ? false : true;

/**
 * `I` where it is a right instruction, else the message, so that the argument's own error shows
 * it. A string that is only known at run time passes: the parser checks it.
 */
export type Checked<I extends string> =
  IsLiteral<I> extends true ? ([Problem<I>] extends [never] ? I : Problem<I> & string) : I;

type Slots<I extends string> = Extract<SlotsOf<I>, readonly SlotShape[]>[number];
type Target<I extends string> = Extract<Slots<I>, { side: "target" | "group"; isPrefix: false }>;

type Port<M extends string, P extends "in" | "out"> = M extends ModalityName
  ? ModalityMap[M][P]
  : never;

/** Shown by editors as one object. */
type Flat<T> = { [K in keyof T]: T[K] };

/**
 * The record that an instruction is filled from: a field for each encoder slot and each decoder
 * slot that is given (`no_loss`).
 * @example
 * type Data = DataOf<"[IMAGE:img] is it [TEXT:what]? -> [TEXT:answer]">;
 * // { img: string | Uint8Array | Image; what: string }
 */
export type DataOf<I extends string> =
  IsLiteral<I> extends true
    ? {
        [S in Exclude<Slots<I>, Target<I>> as S["name"]]: Port<S["modality"], "in">;
      }
    : Record<string, unknown>;

/**
 * What is generated, by the slots' names; a repeated group gives `items`, one for each time.
 * @example
 * type Objects = OutputOf<"[IMAGE:img] -> ( [BOX:box] [TEXT:label] )*">;
 * // { items: { box: Box; label: string }[] }
 */
export type OutputOf<I extends string> =
  IsLiteral<I> extends true
    ? [Extract<Target<I>, { side: "group" }>] extends [never]
      ? Outputs<Target<I>>
      : { items: Flat<Outputs<Target<I>>>[] }
    : Record<string, unknown>;

/**
 * A whole record, as training needs it: a field for each slot of both sides; a repeated group's
 * fields stand in `items`.
 * @example
 * type Row = RecordOf<"[IMAGE:img] -> ( [BOX:box] [TEXT:label] )*">;
 * // { img: string | Uint8Array | Image; items: readonly { box: Box; label: string }[] }
 */
export type RecordOf<I extends string> =
  IsLiteral<I> extends true
    ? Flat<
        Inputs<Exclude<Slots<I>, { side: "group" }>> &
          ([Extract<Slots<I>, { side: "group" }>] extends [never]
            ? unknown
            : { readonly items: readonly Flat<Inputs<Extract<Slots<I>, { side: "group" }>>>[] })
      >
    : object;

type Inputs<S extends SlotShape> = { readonly [T in S as T["name"]]: Port<T["modality"], "in"> };

/** The templates of a text, parted by `|||`. */
export type TemplatesOf<I extends string> = I extends `${string}\\|||${string}`
  ? I
  : I extends `${infer First}|||${infer Rest}`
    ? First | TemplatesOf<Rest>
    : I;

/** As {@link Checked}, for a text of several templates: each must be right. */
export type CheckedTemplates<I extends string> =
  IsLiteral<I> extends true
    ? [ProblemsIn<TemplatesOf<I>>] extends [never]
      ? I
      : ProblemsIn<TemplatesOf<I>>
    : I;

type ProblemsIn<I extends string> = I extends string
  ? Checked<I> extends I
    ? never
    : Checked<I>
  : never;

/** The first of a text's templates: what inference uses. */
export type FirstTemplate<I extends string> = I extends `${string}\\|||${string}`
  ? I
  : I extends `${infer First}|||${string}`
    ? First
    : I;

type Outputs<S extends SlotShape> = { [T in S as T["name"]]: Port<T["modality"], "out"> };

/** Whether a generated slot is `closed_set`; `boolean` where only run time knows. */
export type NeedsClosedSet<I extends string> =
  IsLiteral<I> extends true
    ? "closed_set" extends Target<I>["attributes"][number]
      ? true
      : false
    : boolean;

/** What a `closed_set` slot chooses from. */
export interface ClosedSet {
  readonly closedSet: readonly string[];
}

/**
 * The arguments behind an instruction: its record, which may be left out where it is empty, and
 * options, which must hold the closed set where a slot needs one, and may not where none does.
 * @example
 * declare function infer<const I extends string>(
 *   instruction: Checked<I>,
 *   ...args: ArgsOf<I, { beams?: number }>
 * ): Promise<OutputOf<I>>;
 */
export type ArgsOf<I extends string, Options extends object = object> =
  IsLiteral<I> extends true
    ? NeedsClosedSet<I> extends true
      ? [data: DataOf<I>, options: Options & ClosedSet]
      : [keyof DataOf<I>] extends [never]
        ? [data?: DataOf<I>, options?: Options & { readonly closedSet?: never }]
        : [data: DataOf<I>, options?: Options & { readonly closedSet?: never }]
    : [data?: Readonly<Record<string, unknown>>, options?: Options & Partial<ClosedSet>];
