import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { readStudio } from "../../src/serve/studio.ts";

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "onefold-studio-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

it("serves the files of the folder with types and a policy, and nothing else", async () => {
  const dir = folder();
  mkdirSync(join(dir, "assets"));
  writeFileSync(join(dir, "index.html"), "<p>page</p>");
  writeFileSync(join(dir, "assets/a.js"), "1");
  writeFileSync(join(dir, "assets/a.js.map"), "{}");
  const studio = await readStudio(dir);
  const page = studio("/")!;
  expect(await page.text()).toBe("<p>page</p>");
  expect(page.headers.get("content-type")).toContain("text/html");
  expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(page.headers.get("cache-control")).toBe("no-cache");
  const script = studio("/assets/a.js")!;
  expect(script.headers.get("content-type")).toContain("javascript");
  expect(script.headers.get("cache-control")).toContain("immutable");
  for (const path of ["/assets/a.js.map", "/../package.json", "/assets", "/nothing.html", ""]) {
    expect(studio(path), path).toBeUndefined();
  }
});

it("says how to build a page that is missing", async () => {
  await expect(readStudio(folder())).rejects.toThrow(/index\.html.*npm run studio/);
});
