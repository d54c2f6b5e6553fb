import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { commands } from "../../src/cli/command.ts";

const root = resolve(import.meta.dirname, "../..");
const pages = ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md"];
const read = (page: string): string => readFileSync(join(root, page), "utf8");

test("every onefold command that the README shows exists", () => {
  const shown = [...read("README.md").matchAll(/\bnpx onefold ([a-z]+)/g)].map(([, name]) => name);
  expect(shown.length).toBeGreaterThan(0);
  const names = commands.map(({ name }) => name);
  for (const name of shown) expect(names).toContain(name);
});

test("every npm script that the pages name exists", () => {
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(read("package.json"));
  for (const page of pages) {
    for (const [, name] of read(page).matchAll(/\bnpm run ([a-z]+)/g)) {
      expect(Object.keys(scripts), page).toContain(name);
    }
  }
});

test.each(pages)("links from %s lead somewhere", (page) => {
  for (const [, target] of read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)) {
    expect(existsSync(join(root, target!)), `${page}: ${target}`).toBe(true);
  }
});
