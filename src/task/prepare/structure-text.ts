/** Tables, triples, schemas and grids as the text that models read. */

import type { Slot } from "../grammar/ast.ts";

/** @param where the slot, for errors */
export function structureText(value: unknown, slot: Slot, where: string): string {
  if (typeof value === "string") return value;
  throw new Error(
    `${where} was given a ${typeof value} for ${slot.modality}; expected a structure`,
  );
}
