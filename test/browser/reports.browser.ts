/** The page of evaluations in Chromium: reports and diffs, with what models wrote as mere text. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { RunningServer } from "../../src/serve/index.ts";
import { HOSTILE, writeEvaluation } from "../serve/evaluation-runs.ts";
import { launch, picture, startStudio, textContrasts } from "./support.ts";

const work = mkdtempSync(join(tmpdir(), "onefold-reports-page-"));
const KEY = "secret"; // pages of a server with keys work too: frames send none

let server: RunningServer;
let browser: Browser;

beforeAll(async () => {
  await writeEvaluation(join(work, "runs/small"), "small", ["yes", "no", HOSTILE, "no"]);
  await writeEvaluation(join(work, "runs/large"), "large", ["yes", "yes", "yes", "nay"]);
  server = await startStudio({ work, apiKeys: [KEY] });
  browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
  rmSync(work, { recursive: true });
});

const frame = (page: Page) => page.frameLocator("iframe");
const rows = (page: Page) => frame(page).locator("#items tr").count();

it("shows every item of a run, filters, and what differs from another", async () => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
  const page = await context.newPage();
  const [problems, requests]: [string[], string[]] = [[], []];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("request", (request) => requests.push(request.url()));
  page.on("console", (message) => {
    if (/Content Security Policy/.test(message.text())) problems.push(message.text());
  });
  page.on("dialog", (dialog) => problems.push(dialog.message()));
  await page.goto(server.url);
  await page.getByLabel("API key").fill(KEY);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Evaluations", exact: true }).click();
  await page.getByRole("checkbox", { name: /small/ }).check();
  await frame(page).getByText("4 of 4 items").waitFor();
  expect(await frame(page).locator("#summary").innerText()).toContain("0.2500");
  // What the model wrote stands there as it wrote it, and did nothing.
  await frame(page).getByText(HOSTILE, { exact: true }).waitFor();
  expect(await frame(page).locator("#title").innerText()).toBe("runs/small");
  expect(await page.title()).not.toContain("owned");
  await frame(page).getByLabel("Outcome").selectOption("wrong");
  await frame(page).getByText("3 of 4 items").waitFor();
  await frame(page).getByLabel("Filter by text").fill("onerror");
  await frame(page).getByText("1 of 4 items").waitFor();
  expect(await rows(page)).toBe(2); // and the heads
  await page.getByRole("checkbox", { name: /large/ }).check();
  await frame(page).getByText("3 of 3 items").waitFor();
  expect(await frame(page).locator("#title").innerText()).toBe("runs/large against runs/small");
  expect(await frame(page).locator("#summary").innerText()).toMatch(/\+0\.5000/);
  expect(page.url()).toContain("#/reports?run=runs/small&run=runs/large");
  await picture(page, "studio-reports");
  await page.getByRole("button", { name: "The other way round" }).click();
  await frame(page)
    .getByText(/-0\.5000/)
    .waitFor();
  await page.reload(); // the address keeps what is shown
  await frame(page)
    .getByText(/-0\.5000/)
    .waitFor();
  // The frame has an origin of its own: what ran in it would reach neither page nor server.
  const origin = await page.frames()[1]!.evaluate("self.origin");
  expect(origin).toBe("null");
  expect((await textContrasts(page)).filter(({ ratio }) => ratio < 4.5)).toEqual([]);
  expect(problems).toEqual([]);
  expect(requests.filter((url) => !url.startsWith(server.url) && url !== "about:srcdoc")).toEqual(
    [],
  );
  await context.close();
});
