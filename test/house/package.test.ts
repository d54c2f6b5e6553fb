import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");

interface Manifest {
  readonly exports: Record<string, string | { readonly types: string; readonly default: string }>;
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
}
const manifest: Manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

const subPaths = Object.entries(manifest.exports).flatMap(([subPath, target]) =>
  typeof target === "string" ? [] : [{ subPath, target }],
);

test.each(subPaths)("the sub-path $subPath has a source file behind it", ({ target }) => {
  const stem = target.default.replace(/^\.\/dist\//, "").replace(/\.js$/, "");
  expect(target.types).toBe(target.default.replace(/\.js$/, ".d.ts"));
  expect(existsSync(join(root, `${stem}.ts`))).toBe(true);
});

test("a consumer imports every sub-path", () => {
  const consumer = readFileSync(join(root, "examples/consumer/main.ts"), "utf8");
  const imported = [...consumer.matchAll(/from "onefold(.*?)"/g)].map((match) => `.${match[1]}`);
  expect([...new Set(imported)].sort()).toEqual(subPaths.map(({ subPath }) => subPath).sort());
});

test("dependency versions are exact, and no dependency runs an install script", () => {
  for (const versions of [manifest.dependencies, manifest.devDependencies]) {
    for (const version of Object.values(versions)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  }
  expect(readFileSync(join(root, ".npmrc"), "utf8")).toContain("ignore-scripts=true");
});

test("importing onefold loads no native code and no dependency", () => {
  const probe = `
    await import("onefold");
    const { createRequire } = await import("node:module");
    const cached = Object.keys(createRequire(import.meta.url).cache);
    const native = process.report.getReport().sharedObjects.filter((f) => /koffi|onnxruntime/.test(f));
    console.log(JSON.stringify({ cached, native }));`;
  const bin = join(root, "bin/onefold.js");
  expect(spawnSync(process.execPath, [bin, "--version"]).status).toBe(0); // builds dist/ if stale
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", probe], {
    cwd: root,
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual({ cached: [], native: [] });
});
