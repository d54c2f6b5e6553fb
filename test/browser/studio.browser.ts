/** The studio in Chromium, against a real server with the shipped model. */

import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { loadLanguageModel } from "../../src/generate/language-model.ts";
import {
  createModelPool,
  type RunningServer,
  readStudio,
  startServer,
} from "../../src/serve/index.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const pictures = process.env.ONEFOLD_SCREENSHOTS;
const flags =
  "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking " +
  "--disable-component-update --disable-sync";

let server: RunningServer;
let browser: Browser;
let page: Page;
/** Everything that the page asked for. */
let requests: string[];

beforeAll(async () => {
  const load = () => loadLanguageModel(`${root}/models/onefold-mini`);
  const studio = await readStudio(`${root}/dist/studio`);
  const pool = createModelPool([{ name: "onefold-mini", load }]);
  server = await startServer(pool, { port: 0, studio });
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: flags.split(" "),
  });
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});
beforeEach(async () => {
  const context = await browser.newContext({ viewport: { width: 1100, height: 800 } });
  page = await context.newPage();
  requests = [];
  page.on("request", (request) => requests.push(request.url()));
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  await page.goto(server.url);
  await page.getByLabel("Model").waitFor();
  return async () => {
    expect(problems).toEqual([]);
    // Nothing but the server (and pictures that are part of the page) was asked.
    expect(
      requests.filter((url) => !url.startsWith(server.url) && !url.startsWith("data:")),
    ).toEqual([]);
    await context.close();
  };
});

const message = () => page.getByLabel("Message", { exact: true });
const answers = () => page.locator(".turn.assistant[aria-busy=false]");

async function say(text: string): Promise<void> {
  await message().fill(text);
  await message().press("Enter");
}

async function picture(name: string): Promise<void> {
  if (!pictures) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: `${pictures}/${name}.png` });
}

it("chats by keyboard, folds thinking, regenerates and goes back to the first answer", async () => {
  await say("What is 12 + 30?");
  await answers().first().waitFor();
  expect(await answers().first().locator(".markdown").innerText()).toBe("42");
  const thinking = answers().first().locator("details.thinking");
  expect(await thinking.getAttribute("open")).toBeNull();
  await thinking.locator("summary").click();
  expect(await thinking.locator("pre").innerText()).toContain("2+0=2");
  expect(await answers().first().locator("small").innerText()).toMatch(/\d+ \+ \d+ tokens/);
  await picture("studio-chat");

  await answers().first().getByRole("button", { name: "Regenerate" }).click();
  await page.getByText("2/2").waitFor();
  await answers().first().waitFor();
  await page.getByLabel("Previous version").click();
  await page.getByText("1/2").waitFor();
});

it("branches where a question is edited", async () => {
  await say("What is 12 + 30?");
  await answers().first().waitFor();
  await page.locator(".turn.user").getByRole("button", { name: "Edit" }).click();
  await page.getByLabel("Edit message").fill("What is 12 + 31?");
  await page.getByLabel("Edit message").press("Enter");
  await answers().locator(".markdown", { hasText: "43" }).waitFor();
  expect(await page.locator(".turn.user .plain").innerText()).toBe("What is 12 + 31?");
  await page.locator(".turn.user").getByLabel("Previous version").click();
  expect(await page.locator(".turn.user .plain").innerText()).toBe("What is 12 + 30?");
  expect(await answers().locator(".markdown").innerText()).toBe("42");
});

it("shows token probabilities", async () => {
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByLabel("Show token probabilities").check();
  await page.getByLabel(/Temperature/).fill("0");
  await say("What is 12 + 30?");
  await answers().first().waitFor();
  const token = answers().first().locator(".tokens span", { hasText: "4" }).first();
  expect(await token.getAttribute("title")).toMatch(/"4" \d+\.\d %\n/);
  await picture("studio-probabilities");
});

it("renders hostile markdown without scripts or requests", async () => {
  const hostile =
    '<img src=x onerror="document.title=1"><script>document.title=2</script>' +
    "![i](https://example.com/a.png) [l](javascript:alert(1)) **bold** <iframe src=/></iframe>";
  await page.route("**/v1/chat/completions", (route) => {
    const chunk = JSON.stringify({ choices: [{ index: 0, delta: { content: hostile } }] });
    const tool = JSON.stringify({
      choices: [
        {
          index: 0,
          delta: {
            tool_calls: [{ index: 0, id: "c", function: { name: "add", arguments: '{"a":1}' } }],
          },
        },
      ],
    });
    return route.fulfill({
      contentType: "text/event-stream",
      body: `data: ${chunk}\n\ndata: ${tool}\n\ndata: [DONE]\n\n`,
    });
  });
  await say("anything");
  await answers().first().waitFor();
  const html = await answers().first().locator(".markdown").innerHTML();
  expect(html).toContain("<strong>bold</strong>");
  expect(html).not.toMatch(/<img|<script|<iframe|javascript:|onerror/);
  expect(await page.title()).toBe("onefold studio");
  expect(await answers().first().locator(".tool").innerText()).toContain('"a": 1');
});

it("stops with Escape and says when the server refuses", async () => {
  await page.route("**/v1/chat/completions", async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 500));
    await route.continue().catch(() => {});
  });
  await say("What is 12 + 30?");
  await page.getByRole("button", { name: "Stop" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByText("Stopped.").waitFor();
  await page.unroute("**/v1/chat/completions");
  await page.route("**/v1/chat/completions", (route) =>
    route.fulfill({ status: 429, json: { error: { message: "the queue is full" } } }),
  );
  await say("again");
  await page.getByText("the queue is full").waitFor();
});

it("shows the server's numbers, and fits a phone", async () => {
  await page.setViewportSize({ width: 390, height: 780 });
  await page.getByRole("button", { name: "Server" }).click();
  await page.getByRole("row").first().waitFor();
  expect(await page.locator(".status").innerText()).toContain("onefold-mini");
  const overflow = await page.evaluate(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
  expect(overflow).toBeLessThanOrEqual(0);
  await picture("studio-phone");
});
