import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");
let checkout = "";

const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(checkout, path)), { recursive: true });
  writeFileSync(join(checkout, path), text);
};

const onefold = (...args: string[]): { stdout: string; stderr: string } =>
  spawnSync(process.execPath, [join(checkout, "bin/onefold.js"), ...args], { encoding: "utf8" });

/** What it says where it has to build: this checkout has no compiler. */
const BUILDS = "onefold: the sources do not compile\nTypeScript is not installed";

/** A checkout whose dist/ is up to date and does nothing but say so. */
beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), "onefold-checkout-"));
  for (const folder of ["bin", "scripts"]) {
    cpSync(join(root, folder), join(checkout, folder), { recursive: true });
  }
  write("package.json", '{ "type": "module" }');
  write("package-lock.json", "{}");
  write("src/cli/command.ts", "export const commands = [];");
  write("src/cli/program.ts", "");
  write("src/graph/tensor.ts", "export const a = 1;");
  write("dist/src/cli/main.js", 'export const main = async () => console.log("main") ?? 0;');
  write("dist/src/cli/help.txt", "kept help");
  const freshness: { describeSources(): string } = createRequire(import.meta.url)(
    join(checkout, "scripts/freshness.cjs"),
  );
  write("dist/.stamp", freshness.describeSources());
});
afterEach(() => rmSync(checkout, { recursive: true, force: true }));

test("help is the text that the build kept, everything else runs the built code", () => {
  for (const args of [[], ["--help"], ["-h"], ["help"]]) {
    expect(onefold(...args).stdout).toBe("kept help");
  }
  expect(onefold("help", "run").stdout).toBe("main\n");
  expect(onefold("--version").stdout).toBe("main\n");
});

test("a change of what help is made from is built before it is shown", () => {
  write("src/cli/command.ts", "export const commands = [1];");
  expect(onefold("--help")).toMatchObject({ stdout: "", stderr: expect.stringContaining(BUILDS) });
});

test.each([
  ["an edited file", () => write("src/graph/tensor.ts", "export const a = 2;\n")],
  ["a new file", () => write("recipes/new/a.ts", "")],
  ["a removed file", () => rmSync(join(checkout, "src/graph/tensor.ts"))],
  ["another dependency", () => write("package-lock.json", "{ }")],
])("%s is built before a command runs", (_, change) => {
  change();
  expect(onefold("--version").stderr).toContain(BUILDS);
});

test("a package has no sources: it shows the help it brought", () => {
  for (const folder of ["scripts", "src"]) rmSync(join(checkout, folder), { recursive: true });
  expect(onefold("--help").stdout).toBe("kept help");
  expect(onefold("--version").stdout).toBe("main\n");
});
