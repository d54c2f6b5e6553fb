/** The page of training runs in Chromium, while runs grow. */

import { appendFileSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { RunningServer } from "../../src/serve/index.ts";
import { metricsLine } from "../serve/runs-folder.ts";
import { launch, startStudio, textContrasts } from "./support.ts";

const runs = mkdtempSync(join(tmpdir(), "onefold-runs-page-"));

let server: RunningServer;
let browser: Browser;
let page: Page;

/** A run of 40 steps with two evaluations, as `onefold train` leaves it. */
function writeRun(name: string, lr: number): void {
  const dir = join(runs, name);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(join(dir, "step-00000040"), { recursive: true });
  const lines = Array.from({ length: 40 }, (_, i) =>
    metricsLine(i + 1, {
      loss: (4 + 100 * lr) / (i + 1),
      learningRate: lr,
      metrics: { kl: i / 100 },
    }),
  );
  writeFileSync(join(dir, "metrics.jsonl"), lines.join(""));
  const held = [20, 40].map((step) => ({ step, loss: 9 / step, accuracy: step / 50 }));
  const samples = [20, 40].map((step) => ({
    step,
    prompt: "<|im_start|>user\nWhat is 1 + 1?<|im_end|>\n<|im_start|>assistant\n",
    text: step === 40 ? `2 says ${name}` : "eleven",
    expected: "2",
  }));
  writeFileSync(
    join(dir, "evaluations.jsonl"),
    held.map((each) => `${JSON.stringify(each)}\n`).join(""),
  );
  writeFileSync(
    join(dir, "samples.jsonl"),
    samples.map((each) => `${JSON.stringify(each)}\n`).join(""),
  );
  const fingerprint = JSON.stringify({ method: "sft", settings: { lr, warmup: 5 } });
  writeFileSync(join(dir, "step-00000040/trainer.json"), JSON.stringify({ step: 40, fingerprint }));
}

beforeAll(async () => {
  server = await startStudio({ runs });
  browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
  rmSync(runs, { recursive: true });
});
beforeEach(async () => {
  writeRun("sums/slow", 0.01);
  writeRun("sums/fast", 0.03);
  writeRun("old", 0.02);
  const past = Date.now() / 1000 - 7200;
  utimesSync(join(runs, "old/metrics.jsonl"), past, past);
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
  page = await context.newPage();
  const [problems, requests]: [string[], string[]] = [[], []];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("request", (request) => requests.push(request.url()));
  return async () => {
    expect(problems).toEqual([]);
    expect(requests.filter((url) => !url.startsWith(server.url))).toEqual(
      requests.filter((url) => url.startsWith("data:")),
    );
    await context.close();
  };
});

const open = (hash: string) => page.goto(`${server.url}/${hash}`);
const both = "#/runs?run=sums/slow&run=sums/fast&smooth=1";
const chart = (title: string) => page.getByRole("slider", { name: new RegExp(`^${title}, by`) });
const readings = (title: string) =>
  page
    .locator("figure", { has: page.getByRole("heading", { name: title, exact: true }) })
    .locator(".reading");
const append = (name: string, text: string) => appendFileSync(join(runs, name), text);

it("is reached by key, button and address, and begins with the newest run", async () => {
  await open("");
  await page.keyboard.press("Escape"); // out of the field
  await page.keyboard.press("t");
  const list = page.getByRole("list", { name: "Runs", exact: true });
  await list.getByRole("checkbox").first().waitFor();
  expect(await list.getByRole("checkbox").count()).toBe(3);
  expect(await list.getByRole("checkbox", { checked: true }).count()).toBe(1);
  await chart("Loss").waitFor();
  expect(await list.innerText()).toMatch(/old[\s\S]*stopped[\s\S]*2 h ago/);
  await page.goBack();
  await page.getByLabel("Message", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Training runs" }).click();
  await chart("Loss").waitFor();
  await page.getByLabel("Filter runs").fill("fast sums");
  expect(await list.getByRole("checkbox").count()).toBe(1);
  // What is shown is in the address, and the address shows it again.
  await open(both);
  await page.reload();
  await readings("Loss").nth(1).waitFor();
  expect(await page.getByRole("list", { name: "Shown runs" }).getByRole("listitem").count()).toBe(
    2,
  );
  await list.getByRole("checkbox", { name: /old/ }).check();
  await page.getByRole("radio", { name: "Tokens" }).check();
  await expect
    .poll(() => page.url())
    .toContain("#/runs?run=sums/slow&run=sums/fast&run=old&x=tokens");
});

it("draws a run on while it grows, and begins again where it was cut back", async () => {
  await open(both);
  await readings("Loss").nth(1).waitFor();
  const slider = chart("Loss");
  const last = () => slider.getAttribute("aria-valuemax");
  expect(await last()).toBe("40");
  append("sums/slow/metrics.jsonl", metricsLine(41, { loss: 7.25 }).slice(0, 30));
  append("sums/fast/metrics.jsonl", metricsLine(41, { loss: 0.5 }));
  await expect.poll(() => readings("Loss").allInnerTexts()).toEqual(["0.125", "0.5"]);
  append("sums/slow/metrics.jsonl", metricsLine(41, { loss: 7.25 }).slice(30));
  await expect.poll(() => readings("Loss").allInnerTexts()).toEqual(["7.25", "0.5"]);
  append("sums/slow/evaluations.jsonl", '{"step":41,"loss":0.1,"accuracy":0.99}\n');
  await expect.poll(() => readings("Held-out accuracy").allInnerTexts()).toEqual(["0.99", "0.8"]);
  // The run is resumed from a checkpoint: its file is cut back and grows further than before.
  const steps = Array.from({ length: 50 }, (_, i) =>
    metricsLine(i + 1, { loss: 3, tokensPerSecond: 99 }),
  );
  writeFileSync(join(runs, "sums/slow/metrics.jsonl"), steps.join(""));
  await expect.poll(last).toBe("50");
  const line = page.locator("figure").first().locator(".curve path").first();
  expect((await line.getAttribute("d"))!.split("L")).toHaveLength(50);
  expect((await readings("Loss").allInnerTexts())[0]).toBe("3");
});

it("reads all charts at the pointer and at the arrow keys, and tells screen readers", async () => {
  await open(both);
  await readings("Loss").nth(1).waitFor();
  const slider = chart("Loss");
  await slider.focus();
  await page.keyboard.press("Home");
  for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowRight");
  // Step 4: (4 + 100 lr) / 4.
  expect(await readings("Loss").allInnerTexts()).toEqual(["1.25", "1.75"]);
  expect(await readings("KL divergence").allInnerTexts()).toEqual(["0.03", "0.03"]);
  expect(await slider.getAttribute("aria-valuetext")).toBe(
    "step 4; sums/slow 1.25; sums/fast 1.75",
  );
  await page.keyboard.press("End");
  expect(await slider.getAttribute("aria-valuenow")).toBe("40");
  await page.keyboard.press("Escape");
  const box = (await slider.boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + 60);
  await page.locator(".where").first().waitFor();
  const step = Number(await slider.getAttribute("aria-valuenow"));
  expect(step).toBeGreaterThan(15);
  expect(step).toBeLessThan(25);
  await page.mouse.move(5, 5);
  expect(await page.locator(".where").count()).toBe(0);
  await page.getByRole("button", { name: "Logarithmic axis: Loss" }).click();
  await page.getByLabel("Smoothing").press("ArrowRight");
  await expect.poll(() => page.url()).toContain("smooth=2");
  expect(await page.locator("figure").first().locator(".curve .raw").count()).toBe(2);
});

it("compares last values, settings and samples of the chosen runs", async () => {
  await open(both);
  const last = page.getByRole("region", { name: "Last values" });
  const cells = (region: typeof last, head: string) =>
    region
      .getByRole("row")
      .filter({ has: page.getByRole("rowheader", { name: head, exact: true }) })
      .getByRole("cell")
      .allInnerTexts();
  await last.waitFor();
  await expect.poll(() => cells(last, "Held-out accuracy")).toEqual(["0.8", "0.8"]);
  expect(await cells(last, "Loss")).toEqual(["0.125", "0.175"]);
  expect(await cells(last, "Time of steps")).toEqual(["20 s", "20 s"]);
  const settings = page.getByRole("region", { name: "Settings" });
  await expect.poll(() => settings.getByRole("rowheader").allInnerTexts()).toEqual(["train.lr"]);
  expect(await cells(settings, "train.lr")).toEqual(["0.01", "0.03"]);
  await settings.getByRole("checkbox").uncheck();
  expect(await settings.getByRole("rowheader").count()).toBe(3);
  const samples = page.getByRole("region", { name: "Samples" });
  const answers = () => samples.locator(".answer pre").allInnerTexts();
  expect(await samples.locator(".prompt").innerText()).toBe("user: What is 1 + 1?");
  expect(await answers()).toEqual(["2 says sums/slow", "2 says sums/fast"]);
  await samples.getByRole("button", { name: "Earlier evaluation" }).click();
  expect(await answers()).toEqual(["eleven", "eleven"]);
  await open("#/runs?run=nowhere");
  await page.getByText("there is no such run").waitFor();
});

it.each(["light", "dark"] as const)(
  "has enough contrast in %s, a name for every control",
  async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    await open(both);
    await page.getByRole("region", { name: "Last values" }).waitFor();
    expect((await textContrasts(page)).filter(({ ratio }) => ratio < 4.5)).toEqual([]);
    const nameless = await page
      .locator("button, input, select, summary, [role=slider]")
      .evaluateAll((all) =>
        all
          .filter((e) => !e.ariaLabel && !e.textContent?.trim() && !e.closest("label"))
          .map((e) => e.outerHTML),
      );
    expect(nameless).toEqual([]);
  },
);

it("fits a phone: the list is folded away, nothing is cut off", async () => {
  await page.setViewportSize({ width: 390, height: 800 });
  await open(both);
  await readings("Loss").nth(1).waitFor();
  const overflow = await page.evaluate(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
  expect(overflow).toBeLessThanOrEqual(0);
  const box = (await chart("Loss").boundingBox())!;
  expect(box.x + box.width).toBeLessThanOrEqual(390);
  const old = page.getByRole("checkbox", { name: /old/ });
  expect(await old.isVisible()).toBe(false);
  await page.getByText("2 shown").click();
  await old.check();
  await readings("Loss").nth(2).waitFor();
});
