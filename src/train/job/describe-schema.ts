/** Reads a schema back: the options with defaults for people, the expectation at a path for errors. */

import { z } from "zod";

/** The part of JSON Schema that zod writes for configs. */
interface Node {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Node>>;
  /** Of any other key. */
  readonly additionalProperties?: Node | boolean;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
  readonly required?: readonly string[];
}

const roots = new WeakMap<z.ZodType, Node>();

function rootOf(schema: z.ZodType): Node {
  // zod's own type of a JSON Schema says less than the keys read here.
  const root = roots.get(schema) ?? (z.toJSONSchema(schema, { io: "input" }) as Node);
  roots.set(schema, root);
  return root;
}

const branches = (node: Node): readonly Node[] => node.anyOf ?? [node];
const propertiesOf = (node: Node): Readonly<Record<string, Node>> =>
  Object.assign({}, ...branches(node).map((each) => each.properties ?? {}));

function nodeAt(schema: z.ZodType, path: readonly PropertyKey[]): Node {
  let node = rootOf(schema);
  for (const key of path) {
    const next = propertiesOf(node)[String(key)];
    node = next ?? branches(node).map(ofAnyKey).find(Boolean) ?? {};
  }
  return node;
}

const ofAnyKey = ({ items, additionalProperties: other }: Node): Node | undefined =>
  items ?? (typeof other === "object" ? other : undefined);

/** Keys allowed at a path. */
export const keysAt = (schema: z.ZodType, path: readonly PropertyKey[]): string[] =>
  Object.keys(propertiesOf(nodeAt(schema, path)));

/** @example expectationAt(trainConfigSchema, ["train", "lr"]) // "a number above 0" */
export const expectationAt = (schema: z.ZodType, path: readonly PropertyKey[]): string =>
  describeNode(nodeAt(schema, path));

function describeNode(node: Node): string {
  if (node.anyOf) return node.anyOf.map(describeNode).join(", or ");
  if (node.enum) return `one of ${node.enum.join(", ")}`;
  if (node.const !== undefined) return String(node.const);
  switch (node.type) {
    case "integer":
      return `a whole number of at least ${node.minimum}`;
    case "number":
      if (node.exclusiveMinimum !== undefined) return `a number above ${node.exclusiveMinimum}`;
      return node.maximum === undefined
        ? `a number of at least ${node.minimum}`
        : `a number from ${node.minimum} to ${node.maximum}`;
    case "boolean":
      return "true or false";
    case "array":
      return "a list";
    case "object":
      return "a group of keys";
    default:
      return "text";
  }
}

export interface OptionDescription {
  /** Dotted, as `--set` takes it. */
  readonly key: string;
  readonly description: string;
  /** Absent where the option is required, or its default depends on others. */
  readonly default?: unknown;
  readonly isRequired: boolean;
}

/** Every option, in the order of the schema. */
export function describeOptions(schema: z.ZodType): OptionDescription[] {
  const found: OptionDescription[] = [];
  const visit = (node: Node, path: string): void => {
    for (const branch of branches(node)) {
      for (const [name, child] of Object.entries(branch.properties ?? {})) {
        const key = path === "" ? name : `${path}.${name}`;
        const isGroup = child.properties !== undefined;
        const isRequired = branch.required?.includes(name) ?? false;
        const { description = "", default: value } = child;
        if (!isGroup) found.push({ key, description, default: value, isRequired });
        visit(child, key);
      }
    }
  };
  visit(rootOf(schema), "");
  return found;
}
