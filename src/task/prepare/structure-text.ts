/** Tables, triples, schemas and grids as the text that models read. */

import { kindOf } from "../../checkpoint/json.ts";
import { linearise } from "../../media/index.ts";
import type { Structure } from "../../media/types.ts";
import type { Slot } from "../grammar/ast.ts";

/** @param where the slot, for errors */
export function structureText(value: unknown, { attributes }: Slot, where: string): string {
  if (typeof value !== "string" && (typeof value !== "object" || value === null)) {
    throw new Error(
      `${where} was given ${kindOf(value)}; expected text, a table, triples, a schema or a grid`,
    );
  }
  const { preprocess } = attributes;
  const isSchema = typeof value === "object" && "tables" in value;
  if (typeof value === "object" && preprocess && (preprocess === "database") !== isSchema) {
    throw new Error(
      `${where} was given ${isSchema ? "a schema" : "rows"}, but names preprocess=${preprocess}; ` +
        `write preprocess=${isSchema ? "database" : "table"}, or leave it out`,
    );
  }
  try {
    // What it is, `linearise` checks.
    return linearise(value as Structure, { lowercase: attributes.uncased === true });
  } catch (error) {
    throw new Error(`${where}: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}
