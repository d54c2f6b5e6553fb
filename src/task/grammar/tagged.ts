/** Instructions whose slots are values. */

import type { Instruction, Slot } from "./ast.ts";
import type { builtinModalities } from "./builtin-modalities.ts";
import { escapeText, formatSlot } from "./format.ts";
import type { AttributeRule, ModalityName } from "./modality.ts";
import { parseInstruction } from "./parse.ts";

/** A slot that has no place yet. */
export type SlotValue = Omit<Slot, "position">;

type Builtin = (typeof builtinModalities)[number];

type ValueOf<Rule> = Rule extends { kind: infer Kind extends AttributeRule["kind"] }
  ? { flag: true; integer: number; number: number; name: string }[Kind]
  : never;

/** A modality of your own takes any attributes here: they are checked at run time. */
type AttributesOf<M extends ModalityName> =
  Extract<Builtin, { name: M }> extends infer B
    ? [B] extends [never]
      ? Slot["attributes"]
      : B extends Builtin
        ? { readonly [K in keyof B["attributes"]]?: ValueOf<B["attributes"][K]> } & {
            readonly preprocess?: string;
            readonly adaptor?: string;
          }
        : never
    : never;

type SlotMaker<Attributes> = (name?: string, attributes?: Attributes) => SlotValue;

/** A function that makes slots of a modality, for {@link instruction}. */
export function slotOf<M extends ModalityName>(modality: M): SlotMaker<AttributesOf<M>>;
export function slotOf(modality: ModalityName): SlotMaker<Slot["attributes"]> {
  return (name, attributes = {}) => ({
    kind: "slot",
    modality,
    name: name ?? "",
    isNamed: name !== undefined,
    attributes,
  });
}

export const text = slotOf("TEXT");
export const image = slotOf("IMAGE");
export const box = slotOf("BOX");
export const audio = slotOf("AUDIO");
export const video = slotOf("VIDEO");
export const motion = slotOf("MOTION");
export const struct = slotOf("STRUCT");
export const phone = slotOf("PHONE");
export const category = slotOf("CATEGORY");

/**
 * The same instruction as its text would give; strings put in are text, whatever they hold.
 * @throws InstructionError as {@link parseInstruction}
 * @example
 * instruction`${image("img")} what is it? -> ${text("label", { closed_set: true })}`;
 */
export function instruction(
  { raw }: TemplateStringsArray,
  ...values: readonly (SlotValue | string)[]
): Instruction {
  const shown = values.map((value) =>
    typeof value === "string" ? escapeText(value) : formatSlot(value),
  );
  return parseInstruction(String.raw({ raw }, ...shown));
}
