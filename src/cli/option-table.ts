/** The options of a config with their defaults, from its schema. */

import type { z } from "zod";
import { describeOptions } from "../train/job/describe-schema.ts";
import { formatTable } from "./render.ts";

export function optionTable(schema: z.ZodType): string {
  const rows = describeOptions(schema).map(({ key, description, default: value, isRequired }) => {
    const shown = Array.isArray(value) ? value.join(" ") : String(value);
    const suffix = value === undefined ? "" : ` (${shown})`;
    return [`  ${key}${isRequired ? " *" : ""}`, `${description}${suffix}`];
  });
  return formatTable(rows);
}
