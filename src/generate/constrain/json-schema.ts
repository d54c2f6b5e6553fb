/** JSON Schemas as constraints. */

import { isDeepStrictEqual } from "node:util";
import type { Tokenizer } from "../../media/text/types.ts";
import { ConstraintError } from "./budget.ts";
import { anyCodePoint, quoted } from "./code-points.ts";
import {
  type CompiledConstraint,
  type ConstraintOptions,
  compileConstraint,
} from "./constraint.ts";
import type { GrammarBuilder, GrammarNode } from "./grammar.ts";
import { createJsonText, type JsonText, oneOfTexts } from "./json-text.ts";
import type { Regex } from "./regex-node.ts";
import { arrayNode, objectNode, type SchemaContext } from "./schema-containers.ts";
import {
  has,
  type JsonType,
  type ObjectItem,
  readObject,
  readProperties,
  readRequired,
  readSchemas,
  readString,
  refuse,
  resolveRef,
  type SchemaItem,
  typesOf,
} from "./schema-reader.ts";
import { numberNode, stringContent, stringNode } from "./schema-scalars.ts";

/**
 * Compiles a JSON Schema: the answer is one valid instance, with properties in the order of their
 * declaration. Keywords: type, enum, const, anyOf, oneOf (of alternatives that exclude one
 * another), allOf, $ref within the schema (recursive too), properties, required,
 * additionalProperties, propertyNames, items, prefixItems, minItems, maxItems, minLength,
 * maxLength, pattern, format, minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf.
 * A schema without `type` is about the types that its keywords speak of.
 *
 * @throws ConstraintError for what is not supported, with the keyword and its place
 * @example
 * const schema = { type: "object", properties: { sum: { type: "integer" } }, required: ["sum"] };
 * const constraint = compileJsonSchema(schema, tokenizer).start();
 */
export function compileJsonSchema(
  schema: unknown,
  tokenizer: Tokenizer,
  options: ConstraintOptions = {},
): CompiledConstraint {
  return compileConstraint("the JSON schema", sourceOf(schema), tokenizer, options, (grammar) =>
    schemaNode(grammar, schema),
  );
}

/** What decides on a constraint, as a text; undefined for what JSON cannot write. */
export function sourceOf(schema: unknown): string | undefined {
  try {
    return JSON.stringify(schema);
  } catch {
    return undefined; // a circle, or nesting beyond the stack: the compiler says what is wrong
  }
}

/** An instance of a schema as part of a grammar. */
export function schemaNode(grammar: GrammarBuilder, schema: unknown): GrammarNode {
  const node = new SchemaCompiler(grammar, schema).compile([{ schema, path: "#" }]);
  if (node === grammar.never) throw new ConstraintError("the JSON schema has no valid instance");
  return node;
}

/**
 * Compiles what `response_format: { type: "json_object" }` asks for: any one JSON object.
 *
 * @example
 * const constraint = compileJsonObject(tokenizer).start();
 */
export function compileJsonObject(
  tokenizer: Tokenizer,
  options: ConstraintOptions = {},
): CompiledConstraint {
  return compileConstraint(
    "JSON",
    "",
    tokenizer,
    options,
    (grammar) => createJsonText(grammar).object,
  );
}

const MAX_DEPTH = 200;
/** Conjunctions of schemas looked at: anyOf beside anyOf multiplies. */
const MAX_SHAPES = 20_000;
const MAX_ENUM = 10_000;

class SchemaCompiler implements SchemaContext {
  readonly grammar: GrammarBuilder;
  readonly text: JsonText;
  private readonly root: unknown;
  private readonly rules = new Map<string, number>();
  private depth = 0;
  private shapes = 0;

  constructor(grammar: GrammarBuilder, root: unknown) {
    this.grammar = grammar;
    this.root = root;
    this.text = createJsonText(grammar);
  }

  compile(items: readonly SchemaItem[]): GrammarNode {
    if (items.some(({ schema }) => schema === false)) return this.grammar.never;
    const list = items.filter(({ schema }) => schema !== true);
    if (list.length === 0) return this.text.value;
    if (++this.depth > MAX_DEPTH) throw refuse(list[0]!.path, `is nested over ${MAX_DEPTH} deep`);
    const node = this.byReference(list.map(readObject));
    this.depth--;
    return node;
  }

