// Runs dependency-cruiser over the sources: node scripts/check-boundaries.mjs [FOLDER]
// Its SWC parser (TypeScript 7 has no JavaScript API for it) does not know `using` declarations
// yet, so it reads a copy of the tree in which they are `const`. In the copy, type-only imports of
// a.ts lead to an empty a.types.ts beside it: they must keep the direction, but two types that
// refer to each other from two files are no cycle, since nothing of that exists at run time.
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const home = dirname(dirname(fileURLToPath(import.meta.url)));
const [folder = home, ...options] = process.argv.slice(2);
const root = resolve(folder);

const typeImport = /^((?:import|export) type [^;"]*? from "[.]{1,2}[/][^"]*)[.]ts";/gm;
const declaration = /\b(?:await\s+)?using(\s+[A-Za-z_$][\w$]*\s*[=:])/g;

function copySources(from, to) {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copySources(source, target);
    else if (entry.name.endsWith(".ts")) {
      const text = readFileSync(source, "utf8");
      writeFileSync(
        target,
        text.replace(declaration, "const$1").replace(typeImport, '$1.types.ts";'),
      );
      writeFileSync(target.replace(/[.]ts$/, ".types.ts"), "");
    }
  }
}

const copy = mkdtempSync(join(tmpdir(), "onefold-imports-"));
try {
  // test/ and the rest are there only to be resolved when something imports them.
  const folders = ["src", "recipes", "bench", "test", "reference", "examples"];
  for (const name of folders) {
    if (existsSync(join(root, name))) copySources(join(root, name), join(copy, name));
  }
  copyFileSync(join(home, "package.json"), join(copy, "package.json"));
  symlinkSync(join(home, "node_modules"), join(copy, "node_modules"));
  const cruiser = join(home, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs");
  const config = join(home, ".dependency-cruiser.cjs");
  const entries = ["src", "recipes", "bench"].filter((name) => existsSync(join(copy, name)));
  const { status } = spawnSync(
    process.execPath,
    [cruiser, "--config", config, ...options, ...entries],
    { cwd: copy, stdio: "inherit" },
  );
  process.exitCode = status ?? 1;
} finally {
  rmSync(copy, { recursive: true, force: true });
}
