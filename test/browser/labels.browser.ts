/** The page of labels in Chromium: a sitting by keyboard, and a second person's. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readLabels } from "../../src/evaluate/sage/index.ts";
import type { RunningServer } from "../../src/serve/index.ts";
import { jsonLines, variantRow, verdict } from "../evaluate/sage/variants.ts";
import { launch, picture, startStudio, textContrasts } from "./support.ts";

const work = mkdtempSync(join(tmpdir(), "onefold-labels-page-"));

let server: RunningServer;
let browser: Browser;

beforeAll(async () => {
  const hostile = { question: "Which is not <img src=x onerror=\"document.title='owned'\"> 2?" };
  const rows = [0.9, 0.2, 0.8].map((score, i) =>
    variantRow(i, { ...verdict(score, 1, 1), ...(i === 2 ? hostile : {}) }),
  );
  mkdirSync(join(work, "built"));
  writeFileSync(join(work, "built/variants.jsonl"), jsonLines(rows));
  server = await startStudio({ work });
  browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
  rmSync(work, { recursive: true });
});

const file = join(work, "built/variants.labels.jsonl");
const variant = (page: Page) => page.getByRole("region", { name: "Variant: negation" });
const status = (page: Page) => page.getByRole("status");
const current = (page: Page) => page.locator("[aria-current=step]");

it("labels by keys, hides the claimed answer, goes back, and goes on another day", async () => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  await page.goto(`${server.url}/#/`);
  await page.keyboard.press("Escape");
  await page.keyboard.press("l");
  await page
    .getByRole("combobox", { name: "File of variants" })
    .selectOption("built/variants.jsonl");
  await variant(page).getByText("Which of these is not 0?").waitFor();
  expect(await page.getByRole("region", { name: "Source" }).locator(".marked").innerText()).toMatch(
    /^0\s*right$/,
  );
  expect(await variant(page).locator(".marked").count()).toBe(0);
  await page.keyboard.press("y");
  await page.getByText("Say who you are first.").waitFor();
  await page.getByLabel("Your name").fill("ada");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape"); // out of the field
  await page.getByText("Say who you are first.").waitFor({ state: "hidden" }); // her first variant is there
  await page.keyboard.press("y");
  await current(page).getByText("Is the claimed answer right?").waitFor();
  await page.keyboard.press("y"); // not unseen
  await page.getByText("answer the question yourself first").waitFor();
  await page.keyboard.press("c");
  expect(await variant(page).locator(".marked").innerText()).toMatch(/^1\s*claimed$/);
  await picture(page, "studio-labels");
  await page.keyboard.press("n"); // and no new chat
  await page.keyboard.press("n");
  await status(page).getByText("1 of 3 labelled by ada").waitFor();
  expect(await readLabels(file)).toMatchObject([
    { id: "v0", annotator: "ada", labels: { type: true, label: false, unique: false } },
  ]);
  // Back: first within the variant, then to the one before, whose label is replaced.
  await variant(page).getByText("not 1?").waitFor();
  await page.keyboard.press("y");
  await page.keyboard.press("u");
  await page.keyboard.press("u");
  await variant(page).getByText("not 0?").waitFor();
  await page.getByLabel("Show claimed answers").check();
  for (const _ of "yyy") await page.getByRole("button", { name: "Yes y" }).click();
  await variant(page).getByText("not 1?").waitFor();
  expect(await readLabels(file)).toMatchObject([{ labels: { label: true, unique: true } }]);
  await page.keyboard.press("s");
  // A model's text is text.
  await variant(page).getByText('<img src=x onerror="document.title').waitFor();
  for (const key of "nyy") await page.keyboard.press(key);
  await variant(page).getByText("not 1?").waitFor(); // skipped, so it comes again
  await page.reload();
  await status(page).getByText("2 of 3 labelled by ada").waitFor();
  await variant(page).getByText("not 1?").waitFor();
  for (const key of "yyy") await page.keyboard.press(key);
  await status(page).getByText("All done.").waitFor();
  // A second person starts at the beginning.
  await page.getByLabel("Your name").fill("bob");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
  await variant(page).getByText("not 0?").waitFor();
  for (const key of "nyy") await page.keyboard.press(key);
  await status(page).getByText("1 of 3 labelled by bob").waitFor();
  await page.getByText("Agreement so far").click();
  const table = page.getByRole("table");
  expect(await table.innerText()).toMatch(/verifier against ada\s+3\s+agree\s+0\.33/);
  expect(await table.innerText()).toMatch(/bob against ada\s+1\s+agree\s+0\.00/);
  expect(await page.title()).not.toContain("owned");
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    expect((await textContrasts(page)).filter(({ ratio }) => ratio < 4.5)).toEqual([]);
  }
  await page.setViewportSize({ width: 390, height: 780 });
  for (const part of ["html", "main.labels"]) {
    const over = await page.locator(part).evaluate((e) => e.scrollWidth - e.clientWidth);
    expect(over, part).toBeLessThanOrEqual(0);
  }
  expect(problems).toEqual([]);
  await context.close();
});
