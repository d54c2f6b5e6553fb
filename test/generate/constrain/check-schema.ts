/** A JSON Schema validator of a few lines: the reference for what constraints let through. */

import { isDeepStrictEqual } from "node:util";

export type Schema = boolean | { readonly [key: string]: unknown };

export function isValid(value: unknown, schema: Schema, root: Schema = schema): boolean {
  if (typeof schema === "boolean") return schema;
  const sub = (v: unknown, s: unknown): boolean => isValid(v, s as Schema, root);
  const list = (key: string): unknown[] => (schema[key] ?? []) as unknown[];
  const number = (key: string, fallback: number): number => (schema[key] ?? fallback) as number;
  if (typeof schema.$ref === "string") {
    let target: unknown = root;
    for (const part of schema.$ref.split("/").slice(1)) {
      target = (target as Record<string, unknown>)[part];
    }
    if (!sub(value, target)) return false;
  }
  if (schema.type !== undefined) {
    const types = Array.isArray(schema.type) ? schema.type : [schema.type];
    if (!types.some((type) => hasType(value, type as string))) return false;
  }
  if ("const" in schema && !isDeepStrictEqual(value, schema.const)) return false;
  if ("enum" in schema && !list("enum").some((v) => isDeepStrictEqual(v, value))) return false;
  if ("anyOf" in schema && !list("anyOf").some((s) => sub(value, s))) return false;
  if ("oneOf" in schema && list("oneOf").filter((s) => sub(value, s)).length !== 1) return false;
  if (!list("allOf").every((s) => sub(value, s))) return false;
  if (typeof value === "string") {
    const length = [...value].length;
    if (length < number("minLength", 0) || length > number("maxLength", Infinity)) return false;
    if (typeof schema.pattern === "string" && !new RegExp(schema.pattern, "u").test(value)) {
      return false;
    }
  } else if (typeof value === "number") {
    if (value < number("minimum", -Infinity) || value > number("maximum", Infinity)) return false;
    if (value <= number("exclusiveMinimum", -Infinity)) return false;
    if (value >= number("exclusiveMaximum", Infinity)) return false;
    if (Number.isInteger(schema.multipleOf) && value % number("multipleOf", 1) !== 0) return false;
  } else if (Array.isArray(value)) {
    if (value.length < number("minItems", 0) || value.length > number("maxItems", Infinity)) {
      return false;
    }
    const prefix = list("prefixItems");
    return value.every((v, i) => sub(v, i < prefix.length ? prefix[i] : (schema.items ?? true)));
  } else if (typeof value === "object" && value !== null) {
    const properties = (schema.properties ?? {}) as Record<string, unknown>;
    if (!list("required").every((key) => Object.hasOwn(value, key as string))) return false;
    return Object.entries(value).every(([key, v]) =>
      sub(
        v,
        Object.hasOwn(properties, key) ? properties[key] : (schema.additionalProperties ?? true),
      ),
    );
  }
  return true;
}

function hasType(value: unknown, type: string): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "integer") return Number.isInteger(value);
  if (type === "object")
    return typeof value === "object" && value !== null && !Array.isArray(value);
  return typeof value === type;
}
