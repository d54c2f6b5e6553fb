/**
 * The grammar of parse.ts once more, over string literal types: which slots an instruction has.
 * Lists grow in an accumulator, so that long instructions stay within the compiler's depth.
 */

import type { ModalityName } from "./modality.ts";

/** A slot as its text says, in the sentence it stands in, and the text between it and the last. */
export interface SlotShape {
  side: "source" | "target" | "group";
  modality: string;
  name: string;
  attributes: readonly string[];
  /** Has no_loss. */
  isPrefix: boolean;
  before: string;
}

export type Fail<Problem extends string> = `instruction error: ${Problem}`;

/** All slots in order, or what keeps the text from being read. */
export type SlotsOf<I extends string> =
  Plain<I> extends infer S extends string
    ? S extends `${string}|||${string}`
      ? Fail<"'|||' stands between templates, expected one">
      : S extends `${infer Source}->${infer Target}`
        ? Target extends `${string}->${string}`
          ? Fail<"more than one '->'">
          : FindGroup<Source> extends GroupParts
            ? Fail<"a group '( … )*' only applies to the decoder side">
            : ReadTarget<Target, ReadSlots<Source, "source">>
        : Fail<"missing '->' between encoder and decoder sentence">
    : never;

type ReadTarget<S extends string, Source> = Source extends Found
  ? FindGroup<S> extends infer G extends GroupParts
    ? [LastOpen<G["before"]>, G["after"]] extends [object, `${string})*${string}`]
      ? Fail<"a group cannot stand in a group">
      : Blank<G["after"]> extends true
        ? Then<ReadSlots<G["before"], "target", Source["slots"]>, G["inside"]>
        : ReadSlots<G["after"], "target"> extends { slots: [] }
          ? Fail<"text must precede the generated slot">
          : Fail<"a group '( … )*' must be all that is generated">
    : Finish<ReadSlots<S, "target", Source["slots"]>>
  : Source;

type Then<Before, Inside extends string> = Before extends Found
  ? ReadSlots<Inside, "group", Before["slots"]> extends infer R
    ? R extends Found
      ? R["slots"]
      : R
    : never
  : Before;

/** Text behind the last slot is only allowed where no slot was generated: nowhere. */
type Finish<R> = R extends Found
  ? R["slots"] extends [...SlotShape[], infer Last extends SlotShape]
    ? Last["side"] extends "target"
      ? Blank<R["rest"]> extends true
        ? R["slots"]
        : Last["isPrefix"] extends true
          ? R["slots"]
          : Fail<"text must precede the generated slot">
      : R["slots"]
    : R["slots"]
  : R;

interface Found {
  slots: readonly SlotShape[];
  rest: string;
}

type ReadSlots<
  S extends string,
  Side extends SlotShape["side"],
  Slots extends readonly SlotShape[] = [],
  Before extends string = "",
> = S extends `${infer Text}[${infer R}`
  ? R extends `${infer Body}]${infer Rest}`
    ? ReadSlot<Body, Side, `${Before}${Text}`, Slots["length"]> extends infer Slot
      ? Slot extends SlotShape
        ? ReadSlots<Rest, Side, [...Slots, Slot]>
        : Slot extends string
          ? Slot
          : ReadSlots<R, Side, Slots, `${Before}${Text}[`>
      : never
    : R extends `${infer M extends ModalityName}${":" | ","}${string}`
      ? Fail<`expected ',' or ']' in the slot that starts '[${M}'`>
      : { slots: Slots; rest: `${Before}${S}` }
  : { slots: Slots; rest: `${Before}${S}` };

/** A slot, an error, or undefined for a bracket that is text. */
type ReadSlot<
  Body extends string,
  Side extends SlotShape["side"],
  Before extends string,
  Place extends number,
> = Body extends `${infer Head},${infer Attributes}`
  ? ReadHead<Head, Split<Attributes>, Side, Before, Place>
  : ReadHead<Body, [], Side, Before, Place>;

type ReadHead<
  Head extends string,
  Attributes extends readonly string[],
  Side extends SlotShape["side"],
  Before extends string,
  Place extends number,
> = Head extends `${infer M}:${infer Name}`
  ? ReadModality<M, Name, Attributes, Side, Before>
  : ReadModality<Head, `${Place}`, Attributes, Side, Before>;

type ReadModality<
  M extends string,
  Name extends string,
  Attributes extends readonly string[],
  Side extends SlotShape["side"],
  Before extends string,
