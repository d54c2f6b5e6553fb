import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");

interface Violation {
  readonly rule: { readonly name: string };
  readonly from: string;
}

/** Each file breaks the one rule it is named under; those under "" break none. */
const files: readonly (readonly [rule: string, path: string, content: string])[] = [
  ["", "src/graph/base.ts", "export const base = 1;\nexport type Base = number;\n"],
  ["", "src/models/fine.ts", 'import { base } from "../graph/base.ts";\nexport const m = base;\n'],
  [
    "",
    "src/models/scope.ts",
    "export const s = (d: Disposable) => {\n  using e = d;\n  return e;\n};\n",
  ],
  ["", "src/generate/late.ts", "export type Late = number;\nexport const late = 1;\n"],
  ["", "src/cli/main.ts", 'export const load = () => import("commander");\n'],
  ["", "test/helper.ts", "export const helper = 1;\n"],
  [
    "graph-imports-down-only",
    "src/graph/up.ts",
    'import { m } from "../models/fine.ts";\nexport const up = m;\n',
  ],
  [
    "models-imports-down-only",
    "src/models/type-only.ts",
    'import type { Late } from "../generate/late.ts";\nexport const t: Late = 1;\n',
  ],
  [
    "checkpoint-imports-down-only",
    "src/checkpoint/dynamic.ts",
    'export const d = () => import("../generate/late.ts");\n',
  ],
  [
    "media-imports-down-only",
    "src/media/re-export.ts",
    'export type { Late } from "../generate/late.ts";\n',
  ],
  [
    "no-cycles",
    "src/nn/a.ts",
    'import { b } from "./b.ts";\nexport const a = (): number => b();\n',
  ],
  ["", "src/nn/one.ts", 'import type { Two } from "./two.ts";\nexport type One = Two | 1;\n'],
  ["", "src/nn/two.ts", 'import type { One } from "./one.ts";\nexport type Two = { one: One };\n'],
  // A cycle is reported once, at its first file.
  ["", "src/nn/b.ts", 'import { a } from "./a.ts";\nexport const b = (): number => a();\n'],
  [
    "src-stands-alone",
    "src/train/borrow.ts",
    'import { helper } from "../../test/helper.ts";\nexport const h = helper;\n',
  ],
  [
    "engine-only-in-runtime",
    "src/generate/engine.ts",
    'export const e = () => import("onnxruntime-node");\n',
  ],
  ["koffi-only-at-the-border", "src/train/ffi.ts", 'export const k = () => import("koffi");\n'],
  ["commander-only-in-cli", "src/train/args.ts", 'export const c = () => import("commander");\n'],
  ["no-dev-dependencies", "src/serve/dev.ts", 'export const f = () => import("fast-check");\n'],
  ["resolvable", "src/serve/lost.ts", 'export const l = () => import("./nowhere.ts");\n'],
];

const tree = mkdtempSync(join(tmpdir(), "onefold-boundaries-"));
afterAll(() => rmSync(tree, { recursive: true, force: true }));

test("every boundary rule finds the import it forbids, and no other", () => {
  for (const [, path, content] of files) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), content);
  }
  const check = join(root, "scripts/check-boundaries.mjs");
  const { stdout, stderr } = spawnSync(process.execPath, [check, tree, "--output-type", "json"], {
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  const { summary }: { summary: { violations: Violation[] } } = JSON.parse(stdout);
  const found = summary.violations.map(({ rule, from }) => `${rule.name}: ${from}`).sort();
  const planted = files.filter(([rule]) => rule).map(([rule, path]) => `${rule}: ${path}`);
  expect(found).toEqual(planted.sort());
});
