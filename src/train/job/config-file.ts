/** Config files: YAML or JSON, `--set` overrides, and what a schema says of them. */

import { readFile } from "node:fs/promises";
import type { z } from "zod";
import { fileError, show } from "../../checkpoint/json.ts";
import { closestNames } from "../../checkpoint/names.ts";
import { expectationAt, keysAt } from "./describe-schema.ts";

export interface ConfigValues {
  readonly values: object;
  /** Keys that overrides changed. */
  readonly changed: ReadonlySet<string>;
}

/**
 * Reads a config file.
 *
 * @param sets overrides as `key.path=value`, the value in YAML
 * @param keys named where the file holds none
 * @throws Error of one sentence naming the file, and the place in it
 */
export async function readConfigValues(
  file: string,
  sets: readonly string[],
  keys: string,
): Promise<ConfigValues> {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(await readFile(file));
  } catch (error) {
    if (error instanceof TypeError) throw new Error(`${file}: not valid UTF-8`, { cause: error });
    throw fileError(error, file);
  }
  const values = await parseYaml(text, file); // JSON is YAML
  if (!isGroup(values)) {
    throw new Error(`${file}: must hold keys such as ${keys}, found ${show(values)}`);
  }
  const changed = new Set<string>();
  for (const set of sets) changed.add(await override(values, set));
  return { values, changed };
}

type Group = Record<string, unknown>;
const isGroup = (value: unknown): value is Group =>
  typeof value === "object" && value !== null && !Array.isArray(value);

async function parseYaml(text: string, where: string): Promise<unknown> {
  const { parseDocument } = await import("yaml");
  const document = parseDocument(text, { prettyErrors: true });
  const [problem] = document.errors;
  if (problem) throw new Error(`${where}: ${problem.message.split("\n")[0].replace(/:$/, "")}`);
  try {
    return document.toJS();
  } catch (error) {
    throw new Error(`${where}: ${(error as Error).message}`, { cause: error }); // aliases that swell
  }
}

/** Puts one `key.path=value` into the values. */
async function override(values: Group, set: string): Promise<string> {
  const [key, value] = [set.slice(0, set.indexOf("=")), set.slice(set.indexOf("=") + 1)];
  const names = key.split(".");
  if (!set.includes("=") || names.some((name) => name === "" || name === "__proto__")) {
    throw new Error(`--set ${set}: expected key.path=value, as in train.lr=1e-4`);
  }
  let group = values;
  for (const name of names.slice(0, -1)) {
    const next = group[name] ?? {};
    if (!isGroup(next)) {
      throw new Error(
        `--set ${key}: "${name}" is ${show(next)} in the config, not a group of keys`,
      );
    }
    group[name] = next;
    group = next;
  }
  group[names.at(-1)!] = await parseYaml(value, `--set ${key}`);
  return key;
}

interface Issue {
  readonly code?: string;
  readonly path: readonly PropertyKey[];
  readonly keys?: readonly string[];
  readonly errors?: readonly (readonly Issue[])[];
}

/**
 * Checks the values of a config.
 *
 * @param file where they come from, for errors
 * @throws Error of one sentence naming key, what was expected and the nearest key
 */
export function checkConfig<S extends z.ZodType>(
  schema: S,
  values: object,
  file: string,
  changed: ReadonlySet<string> = new Set(),
): z.output<S> {
  const { success, data, error } = schema.safeParse(values);
  if (success) return data;
  const issues = (error.issues as readonly Issue[]).flatMap((issue) => flatten(issue));
  // A mistyped key also leaves the right one missing: the typo says more.
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
  const unknown = issue.keys?.[0];
  const path = unknown === undefined ? issue.path : [...issue.path, unknown];
  const key = path.join(".");
  const where = changed.has(key) ? "--set" : file;
  if (unknown !== undefined) {
    const keys = keysAt(schema, issue.path);
    const [near] = closestNames(unknown, keys, 1);
    const at = [...issue.path, near].join(".");
    const hint = near ? `did you mean "${at}"?` : `expected one of ${keys.join(", ")}`;
    throw new Error(`${where}: unknown key "${key}"; ${hint}`);
  }
  const found = path.reduce<unknown>(
    (value, name) => (value as Group | undefined)?.[name as string],
    values,
  );
  throw new Error(
    `${where}: "${key}" must be ${expectationAt(schema, path)}, found ${show(found)}`,
  );
}

/** A value that fits no branch of a union: the complaints of the branch that came furthest. */
function flatten(issue: Issue): Issue[] {
  if (issue.code !== "invalid_union" || !issue.errors) return [issue];
  const inner = issue.errors.find((errors) =>
    errors.every((each) => each.path.length > 0 || each.code === "unrecognized_keys"),
  );
  if (!inner) return [{ path: issue.path }];
  return inner.map((each) => ({ ...each, path: [...issue.path, ...each.path] }));
}
