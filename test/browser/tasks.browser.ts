/** The page of tasks in Chromium, with the generalist that ships beside a text model. */

import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { loadLanguageModel } from "../../src/generate/language-model.ts";
import { encodePng, encodeWav } from "../../src/media/index.ts";
import {
  createModelPool,
  type RunningServer,
  readStudio,
  startServer,
} from "../../src/serve/index.ts";
import { loadTaskModel } from "../../src/task/index.ts";
import { launch, picture, problemsOf, textContrasts } from "./support.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

let server: RunningServer;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  const name = "onefold-mini";
  const load = () => loadLanguageModel(`${root}/models/${name}`);
  const tasks = {
    name: "onefold-generalist",
    load: () => loadTaskModel(`${root}/models/onefold-generalist`),
  };
  const studio = await readStudio(`${root}/dist/studio`);
  server = await startServer(createModelPool([{ name, load }], { tasks }), { port: 0, studio });
  browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});
beforeEach(async () => {
  page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
  const problems = problemsOf(page);
  await page.goto(`${server.url}/#/tasks`);
  await page.getByLabel("Plan").waitFor();
  return async () => {
    expect(problems).toEqual([]);
    await page.close();
  };
});

const button = (name: string) => page.getByRole("button", { name, exact: true });
const result = () => page.getByRole("region", { name: "Result" });

/** A red square and a blue one on white. */
async function scene() {
  const [width, height] = [96, 96];
  const data = new Uint8Array(width * height * 3).fill(255);
  const paint = (left: number, top: number, colour: readonly number[]): void => {
    for (let y = top; y < top + 30; y++) {
      for (let x = left; x < left + 30; x++) data.set(colour, (y * width + x) * 3);
    }
  };
  paint(10, 12, [214, 39, 40]);
  paint(54, 50, [31, 81, 180]);
  const buffer = Buffer.from(await encodePng({ width, height, data }));
  return { name: "scene.png", mimeType: "image/png", buffer };
}

it("picks an instruction, takes a file, and lays a box over it, by keyboard", async () => {
  await page.getByText("onefold-generalist").waitFor();
  await button("Find an object").focus();
  await page.keyboard.press("Enter");
  await page.getByText("which region does the text").first().waitFor();
  expect(await page.getByRole("list", { name: "Reads" }).innerText()).toMatch(/64 x 64 pixels/);
  expect(await page.getByRole("list", { name: "Writes" }).innerText()).toMatch(/BOX\s+box/);
  await page.getByText("Still to give: image").waitFor();
  expect(await button("Run").isDisabled()).toBe(true);
  await page.getByLabel("IMAGE image").setInputFiles(await scene());
  await page.getByLabel("TEXT phrase").fill("the red square");
  await page.getByLabel("Instruction").focus();
  await page.keyboard.press("Control+Enter");
  const box = result().getByRole("img", { name: /^the red square: \d+, \d+, \d+, \d+$/ });
  await box.waitFor();
  const image = await result().locator("img").boundingBox();
  const inner = await box.boundingBox();
  expect(inner!.x).toBeGreaterThanOrEqual(image!.x - 2);
  expect(inner!.x + inner!.width).toBeLessThanOrEqual(image!.x + image!.width + 2);
  await page.setViewportSize({ width: 1200, height: 1400 });
  await picture(page, "studio-tasks");
});

it("animates a figure", async () => {
  await button("Animate a figure").click();
  await button("Run").click();
  const figure = result().getByRole("img", { name: "motion, an animation" });
  await figure.waitFor();
  expect(
    await figure.evaluate((e) => (e as unknown as { naturalWidth: number }).naturalWidth),
  ).toBe(192);
  expect(await result().getByText("Save as BVH").getAttribute("href")).toContain("HIERARCHY");
  await picture(page, "tasks-motion");
});

it("hears a recording that is dropped anywhere on the page", async () => {
  await button("Transcribe speech").click();
  await page.getByLabel("AUDIO audio").waitFor();
  const samples = Float32Array.from({ length: 8000 }, (_, i) => Math.sin(i / 5) / 4);
  const wav = Buffer.from(encodeWav({ samples, sampleRate: 16_000 })).toString("base64");
  await page.evaluate(`{
    const bytes = Uint8Array.from(atob("${wav}"), (c) => c.charCodeAt(0));
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([bytes], "tone.wav", { type: "audio/wav" }));
    const event = new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true });
    document.querySelector("main.tasks").dispatchEvent(event);
  }`);
  await page.locator("audio[aria-label='tone.wav']").waitFor();
  await button("Run").click();
  await result().waitFor();
  expect(await result().locator(".said, .note").count()).toBeGreaterThan(0);
});

it("says what is wrong: an instruction, a file, a model's missing part", async () => {
  const field = page.getByLabel("Instruction");
  await field.fill("[IMGE:image] what is it? -> [TEXT:answer]");
  await page.getByText(/IMAGE/).and(page.locator(".problem")).waitFor();
  expect(await field.getAttribute("aria-invalid")).toBe("true");
  expect(await button("Run").isDisabled()).toBe(true);
  await picture(page, "tasks-wrong");
  await field.fill("[TEXT:text] -> [AUDIO:audio]");
  await page.getByText("This model cannot do it: it speaks nothing").waitFor();
  await button("Describe an image").click();
  const noImage = { name: "x.png", mimeType: "image/png", buffer: Buffer.from("no image") };
  await page.getByLabel("IMAGE image").setInputFiles(noImage);
  await button("Run").click();
  await page.getByRole("alert").getByText("[IMAGE:image] takes an image").waitFor();
  await picture(page, "tasks-error");
});

it("fits a phone, and is readable in light and dark", async () => {
  await button("Find all objects").click();
  await page.getByLabel("IMAGE image").setInputFiles(await scene());
  await button("Run").click();
  await result().waitFor();
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    expect((await textContrasts(page)).filter(({ ratio }) => ratio < 4.5)).toEqual([]);
  }
  await picture(page, "tasks-dark");
  await page.setViewportSize({ width: 390, height: 780 });
  for (const part of ["html", "main.tasks"]) {
    const over = await page.locator(part).evaluate((e) => e.scrollWidth - e.clientWidth);
    expect(over, part).toBeLessThanOrEqual(0);
  }
  await picture(page, "tasks-phone");
});
