/** Reads a schema back: the options with defaults for people, the expectation at a path for errors. */

import { z } from "zod";
import { trainConfigSchema } from "./schema.ts";

/** The part of JSON Schema that zod writes for the config. */
interface Node {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
  readonly required?: readonly string[];
}

// zod's own type of a JSON Schema says less than the keys read here.
const root = z.toJSONSchema(trainConfigSchema, { io: "input" }) as Node;

const branches = (node: Node): readonly Node[] => node.anyOf ?? [node];
const propertiesOf = (node: Node): Readonly<Record<string, Node>> =>
  Object.assign({}, ...branches(node).map((each) => each.properties ?? {}));

function nodeAt(path: readonly PropertyKey[]): Node {
  let node: Node = root;
  for (const key of path) {
    const next = propertiesOf(node)[String(key)];
    node = next ?? branches(node).find((each) => each.items)?.items ?? {};
  }
  return node;
}

/** Keys allowed at a path. */
export const keysAt = (path: readonly PropertyKey[]): string[] =>
  Object.keys(propertiesOf(nodeAt(path)));

/** @example expectationAt(["train", "lr"]) // "a number above 0" */
export const expectationAt = (path: readonly PropertyKey[]): string => describeNode(nodeAt(path));

function describeNode(node: Node): string {
  if (node.anyOf) return node.anyOf.map(describeNode).join(", or ");
  if (node.enum) return `one of ${node.enum.join(", ")}`;
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
export function describeOptions(): OptionDescription[] {
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
  visit(root, "");
  return found;
}
