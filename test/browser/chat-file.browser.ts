/** Files in a chat, in Chromium: attached, dropped, shown, asked about. */

import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { loadLanguageModel } from "../../src/generate/language-model.ts";
import { encodePng } from "../../src/media/index.ts";
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
  const folder = `${root}/models/onefold-generalist`;
  const sees = {
    name: "sees",
    takesFiles: true,
    load: () => loadLanguageModel(folder),
    loadTasks: () => loadTaskModel(folder),
  };
  const text = { name: "text", load: () => loadLanguageModel(`${root}/models/onefold-mini`) };
  const studio = await readStudio(`${root}/dist/studio`);
  server = await startServer(createModelPool([sees, text]), { port: 0, studio });
  browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});
beforeEach(async () => {
  page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
  const problems = problemsOf(page);
  await page.goto(server.url);
  await page.getByRole("heading", { name: "Ask sees" }).waitFor();
  return async () => {
    expect(problems).toEqual([]);
    await page.close();
  };
});

const chooser = () => page.getByLabel("File for the message");
const remove = (name: string) => page.getByRole("button", { name: `Remove ${name}` });
const answer = () => page.getByRole("article", { name: "Answer" }).last();

/** Shown as JSON, so over several lines. */
const BOX = /\[\s*\d+,\s*\d+,\s*\d+,\s*\d+\s*\]/;

/** A red square on white. */
async function scene() {
  const [width, height] = [96, 96];
  const data = new Uint8Array(width * height * 3).fill(255);
  for (let y = 12; y < 42; y++) {
    for (let x = 10; x < 40; x++) data.set([214, 39, 40], (y * width + x) * 3);
  }
  const buffer = Buffer.from(await encodePng({ width, height, data }));
  return { name: "scene.png", mimeType: "image/png", buffer };
}

it("asks about a picture, and goes on about it", async () => {
  await chooser().setInputFiles(await scene());
  await remove("scene.png").waitFor();
  await page.getByLabel("Message", { exact: true }).fill("where is the red square?");
  await page.keyboard.press("Enter");
  await expect.poll(() => answer().innerText()).toMatch(BOX);
  const asked = page.getByRole("article", { name: "You" });
  expect(await asked.getByRole("img", { name: "scene.png" }).isVisible()).toBe(true);
  expect(await remove("scene.png").count()).toBe(0);
  await picture(page, "studio-chat-file");
  expect((await textContrasts(page)).filter(({ ratio }) => ratio < 4.5)).toEqual([]);

  await page.getByLabel("Message", { exact: true }).fill("how many shapes are there?");
  await page.keyboard.press("Enter");
  await answer().getByText(/^\w+/).waitFor();
  expect(await page.getByRole("alert").count()).toBe(0);
});

it("describes a picture without words, and edits keep it", async () => {
  await chooser().setInputFiles(await scene());
  await remove("scene.png").waitFor();
  await page.getByRole("button", { name: "Send" }).click();
  await answer().getByText(/\w/).first().waitFor();
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  await page.getByLabel("Edit message").fill("where is the red square?");
  await page.getByRole("button", { name: "Send" }).first().click();
  await expect.poll(() => answer().innerText()).toMatch(BOX);
});

it("takes a dropped file, and says which it does not take", async () => {
  const { buffer, name } = await scene();
  const drop = async (type: string, file: string, bytes: string): Promise<void> => {
    const data = await page.evaluateHandle(
      `((type, name, text) => {
        const data = new DataTransfer();
        const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
        data.items.add(new File([bytes], name, { type }));
        return data;
      })(${JSON.stringify(type)}, ${JSON.stringify(file)}, ${JSON.stringify(bytes)})`,
    );
    await page.locator(".composer").dispatchEvent("drop", { dataTransfer: data });
  };
  await drop("image/png", name, buffer.toString("base64"));
  await remove(name).waitFor();
  await remove(name).click();
  expect(await page.getByRole("button", { name: "Send" }).isDisabled()).toBe(true);
  await drop("text/plain", "notes.txt", "AAAA");
  await page.getByText("notes.txt: a message takes a picture, a recording or a video").waitFor();
});

it("offers no files where the model takes text alone", async () => {
  await page.getByLabel("Model", { exact: true }).selectOption("text");
  await page.getByRole("heading", { name: "Ask text" }).waitFor();
  expect(await page.getByRole("button", { name: /^Attach/ }).count()).toBe(0);
});