  /** Recursion always comes through a reference: what has one becomes a rule of its own. */
  private byReference(list: readonly ObjectItem[]): GrammarNode {
    if (!list.some((item) => has(item, "$ref"))) return this.branch([], [], list);
    const key = [...new Set(list.map(({ path }) => path))].sort().join("\n");
    let rule = this.rules.get(key);
    if (rule === undefined) {
      rule = this.grammar.declare(`the schema at ${list[0]!.path}`);
      this.rules.set(key, rule);
      const body = this.branch([], [], list);
      this.grammar.define(rule, body);
    }
    return this.grammar.body(rule) === this.grammar.never
      ? this.grammar.never
      : this.grammar.ref(rule);
  }

  /** Adds schemas to a conjunction, and goes through its alternatives. */
  private branch(
    items: readonly ObjectItem[],
    choices: readonly (readonly SchemaItem[])[],
    added: readonly SchemaItem[],
  ): GrammarNode {
    const flat = [...items];
    const groups = [...choices];
    const work = [...added];
    const seen = new Set<string>();
    for (let next = work.pop(); next; next = work.pop()) {
      this.grammar.store.budget.spend(10);
      if (next.schema === true) continue;
      if (next.schema === false) return this.grammar.never;
      const item = readObject(next);
      const ref = readString(item, "$ref");
      if (ref !== undefined) {
        if (seen.has(ref)) continue;
        seen.add(ref);
        work.push(resolveRef(this.root, ref, item.path));
      }
      flat.push(item);
      work.push(...readSchemas(item, "allOf"));
      if (has(item, "anyOf")) groups.push(readSchemas(item, "anyOf"));
      if (has(item, "oneOf")) groups.push(this.exclusive(item));
    }
    const [group, ...rest] = groups;
    if (!group) return this.shape(flat);
    return this.grammar.alt(group.map((choice) => this.alternative(flat, rest, choice)));
  }

  /** One of several schemas; alone and by reference it is a rule that recursion may come back to. */
  private alternative(
    items: readonly ObjectItem[],
    choices: readonly (readonly SchemaItem[])[],
    choice: SchemaItem,
  ): GrammarNode {
    const says = (item: ObjectItem): boolean =>
      Object.keys(item.schema).some((key) => has(item, key) && key !== "anyOf" && isCondition(key));
    if (choices.length === 0 && !items.some(says)) return this.compile([choice]);
    if (++this.depth > MAX_DEPTH) throw refuse(choice.path, `is nested over ${MAX_DEPTH} deep`);
    const node = this.branch(items, choices, [choice]);
    this.depth--;
    return node;
  }

  /** Alternatives of `oneOf`, where at most one can be valid. */
  private exclusive(item: ObjectItem): SchemaItem[] {
    const choices = readSchemas(item, "oneOf");
    const read = choices.map((choice) => this.dereferenced(choice));
    for (let i = 0; i < read.length; i++) {
      for (let j = 0; j < i; j++) {
        this.grammar.store.budget.spend(5);
        if (areDisjoint(read[i]!, read[j]!)) continue;
        throw refuse(
          item.path,
          `alternatives ${j} and ${i} of oneOf may both be valid; write anyOf, or tell them apart by ` +
            "type or by a required property with const",
        );
      }
    }
    return choices;
  }

  private dereferenced(choice: SchemaItem): ObjectItem {
    let item = readObject(choice);
    for (let i = 0; i < 20; i++) {
      const ref = readString(item, "$ref");
      if (ref === undefined) return item;
      item = readObject(resolveRef(this.root, ref, item.path));
    }
    throw refuse(choice.path, "$ref leads through too many others");
  }

  /** Values that meet schemas without alternatives. */
  private shape(items: readonly ObjectItem[]): GrammarNode {
    const { grammar, text } = this;
    if (++this.shapes > MAX_SHAPES) {
      throw new ConstraintError("the JSON schema has too many combinations of anyOf and allOf");
    }
    const spoken = items.filter((item) => Object.keys(item.schema).some(isCondition));
    if (items.some((item) => has(item, "enum") || has(item, "const"))) return this.listed(spoken);
    const types = commonTypes(spoken);
    const makers: Readonly<Record<JsonType, () => GrammarNode>> = {
      object: () => objectNode(this, spoken),
      array: () => arrayNode(this, spoken),
      string: () => stringNode(grammar, spoken, text.string),
      number: () => numberNode(grammar, spoken, false),
      integer: () => (types.has("number") ? grammar.never : numberNode(grammar, spoken, true)),
      boolean: () => grammar.alt([grammar.text("true"), grammar.text("false")]),
      null: () => grammar.text("null"),
    };
    return grammar.alt([...types].map((type) => makers[type]()));
  }

