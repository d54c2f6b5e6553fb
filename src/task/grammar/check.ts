/** Rules that concern several slots of an instruction. */

import type { Instruction, Segment, Slot } from "./ast.ts";
import { InstructionError } from "./instruction-error.ts";
import type { Modalities } from "./modality.ts";

/** Slots of a sentence, those of its groups too. */
export function slotsOf(sentence: readonly Segment[]): Slot[] {
  const items = sentence.flatMap((each) => (each.kind === "group" ? each.items : [each]));
  return items.filter((each) => each.kind === "slot");
}

/** Whether the decoder writes it: it is on the target side, and no prefix. */
const isPrefix = ({ attributes }: Slot): boolean => attributes.no_loss === true;

/** A slot as messages name it. */
const shown = ({ modality, name, isNamed }: Slot): string =>
  `[${modality}${isNamed ? `:${name}` : ""}]`;

/**
 * The decoder's sentence is a prefix that is given (text and no_loss slots), then what is
 * generated: one slot, several text-like ones side by side, or one group.
 */
export function checkTarget({ text, target }: Instruction, modalities: Modalities): void {
  const refuse = (position: number, problem: string): never => {
    throw new InstructionError(text, position, problem);
  };
  const isTextLike = ({ modality }: Slot) => modalities.get(modality)!.isTextLike;
  const slots = slotsOf(target);
  if (slots.length === 0) refuse(text.length, "the decoder side (after ->) has no slot");
  if (slots.every(isPrefix)) {
    refuse(text.length, "the decoder side (after ->) has only no_loss slots, nothing to generate");
  }
  for (const slot of slots) {
    if (isPrefix(slot) && slot.attributes.closed_set) {
      refuse(slot.position, `${shown(slot)} is given (no_loss), so closed_set has no meaning`);
    }
  }
  let generated: Segment | undefined;
  for (const segment of target) {
    const { kind, position } = segment;
    if (kind === "group") checkGroup(segment.items.filter((item) => item.kind === "slot"));
    if (kind === "slot" && isPrefix(segment)) {
      if (generated) refuse(position, "prefix slots must precede the generated slot");
    } else if (kind === "text") {
      if (generated)
        refuse(position, "text must precede the generated slot, which ends the answer");
    } else {
      if (generated) checkMerge(generated, segment);
      generated = segment;
    }
  }

  function checkGroup(items: readonly Slot[]): void {
    const prefix = items.find(isPrefix);
    if (prefix)
      refuse(prefix.position, "a no_loss slot cannot be repeated; put it before the group");
    const other = items.find((slot) => !isTextLike(slot));
    if (other) refuse(other.position, `${shown(other)} cannot be repeated: it is not text-like`);
  }

  function checkMerge(first: Segment, second: Segment): void {
    if (first.kind === "group" || second.kind === "group") {
      refuse(second.position, "a group '( … )*' must be all that is generated");
    }
    const alone = [first, second].find((each) => each.kind === "slot" && !isTextLike(each));
    if (alone?.kind !== "slot") return;
    refuse(second.position, `${shown(alone)} must be the only generated slot: it is not text-like`);
  }
}

/** A column stands once a sentence at most; in both sentences it has one modality. */
export function checkNames({ text, source, target }: Instruction): void {
  const seen = new Map<string, Slot>();
  for (const sentence of [source, target]) {
    const here = new Set<string>();
    for (const slot of slotsOf(sentence)) {
      const { name, modality, position } = slot;
      const refuse = (problem: string): never => {
        throw new InstructionError(text, position, problem);
      };
      const side = sentence === source ? "encoder" : "decoder";
      if (here.has(name)) refuse(`the name '${name}' stands twice on the ${side} side`);
      here.add(name);
      const other = seen.get(name);
      if (other && other.modality !== modality) {
        refuse(`'${name}' is [${other.modality}] on the encoder side and [${modality}] here`);
      }
      seen.set(name, slot);
    }
  }
}
