/** Names and what they stand for. Nothing of the host is within reach: they lead to tables. */

import type { Machine } from "./machine.ts";
import type { Value } from "./values.ts";

export interface Scope {
  readonly names: Map<string, Value>;
  readonly outer?: Scope;
}

const deniedNames = new Set(
  "open exec eval compile input globals locals vars getattr setattr delattr breakpoint exit quit".split(
    " ",
  ),
);

/** @throws ProgramFailure */
export function lookUp(
  machine: Machine,
  name: string,
  scope: Scope,
  builtins: ReadonlyMap<string, Value>,
): Value {
  for (let at: Scope | undefined = scope; at; at = at.outer) {
    const value = at.names.get(name);
    if (value !== undefined) return value;
  }
  const value = builtins.get(name);
  if (value !== undefined) return value;
  if (name.startsWith("__") || deniedNames.has(name)) {
    return machine.fail("denied", `"${name}" reaches outside of the figure`);
  }
  return machine.fail("error", `the name ${name} is not defined`);
}