  /** Values of `enum` and `const`, as `JSON.stringify` writes them. */
  private listed(items: readonly ObjectItem[]): GrammarNode {
    const { grammar } = this;
    let values: unknown[] | undefined;
    for (const item of items) {
      const other = Object.keys(item.schema).find(
        (key) => isCondition(key) && has(item, key) && !listing.has(key),
      );
      if (other !== undefined)
        throw refuse(item.path, `${other} beside enum or const is not supported`);
      for (const key of ["enum", "const"]) {
        if (!has(item, key)) continue;
        const list: unknown = key === "enum" ? item.schema.enum : [item.schema.const];
        if (!Array.isArray(list)) throw refuse(item.path, "enum must be a list of values");
        if (list.length > MAX_ENUM) throw refuse(item.path, `enum has over ${MAX_ENUM} values`);
        const found: unknown[] = list;
        values = values ? values.filter((a) => found.some((b) => isDeepStrictEqual(a, b))) : found;
      }
    }
    const types = commonTypes(items);
    const texts = (values ?? []).filter((value) => isOfType(value, types)).map(toJson);
    return grammar.terminal(oneOfTexts(grammar.store, texts));
  }

  nameContent(items: readonly SchemaItem[]): Regex {
    const { store } = this.grammar;
    const conditions = items.map((item) => {
      if (item.schema === true) return store.all;
      const read = this.dereferenced(item);
      if (has(read, "enum") || has(read, "const")) {
        const listed: unknown = has(read, "enum") ? read.schema.enum : [read.schema.const];
        const names: unknown[] = Array.isArray(listed) ? listed : [];
        return oneOfTexts(
          store,
          names.flatMap((name) => (typeof name === "string" ? [toJson(name).slice(1, -1)] : [])),
        );
      }
      for (const key of ["anyOf", "oneOf", "allOf"]) {
        if (has(read, key)) throw refuse(read.path, `${key} in propertyNames is not supported`);
      }
      return stringContent(this.grammar, [read]) ?? store.all;
    });
    return store.and([...conditions, store.repeat(quoted(store, anyCodePoint), 0)]);
  }
}

/** Keywords that may stand beside enum and const. */
const listing = new Set(["type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref"]);

const isCondition = (key: string): boolean => !silent.has(key);
const silent = new Set([
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
  "$ref",
  "allOf",
  "anyOf",
  "oneOf",
]);

/** Types that all the schemas let through; a number that must be an integer is one. */
function commonTypes(items: readonly ObjectItem[]): Set<JsonType> {
  let types: Set<JsonType> | undefined;
  for (const item of items) {
    const own = new Set(typesOf(item));
    if (own.has("number")) own.add("integer");
    types = types ? new Set([...types].filter((type) => own.has(type))) : own;
  }
  return types ?? new Set(["object", "array", "string", "number", "boolean", "null"]);
}

const toJson = (value: unknown): string => JSON.stringify(value);

function isOfType(value: unknown, types: ReadonlySet<JsonType>): boolean {
  if (value === null) return types.has("null");
  if (Array.isArray(value)) return types.has("array");
  if (typeof value === "number") {
    return types.has("number") || (types.has("integer") && Number.isInteger(value));
  }
  const type = JSON_NAMES[typeof value];
  return type !== undefined && types.has(type);
}

const JSON_NAMES: Readonly<Record<string, JsonType>> = {
  string: "string",
  boolean: "boolean",
  object: "object",
};

/** By their types, or by the values of a property that both require. */
function areDisjoint(a: ObjectItem, b: ObjectItem): boolean {
  const [mine, theirs] = [values(a), values(b)];
  if (mine && theirs) return !mine.some((x) => theirs.some((y) => isDeepStrictEqual(x, y)));
  const types = commonTypes([a, b]);
  if (types.size === 0) return true;
  if (types.size > 1 || !types.has("object")) return false;
  const properties = readProperties(b);
  const required = new Set(readRequired(b));
  const shared = readRequired(a).filter((name) => required.has(name));
  const own = readProperties(a);
  return shared.some((name) => {
    const [x, y] = [own.get(name), properties.get(name)];
    if (!x || !y || typeof x.schema === "boolean" || typeof y.schema === "boolean") return false;
    const [mine, theirs] = [values(readObject(x)), values(readObject(y))];
    return (
      mine !== undefined &&
      theirs !== undefined &&
      !mine.some((p) => theirs.some((q) => isDeepStrictEqual(p, q)))
    );
  });
}

function values(item: ObjectItem): readonly unknown[] | undefined {
  if (has(item, "const")) return [item.schema.const];
  return Array.isArray(item.schema.enum) ? item.schema.enum : undefined;
}
