/** Rules that concern several slots of an instruction. */

import type { Group, Instruction, Segment, Slot } from "./ast.ts";
import { InstructionError } from "./instruction-error.ts";
import type { Modalities } from "./modality.ts";

/** Slots of a sentence, those of its groups too. */
export function slotsOf(sentence: readonly Segment[]): Slot[] {
  const items = sentence.flatMap((each) => (each.kind === "group" ? each.items : [each]));
  return items.filter((each) => each.kind === "slot");
}

/** Given to the decoder, not generated. */
const isPrefix = ({ attributes }: Slot): boolean => attributes.no_loss === true;

/** Stops at a place of the instruction that is being checked. */
type Refuse = (position: number, problem: string) => never;

/**
 * The decoder's sentence is a prefix that is given (text and no_loss slots), then what is
 * generated: one slot, several text-like ones side by side, or one group.
 */
export function checkTarget({ text, target }: Instruction, modalities: Modalities): void {
  const refuse: Refuse = (position, problem) => {
    throw new InstructionError(text, position, problem);
  };
  const isTextLike = ({ modality }: Slot) => modalities.get(modality)!.isTextLike;
  checkPrefixes(slotsOf(target), text.length, refuse);
  let generated: Slot | Group | undefined;
  for (const segment of target) {
    const { kind, position } = segment;
    if (kind === "text") {
      if (generated)
        refuse(position, "text must precede the generated slot, which ends the answer");
    } else if (kind === "slot" && isPrefix(segment)) {
      if (generated) refuse(position, "prefix slots must precede the generated slot");
    } else {
      if (kind === "group") checkGroup(segment, isTextLike, refuse);
      if (generated) checkMerge(generated, segment, isTextLike, refuse);
      generated = segment;
    }
  }
}

function checkPrefixes(slots: readonly Slot[], end: number, refuse: Refuse): void {
  if (slots.length === 0) refuse(end, "the decoder side (after ->) has no slot");
  if (slots.every(isPrefix)) {
    refuse(end, "the decoder side (after ->) has only no_loss slots, nothing to generate");
  }
  const idle = slots.find((slot) => isPrefix(slot) && slot.attributes.closed_set);
  if (!idle) return;
  refuse(idle.position, `[${idle.modality}] is given (no_loss), so closed_set has no meaning`);
}

function checkGroup(group: Group, isTextLike: (slot: Slot) => boolean, refuse: Refuse): void {
  for (const slot of slotsOf([group])) {
    const { modality, position } = slot;
    if (isPrefix(slot)) {
      refuse(position, "a no_loss slot cannot be repeated; put it before the group");
    }
    if (!isTextLike(slot))
      refuse(position, `[${modality}] cannot be repeated: it is not text-like`);
  }
}

/** Whether `second` may be generated directly after `first`. */
function checkMerge(
  first: Slot | Group,
  second: Slot | Group,
  isTextLike: (slot: Slot) => boolean,
  refuse: Refuse,
): void {
  const { position } = second;
  if (first.kind === "group" || second.kind === "group") {
    refuse(position, "a group '( … )*' must be all that is generated");
  }
  const alone = [first, second].find((slot) => !isTextLike(slot));
  if (!alone) return;
  refuse(position, `[${alone.modality}] must be the only generated slot: it is not text-like`);
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
