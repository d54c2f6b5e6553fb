/** JSON Schemas as they come from outside: keywords checked, references followed. */

import { ConstraintError } from "./budget.ts";

/** One schema and where it stands, as a JSON pointer behind `#`. */
export interface SchemaItem {
  readonly schema: unknown;
  readonly path: string;
}

/** An object schema whose keywords are known. */
export interface ObjectItem {
  readonly schema: Readonly<Record<string, unknown>>;
  readonly path: string;
}

export type JsonType = "object" | "array" | "string" | "number" | "integer" | "boolean" | "null";

const JSON_TYPES: readonly JsonType[] = [
  "object",
  "array",
  "string",
  "number",
  "integer",
  "boolean",
  "null",
];

/** Keywords that say something about values of one type. */
const typed: Readonly<Record<string, JsonType>> = {
  properties: "object",
  required: "object",
  additionalProperties: "object",
  propertyNames: "object",
  items: "array",
  prefixItems: "array",
  minItems: "array",
  maxItems: "array",
  minLength: "string",
  maxLength: "string",
  pattern: "string",
  format: "string",
  minimum: "number",
  maximum: "number",
  exclusiveMinimum: "number",
  exclusiveMaximum: "number",
  multipleOf: "number",
};

const others = new Set(["type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref"]);

/** Say nothing about which values are valid. */
const annotations = new Set([
  "$schema",
  "$id",
  "$comment",
  "$defs",
  "definitions",
  "title",
  "description",
  "default",
  "examples",
  "deprecated",
  "readOnly",
  "writeOnly",
  "contentEncoding",
  "contentMediaType",
]);

export const refuse = (path: string, what: string): ConstraintError =>
  new ConstraintError(
    `the schema at ${path.length > 200 ? `${path.slice(0, 200)}…` : path}: ${what}`,
  );

const escapePointer = (key: string): string => key.replaceAll("~", "~0").replaceAll("/", "~1");

export const below = (item: { path: string }, ...keys: (string | number)[]): string =>
  [item.path, ...keys.map((key) => escapePointer(String(key)))].join("/");

/** @throws ConstraintError for a keyword that is not supported, by its name */
export function readObject({ schema, path }: SchemaItem): ObjectItem {
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) {
    throw refuse(
      path,
      `must be an object or a boolean, is ${JSON.stringify(schema)?.slice(0, 60)}`,
    );
  }
  for (const key of Object.keys(schema)) {
    if (others.has(key) || annotations.has(key) || Object.hasOwn(typed, key)) continue;
    throw refuse(
      path,
      `the keyword ${JSON.stringify(key.slice(0, 60))} is not supported; leave it out`,
    );
  }
  // A plain object whose values are read with checks.
  return { schema: schema as Readonly<Record<string, unknown>>, path };
}

export const has = ({ schema }: ObjectItem, key: string): boolean =>
  Object.hasOwn(schema, key) && schema[key] !== undefined;

/** Types that a schema lets through: without `type`, those that its other keywords speak of. */
export function typesOf(item: ObjectItem): ReadonlySet<JsonType> {
  if (has(item, "type")) {
    const { type } = item.schema;
    const list: unknown[] = Array.isArray(type) ? type : [type];
    return new Set(
      list.map((name) => {
        const found = JSON_TYPES.find((known) => known === name);
        if (found) return found;
        throw refuse(item.path, `type must be one or more of ${JSON_TYPES.join(", ")}`);
      }),
    );
  }
  const spoken = Object.keys(typed).filter((key) => has(item, key));
  const types = new Set(spoken.map((key) => typed[key]!));
  return types.size > 0 ? types : new Set(JSON_TYPES);
}

export function readCount(item: ObjectItem, key: string): number | undefined {
  if (!has(item, key)) return undefined;
  const value = item.schema[key];
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 1e6) {
    return value;
  }
  throw refuse(item.path, `${key} must be an integer from 0 to 1,000,000`);
}

export function readNumber(item: ObjectItem, key: string): number | undefined {
  if (!has(item, key)) return undefined;
  const value = item.schema[key];
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw refuse(item.path, `${key} must be a number`);
}

export function readString(item: ObjectItem, key: string): string | undefined {
  if (!has(item, key)) return undefined;
  const value = item.schema[key];
  if (typeof value === "string") return value;
  throw refuse(item.path, `${key} must be a string`);
}

/** Entries of a keyword that holds a list of schemas. */
export function readSchemas(item: ObjectItem, key: string): SchemaItem[] {
  if (!has(item, key)) return [];
  const value = item.schema[key];
  if (!Array.isArray(value)) throw refuse(item.path, `${key} must be a list of schemas`);
  return value.map((schema: unknown, i) => ({ schema, path: below(item, key, i) }));
}

export function readProperties(item: ObjectItem): Map<string, SchemaItem> {
  if (!has(item, "properties")) return new Map();
  const { properties } = item.schema;
  if (typeof properties !== "object" || properties === null || Array.isArray(properties)) {
    throw refuse(item.path, "properties must be an object of schemas");
  }
  const entries = Object.entries(properties);
  if (entries.length > 5000) throw refuse(item.path, "has more than 5,000 properties");
  return new Map(
    entries.map(([key, schema]: [string, unknown]) => [
      key,
      { schema, path: below(item, "properties", key) },
    ]),
  );
}

export function readRequired(item: ObjectItem): string[] {
  if (!has(item, "required")) return [];
  const { required } = item.schema;
  const isList = Array.isArray(required) && required.every((key) => typeof key === "string");
  if (!isList) throw refuse(item.path, "required must be a list of strings");
  return required;
}

/** The schema that a local reference names. */
export function resolveRef(root: unknown, ref: string, path: string): SchemaItem {
  if (ref !== "#" && !ref.startsWith("#/")) {
    throw refuse(path, `$ref ${JSON.stringify(ref.slice(0, 80))} is not of this schema (#/…)`);
  }
  let schema = root;
  for (const part of ref.split("/").slice(1)) {
    const key = decodePart(part).replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof schema !== "object" || schema === null || !Object.hasOwn(schema, key)) {
      throw refuse(path, `$ref ${JSON.stringify(ref.slice(0, 80))} names nothing in the schema`);
    }
    // Own property of an object or entry of a list.
    schema = (schema as Readonly<Record<string, unknown>>)[key];
  }
  return { schema, path: ref };
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
