import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => ({
    path: path.replaceAll("\\", "/"),
    text: readFileSync(join(root, "src", path), "utf8"),
  }));

// The boundary rules see imports; a package can also be looked up by name (createRequire).
test("only runtime names the engine's package in code", () => {
  const naming = sources.filter(({ text }) => /["'`]onnxruntime-(node|web|common)/.test(text));
  expect(naming.length).toBeGreaterThan(0);
  for (const { path } of naming) expect(path).toMatch(/^runtime\//);
});

const staticImport =
  /^(?:import|export)(?! type )(?: (?:[*{]|[A-Za-z_$])[^;"=(]* from)? "([^"]+)";/gm;

/** Packages reached from a file by static imports alone: what importing it loads at once. */
function packagesBehind(entry: string, seen = new Set<string>()): Set<string> {
  const found = new Set<string>();
  if (seen.has(entry)) return found;
  seen.add(entry);
  const text = sources.find(({ path }) => path === entry)?.text ?? "";
  for (const [, specifier] of text.matchAll(staticImport)) {
    if (specifier!.startsWith(".")) {
      for (const name of packagesBehind(posix.join(dirname(entry), specifier!), seen))
        found.add(name);
    } else if (!specifier!.startsWith("node:")) found.add(specifier!);
  }
  return found;
}

const entries = sources
  .map(({ path }) => path)
  .filter((path) => /^([a-z]+\/)?index\.ts$/.test(path));

/** What asks for the server needs its HTTP packages; all else loads packages when they are used. */
const needed: Record<string, string[]> = { "serve/index.ts": ["@hono/node-server", "hono", "zod"] };

test.each(entries)("importing %s loads no package that is not needed", (entry) => {
  expect([...packagesBehind(entry)].sort()).toEqual(needed[entry] ?? []);
});

test("the command line starts with commander alone", () => {
  expect([...packagesBehind("cli/main.ts")]).toEqual(["commander"]);
});

test("no source file is over 800 lines, and nine in ten are under 400", () => {
  // Tables of data are exempt: they are not read line by line.
  const lengths = sources
    .filter(({ path }) => !path.includes("tables"))
    .map(({ path, text }) => ({ path, lines: text.split("\n").length }));
  expect(lengths.filter(({ lines }) => lines > 800)).toEqual([]);
  const long = lengths.filter(({ lines }) => lines > 400);
  expect(long.length, JSON.stringify(long)).toBeLessThanOrEqual(lengths.length / 10);
});
