/** Import statements, over the modules that there are. */

import type { Machine } from "./machine.ts";
import type { Statement } from "./syntax.ts";
import type { Namespace, Value } from "./values.ts";

/** Modules that reach outside; any other that is missing is merely unsupported. */
const deniedModules = new Set(
  "os sys subprocess socket shutil pathlib importlib ctypes io builtins urllib requests http pickle threading multiprocessing signal js pyodide tempfile glob".split(
    " ",
  ),
);

/**
 * Binds what a statement imports.
 *
 * @param modules by dotted name
 * @throws ProgramFailure
 */
export function importNames(
  machine: Machine,
  modules: ReadonlyMap<string, Namespace>,
  { module, names }: Extract<Statement, { kind: "import" }>,
  bound: Map<string, Value>,
): void {
  for (const { name, alias } of names) {
    const whole = modules.get(name === "" ? module : `${module}.${name}`);
    const root = modules.get(module);
    if (!root && !whole) {
      const kind = deniedModules.has(module.split(".")[0]!) ? "denied" : "unsupported";
      machine.fail(kind, `the module ${module}`);
    }
    // `import matplotlib.pyplot` binds matplotlib, which nothing here has members of.
    const isRoot = name === "" && alias === module.split(".")[0] && module.includes(".");
    const value = isRoot ? modules.get(alias) : (whole ?? root!.members.get(name));
    if (value === undefined) {
      machine.fail("unsupported", `${module} has no ${name || alias} here`);
    }
    bound.set(alias, value);
  }
}
