/** Where this package lies: its version and the model it ships. */

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Folder of onefold's package.json, from src/ in a checkout and from dist/src/ alike. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error("package.json of onefold not found: reinstall onefold");
    folder = parent;
  }
  return folder;
}

export function packageVersion(): string {
  const manifest: { version: string } = JSON.parse(
    readFileSync(join(packageRoot(), "package.json"), "utf8"),
  );
  return manifest.version;
}

/** Folder of the built page that `onefold serve` shows. */
export const studioFolder = (): string => join(packageRoot(), "dist", "studio");

/** Folder of the model that is taken where none is named: for chats, and for files alike. */
export const defaultModelFolder = (): string => join(packageRoot(), "models", "onefold-generalist");
