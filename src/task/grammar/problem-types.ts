/** The rules of check.ts and attributes.ts over the slots of a literal type. */

import type { builtinModalities } from "./builtin-modalities.ts";
import type { Blank, Fail, SlotShape, SlotsOf } from "./slot-types.ts";

/** The first thing wrong with an instruction, as the message of the error; never if nothing is. */
export type Problem<I extends string> =
  SlotsOf<I> extends infer S ? (S extends readonly SlotShape[] ? CheckSlots<S> : S) : never;

type Builtin = (typeof builtinModalities)[number];
/** Undefined for a modality of the user's: its attributes are checked at run time. */
type Rules<M extends string> = Extract<Builtin, { name: M }>;

type CheckSlots<S extends readonly SlotShape[]> = First<
  [Check<S, never, "none">, CheckTarget<Exclude<S[number], { side: "source" }>>]
>;

type CheckTarget<S extends SlotShape> = [S] extends [never]
  ? Fail<"the decoder side (after ->) has no slot">
  : [S["isPrefix"]] extends [true]
    ? Fail<"the decoder side (after ->) has only no_loss slots, nothing to generate">
    : never;

/** One slot after the other: its own rules, its name among those before, its place. */
type Check<S extends readonly SlotShape[], Seen extends SlotShape, Last> = S extends readonly [
  infer Slot extends SlotShape,
  ...infer Rest extends readonly SlotShape[],
]
  ? [CheckSlot<Slot> | CheckName<Slot, Seen> | CheckPlace<Slot, Last>] extends [never]
    ? Check<Rest, Seen | Slot, After<Slot, Last>>
    : First<[CheckSlot<Slot>, CheckPlace<Slot, Last>, CheckName<Slot, Seen>]>
  : never;

type First<P extends readonly unknown[]> = P extends readonly [infer A, ...infer R]
  ? [A] extends [never]
    ? First<R>
    : A
  : never;

type SideOf<S extends SlotShape> = S["side"] extends "source" ? "source" : "target";

type CheckName<Slot extends SlotShape, Seen extends SlotShape> =
  Extract<Seen, { name: Slot["name"] }> extends infer Same
    ? [Same] extends [never]
      ? never
      : Same extends SlotShape
        ? SideOf<Same> extends SideOf<Slot>
          ? Fail<`the name '${Slot["name"]}' stands twice on the ${SideOf<Slot> extends "source" ? "encoder" : "decoder"} side`>
          : Same["modality"] extends Slot["modality"]
            ? never
            : Fail<`'${Slot["name"]}' is [${Same["modality"]}] on the encoder side and [${Slot["modality"]}] here`>
        : never
    : never;

type IsTextLike<M extends string> =
  Rules<M> extends { isTextLike: infer T } ? ([T] extends [never] ? true : T) : true;

/** The order of the decoder's sentence. */
type CheckPlace<Slot extends SlotShape, Last> = Slot["side"] extends "source"
  ? never
  : Slot["side"] extends "group"
    ? Slot["isPrefix"] extends true
      ? Fail<"a no_loss slot cannot be repeated; put it before the group">
      : IsTextLike<Slot["modality"]> extends false
        ? Fail<`[${Slot["modality"]}] cannot be repeated: it is not text-like`>
        : Last extends "none"
          ? never
          : Fail<"a group '( … )*' must be all that is generated">
    : Last extends "none"
      ? never
      : Blank<Slot["before"]> extends false
        ? Fail<"text must precede the generated slot">
        : Slot["isPrefix"] extends true
          ? Fail<"prefix slots must precede the generated slot">
          : Last extends { alone: infer M extends string }
            ? Alone<M>
            : IsTextLike<Slot["modality"]> extends false
              ? Alone<Slot["modality"]>
              : never;

type Alone<M extends string> = Fail<`[${M}] must be the only generated slot: it is not text-like`>;

type After<Slot extends SlotShape, Last> = Slot["side"] extends "target"
  ? Slot["isPrefix"] extends true
    ? Last
    : IsTextLike<Slot["modality"]> extends false
      ? { alone: Slot["modality"] }
      : "merging"
  : Last;

