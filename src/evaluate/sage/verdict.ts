/** Verdicts of a verifier as JSON, and reading them from whatever it wrote. */

import { jsonObjects } from "./json-objects.ts";
import { type Axis, axes, type Digit } from "./types.ts";

export type ReadVerdict = Readonly<Record<Axis, Digit>> & { readonly reason?: string };

/** The fields of a verdict: `{"type_ok": 1, "label_ok": 1, "unique_ok": 0}`. */
const fieldOf = (axis: Axis): string => `${axis}_ok`;

/**
 * The last object that holds all three fields: what stands before it are thoughts, or a variant's
 * own text that is quoted. undefined where there is none.
 */
export function readVerdict(text: string): ReadVerdict | undefined {
  for (const value of jsonObjects(text).reverse()) {
    const [type, label, unique] = axes.map((axis) => digitOf(value[fieldOf(axis)]));
    if (type === undefined || label === undefined || unique === undefined) continue;
    const { reason } = value;
    return { type, label, unique, ...(typeof reason === "string" && reason ? { reason } : {}) };
  }
  return undefined;
}

function digitOf(value: unknown): Digit | undefined {
  if (value === 1 || value === true || value === "1") return 1;
  return value === 0 || value === false || value === "0" ? 0 : undefined;
}

/** A verdict up to the next axis' digit; the reason stands first, so that the digits follow from it. */
export function writeVerdict(digits: readonly Digit[], reason?: string): string {
  const start = reason === undefined ? "{" : `{"reason":${JSON.stringify(reason)},`;
  const fields = axes
    .slice(0, digits.length + 1)
    .map((axis, i) => `"${fieldOf(axis)}":${digits[i] ?? ""}`);
  return `${start}${fields.join(",")}${digits.length === axes.length ? "}" : ""}`;
}
