/** The user's Python with matplotlib, and the folders that it needs inside a sandbox. */

import { execFile } from "node:child_process";
import { homedir } from "node:os";
import { relative } from "node:path";
import { promisify } from "node:util";
import { NoSandboxError, type PythonPlace } from "../../sandboxed-python.ts";

const run = promisify(execFile);

/** What Python says of itself; runs nothing but this. */
const question = `
import importlib.util, json, sys
has = importlib.util.find_spec("matplotlib") is not None
print(json.dumps([sys.executable, sys.prefix, sys.base_prefix, has]))
`;

/**
 * @param python its name or path (default: python3 on the PATH)
 * @throws NoSandboxError naming what is missing
 */
export async function findMatplotlib(python = "python3"): Promise<PythonPlace> {
  const hint = "; name another Python with :python=PATH";
  let told: unknown;
  try {
    const { stdout } = await run(python, ["-I", "-c", question], { timeout: 30_000 });
    told = JSON.parse(stdout);
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw new NoSandboxError(
      `running plots needs python3 with matplotlib: ${python} ${isMissing ? "is not there" : "does not start"}${hint}`,
    );
  }
  const [executable, prefix, base, hasMatplotlib] = told as [string, string, string, boolean];
  if (!hasMatplotlib) {
    throw new NoSandboxError(
      `running plots needs matplotlib, which ${executable} has not: install it there${hint}`,
    );
  }
  const folders = [...new Set([base, prefix])].filter((folder) => !isBelow(folder, "/usr"));
  const open = folders.find((folder) => isBelow(homedir(), folder) || folder === "/");
  if (open === undefined) return { executable, folders };
  throw new NoSandboxError(
    `${executable} is installed in ${open}, which a sandbox must not show as a whole${hint}`,
  );
}

const isBelow = (path: string, folder: string): boolean => !relative(folder, path).startsWith("..");