type CheckSlot<Slot extends SlotShape> =
  Rules<Slot["modality"]> extends infer R
    ? [R] extends [never]
      ? never
      : R extends Builtin
        ? SideOf<Slot> extends keyof R["sides"]
          ? [Slot["isPrefix"], "closed_set"] extends [true, Slot["attributes"][number]]
            ? Fail<`[${R["name"]}] is given (no_loss), so closed_set has no meaning`>
            : CheckAttributes<Slot["attributes"], R, SideOf<Slot>>
          : Fail<`[${R["name"]}] only applies to the encoder side`>
        : never
    : never;

type CheckAttributes<
  A extends readonly string[],
  R extends Builtin,
  Side extends "source" | "target",
  Seen extends string = never,
> = A extends readonly [infer Attribute extends string, ...infer Rest extends readonly string[]]
  ? Attribute extends `${infer Key}=${infer Value}`
    ? [CheckAttribute<Key, Value, R, Side, Seen>] extends [never]
      ? CheckAttributes<Rest, R, Side, Seen | Key>
      : CheckAttribute<Key, Value, R, Side, Seen>
    : [CheckAttribute<Attribute, undefined, R, Side, Seen>] extends [never]
      ? CheckAttributes<Rest, R, Side, Seen | Attribute>
      : CheckAttribute<Attribute, undefined, R, Side, Seen>
  : never;

type CheckAttribute<
  Key extends string,
  Value extends string | undefined,
  R extends Builtin,
  Side extends "source" | "target",
  Seen extends string,
> = Key extends "" | ` ${string}`
  ? Fail<"expected an attribute after ','">
  : Value extends ""
    ? Fail<`expected a value after '${Key}='`>
    : Key extends Seen
      ? Fail<`attribute '${Key}' stands twice in [${R["name"]}]`>
      : Key extends "preprocess" | "adaptor"
        ? CheckPreset<Key, Value, R, Side>
        : Key extends keyof R["attributes"]
          ? R["attributes"][Key] extends infer Rule extends {
              kind: string;
              sides: readonly string[];
            }
            ? Side extends Rule["sides"][number]
              ? CheckValue<`attribute '${Key}' of [${R["name"]}]`, Value, Rule>
              : Fail<`'${Key}' only applies to ${Side extends "source" ? "decoder" : "encoder"} slots`>
            : never
          : Fail<`unknown attribute '${Key}' in [${R["name"]}]`>;

type CheckPreset<
  Key extends "preprocess" | "adaptor",
  Value extends string | undefined,
  R extends Builtin,
  Side extends "source" | "target",
> = R["sides"] extends { [S in Side]: infer P extends Record<Key, readonly string[]> }
  ? Value extends string
    ? Value extends P[Key][number] | `"${string}"`
      ? never
      : Fail<`no ${Key} is named '${Value}' here (expected one of ${Join<P[Key]>})`>
    : Fail<`attribute '${Key}' of [${R["name"]}] needs a value: a name`>
  : never;

type Join<Names extends readonly string[]> = Names extends readonly [
  infer A extends string,
  ...infer R extends readonly string[],
]
  ? R extends readonly []
    ? A
    : `${A}, ${Join<R>}`
  : "";

type CheckValue<What extends string, Value extends string | undefined, Rule> = Rule extends {
  kind: infer Kind;
}
  ? Kind extends "flag"
    ? Value extends string
      ? Fail<`${What} takes no value (got '${Value}')`>
      : never
    : Value extends string
      ? Value extends (Kind extends "integer" ? `${bigint}` : `${number}`)
        ? CheckRange<What, Value, Rule>
        : Value extends `"${string}`
          ? Fail<`${What} needs ${Kind extends "integer" ? "an integer" : "a number"}`>
          : Fail<`${What} needs ${Kind extends "integer" ? "an integer" : "a number"}, got '${Value}'`>
      : Fail<`${What} needs a value: ${Kind extends "integer" ? "an integer" : "a number"}`>
  : never;

/** Of the ranges that occur: at least 0 or 1, and from 0 to 1. */
type CheckRange<What extends string, Value extends string, Rule> = Rule extends { max: 1 }
  ? Value extends `0${string}` | "1" | "1.0"
    ? never
    : Fail<`${What} must be from 0 to 1, got ${Value}`>
  : Rule extends { min: infer Min extends number }
    ? Value extends `-${string}` | (Min extends 1 ? "0" : never)
      ? Fail<`${What} must be at least ${Min}, got ${Value}`>
      : never
    : never;