> = M extends ModalityName
  ? Name extends "" | `${string} ${string}`
    ? Name extends "" | ` ${string}`
      ? Fail<"expected a name after ':'">
      : Fail<`expected ',' or ']' in the slot that starts '[${M}'`>
    : {
        side: Side;
        modality: M;
        name: Name;
        attributes: Attributes;
        isPrefix: "no_loss" extends Attributes[number] ? true : false;
        before: Before;
      }
  : M extends `${ModalityName} ` | ` ${ModalityName}`
    ? Fail<"a slot has no blanks">
    : M extends `${infer Known extends ModalityName} ${string}`
      ? Fail<`expected ':', ',' or ']' in the slot that starts '[${Known}'`>
      : IsWord<M> extends true
        ? M extends Uppercase<M>
          ? UnknownModality<M>
          : Uppercase<M> extends ModalityName
            ? UnknownModality<M>
            : undefined
        : undefined;

type UnknownModality<M extends string> =
  Fail<`unknown modality '${M}' (expected one of TEXT, IMAGE, BOX, AUDIO, VIDEO, MOTION, STRUCT, PHONE, CATEGORY`>;

interface GroupParts {
  before: string;
  inside: string;
  after: string;
}

/** The first `( … )*` with a slot in it. */
type FindGroup<S extends string> = S extends `${infer A})*${infer After}`
  ? LastOpen<A> extends { before: infer Before; inside: infer Inside extends string }
    ? ReadSlots<Inside, "group"> extends { slots: [] }
      ? FindGroup<`${A}__${After}`>
      : { before: Before; inside: Inside; after: After }
    : FindGroup<`${A}__${After}`>
  : undefined;

/** Cuts at the last "(" that no ")" closes. */
type LastOpen<S extends string> =
  SplitLast<S, "("> extends [infer Before extends string, infer Inside extends string]
    ? Inside extends `${infer X})${infer Y}`
      ? LastOpen<`${Before}_${X}_${Y}`>
      : { before: Before; inside: Inside }
    : undefined;

type SplitLast<
  S extends string,
  By extends string,
  Before extends string = "",
> = S extends `${infer A}${By}${infer B}`
  ? B extends `${string}${By}${string}`
    ? SplitLast<B, By, `${Before}${A}${By}`>
    : [`${Before}${A}`, B]
  : undefined;

type Split<
  S extends string,
  Parts extends readonly string[] = [],
> = S extends `${infer Head},${infer Rest}` ? Split<Rest, [...Parts, Head]> : [...Parts, S];

/** Escapes and quoted values give way to what cannot be taken for grammar. */
type Plain<S extends string> = (S extends `${string}\\${string}` ? Unescape<S> : S) extends infer U
  ? U extends `${string}="${string}`
    ? HideStrings<U>
    : U
  : never;

type Unescape<S extends string, Done extends string = ""> = S extends `${infer A}\\${infer B}`
  ? B extends
      | `\\${infer C}`
      | `[${infer C}`
      | `->${infer C}`
      | `(${infer C}`
      | `)${infer C}`
      | `|||${infer C}`
    ? Unescape<C, `${Done}${A}_`>
    : Unescape<B, `${Done}${A}_`>
  : `${Done}${S}`;

type HideStrings<S extends string, Done extends string = ""> = S extends `${infer A}="${infer B}`
  ? SplitLast<A, "["> extends [string, infer Body extends string]
    ? Body extends `${string}]${string}`
      ? HideStrings<B, `${Done}${A}="`>
      : Body extends `${ModalityName}${":" | ","}${string}`
        ? B extends `${string}"${infer Rest}`
          ? HideStrings<Rest, `${Done}${A}="_"`>
          : `${Done}${S}`
        : HideStrings<B, `${Done}${A}="`>
    : HideStrings<B, `${Done}${A}="`>
  : `${Done}${S}`;

export type Blank<S extends string> = S extends ""
  ? true
  : S extends ` ${infer R}` | `\n${infer R}` | `\t${infer R}`
    ? Blank<R>
    : false;

// biome-ignore format: the alphabet
type Letter =
  | "A" | "B" | "C" | "D" | "E" | "F" | "G" | "H" | "I" | "J" | "K" | "L" | "M"
  | "N" | "O" | "P" | "Q" | "R" | "S" | "T" | "U" | "V" | "W" | "X" | "Y" | "Z";

/** A letter, then letters and underscores. */
type IsWord<S extends string> = Uppercase<S> extends `${Letter}${infer R}` ? IsRest<R> : false;
type IsRest<S extends string> = S extends ""
  ? true
  : S extends `${infer C}${infer R}`
    ? C extends Letter | "_"
      ? IsRest<R>
      : false
    : false;
