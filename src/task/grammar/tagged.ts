/** Instructions whose slots are values: checked by the editor as they are typed. */

import type { Instruction, Slot } from "./ast.ts";
import { escapeText, formatSlot } from "./format.ts";
import type { ModalityName } from "./modality.ts";
import { parseInstruction } from "./parse.ts";

/** A slot that has no place yet. */
export type SlotValue = Omit<Slot, "position">;

type SlotMaker = (name?: string, attributes?: Slot["attributes"]) => SlotValue;

/** A function that makes slots of a modality, for {@link instruction}. */
export function slotOf(modality: ModalityName): SlotMaker {
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
