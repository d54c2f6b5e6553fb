/** An instruction as text again. */

import type { Instruction, Segment, Slot } from "./ast.ts";

/**
 * The canonical text: one blank between segments, literal brackets and arrows escaped. Parsing it
 * gives the same segments, apart from their positions.
 * @example
 * formatInstruction(parseInstruction("  [IMAGE:img]what is it?->[TEXT]"));
 * // "[IMAGE:img] what is it? -> [TEXT]"
 */
export function formatInstruction({
  source,
  target,
}: Pick<Instruction, "source" | "target">): string {
  return [...source.map(formatSegment), "->", ...target.map(formatSegment)].join(" ");
}

function formatSegment(segment: Segment): string {
  // Outside groups, parentheses stay readable: only the end of a group must not appear.
  if (segment.kind === "text") {
    return segment.value.replace(/\\|\[|->|\|\|\||\)\*/g, "\\$&");
  }
  if (segment.kind === "slot") return formatSlot(segment);
  const items = segment.items.map((item) =>
    item.kind === "text" ? escapeText(item.value) : formatSlot(item),
  );
  return `( ${items.join(" ")} )*`;
}

/** Text such that the parser reads it as it is, wherever it stands. */
export function escapeText(text: string): string {
  return text.replace(/[\\[()]|->|\|\|\|/g, "\\$&");
}

/** @param slot `name` is left out where {@link Slot.isNamed} is false */
export function formatSlot({
  modality,
  name,
  isNamed,
  attributes,
}: Omit<Slot, "kind" | "position">): string {
  const parts = Object.entries(attributes).map(([key, value]) => {
    if (value === true) return key;
    const isBare = typeof value === "number" || /^\w+$/.test(value);
    return `${key}=${isBare ? value : `"${value.replace(/["\\]/g, "\\$&")}"`}`;
  });
  return `[${[isNamed ? `${modality}:${name}` : modality, ...parts].join(",")}]`;
}
