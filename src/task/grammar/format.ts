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
  if (segment.kind === "text") return escapeText(segment.value);
  if (segment.kind === "group") return `( ${segment.items.map(formatSegment).join(" ")} )*`;
  return formatSlot(segment);
}

/** Text such that the parser reads it as it is. */
export function escapeText(text: string): string {
  return text.replace(/\\|\[|->|\)\*|\|\|\|/g, "\\$&");
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
