/** The studio in Chromium, against a real server with the shipped model. */

import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { loadLanguageModel } from "../../src/generate/language-model.ts";
import {
  createModelPool,
  type RunningServer,
  readStudio,
  startServer,
} from "../../src/serve/index.ts";
import { formatBytes, formatCount, formatNumber } from "../../studio/src/format.ts";
import type { ServerStatus } from "../../studio/src/status.ts";
import { chunk, fulfil, launch, picture, textContrasts } from "./support.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

let server: RunningServer;
let browser: Browser;
let page: Page;
/** Everything that the page asked for. */
let requests: string[];

beforeAll(async () => {
  const load = () => loadLanguageModel(`${root}/models/onefold-mini`);
  const studio = await readStudio(`${root}/dist/studio`);
  const pool = createModelPool([{ name: "onefold-mini", load }]);
  (await pool.acquire("onefold-mini"))[Symbol.dispose]();
  server = await startServer(pool, { port: 0, studio });
  browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});
beforeEach(async () => {
  const context = await browser.newContext({ viewport: { width: 1100, height: 760 } });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  page = await context.newPage();
  requests = [];
  page.on("request", (request) => requests.push(request.url()));
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  await page.goto(server.url);
  await page.getByText("M parameters").waitFor();
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
const button = (name: string, exact = true) => page.getByRole("button", { name, exact });

async function say(text: string): Promise<void> {
  await message().fill(text);
  await message().press("Enter");
}

/** Answers that do not come from the model: chunks of a stream, each request's in turn. */
async function script(...streams: readonly object[][]): Promise<{ bodies: unknown[] }> {
  const bodies: unknown[] = [];
  await page.route("**/v1/chat/completions", (route) => {
    const stream = streams[Math.min(bodies.length, streams.length - 1)]!;
    bodies.push(route.request().postDataJSON());
    return fulfil(route, stream);
  });
  return { bodies };
}

it("says what the model is and what to ask it; an example is asked with one key", async () => {
  expect(await page.getByRole("heading", { level: 1 }).innerText()).toBe("Ask onefold-mini");
  const examples = page.getByRole("list", { name: "Examples" }).getByRole("button");
  expect(await examples.count()).toBe(8);
  await picture(page, "studio-welcome");
  await examples.first().focus();
  await page.keyboard.press("Enter");
  await answers().first().waitFor();
  expect(await page.locator(".turn.user .plain").innerText()).toBe("What is 347 + 285?");
  expect(await answers().first().locator(".markdown").innerText()).not.toBe("");
});

it("chats by keyboard, folds thinking, regenerates and goes back to the first answer", async () => {
  await say("What is 12 + 30?");
  await answers().first().waitFor();
  expect(await answers().first().locator(".markdown").innerText()).toBe("42");
  const thinking = answers().first().locator("details.thinking");
  expect(await thinking.getAttribute("open")).toBeNull();
  await thinking.locator("summary").click();
  expect(await thinking.locator("div").innerText()).toContain("2+0=2");
  expect(await answers().first().locator("small").innerText()).toMatch(
    /^\d+ \+ \d+ tokens · first after \d+\.\d\d s · \d+\.\d tokens\/s$/,
  );
  expect(await page.getByLabel("Throughput").innerText()).toMatch(/^\d+\.\d tokens\/s$/);
  await picture(page, "studio-chat");

  await button("Regenerate").click();
  await page.getByText("2/2").waitFor();
  await answers().first().waitFor();
  // The model's own settings are greedy: the same answer again would be no other version.
  await page.getByText("temperature 0.8").waitFor();
  await page.getByLabel("Previous version").click();
  await page.getByText("1/2").waitFor();
});

it("branches where a question is edited", async () => {
  await say("What is 12 + 30?");
  await answers().first().waitFor();
  await button("Edit").click();
  await page.getByLabel("Edit message").fill("What is 12 + 31?");
  await page.getByLabel("Edit message").press("Enter");
  await answers().locator(".markdown", { hasText: "43" }).waitFor();
  expect(await page.locator(".turn.user .plain").innerText()).toBe("What is 12 + 31?");
  await page.locator(".turn.user").getByLabel("Previous version").click();
  expect(await page.locator(".turn.user .plain").innerText()).toBe("What is 12 + 30?");
  expect(await answers().locator(".markdown").innerText()).toBe("42");
});

it("shows token probabilities to the pointer and to the arrow keys", async () => {
  await button("Probabilities").click();
  await say("What is 12 + 30?");
  await answers().first().waitFor();
  await page.locator("[data-token]", { hasText: "4" }).first().hover();
  const tip = page.getByLabel("Probabilities", { exact: true }).last();
  expect(await tip.innerText()).toMatch(/4\s+\d+\.\d %/);
  expect(await tip.locator(".row").count()).toBeGreaterThanOrEqual(5);
  await picture(page, "studio-probabilities");
  await page.mouse.move(0, 0);
  expect(await page.locator(".alternatives").count()).toBe(0);
  await page.getByRole("listbox").focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  expect(await page.locator("[aria-selected=true]").getAttribute("data-token")).toBe("1");
  // As text again.
  await answers().getByRole("button", { name: "Probabilities" }).click();
  expect(await answers().locator(".markdown").innerText()).toBe("42");
});

it("renders markdown, code that can be copied, and JSON as such", async () => {
  const text = "# Title\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\n```ts\nconst x = 1;\n```\n- **bold**";
  await script([chunk({ content: text })], [chunk({ content: '{"a": [1, "b"]}' })]);
  await say("markdown");
  const shown = answers().first().locator(".markdown");
  await shown.waitFor();
  expect(await shown.locator("h1").innerText()).toBe("Title");
  expect(await shown.locator("td").allInnerTexts()).toEqual(["1", "2"]);
  expect(await shown.locator("li strong").innerText()).toBe("bold");
  expect(await shown.locator(".bar span").innerText()).toBe("ts");
  await shown.getByRole("button", { name: "Copy" }).click();
  await shown.getByText("Copied").waitFor();
  expect(await page.evaluate("navigator.clipboard.readText()")).toBe("const x = 1;");
  await say("json");
  const json = answers().nth(1).locator("pre.json");
  await json.waitFor();
  expect(await json.innerText()).toBe('{\n  "a": [\n    1,\n    "b"\n  ]\n}');
  expect(await json.locator(".key").innerText()).toBe('"a"');
});

it("renders hostile markdown without scripts or requests", async () => {
  const hostile =
    '<img src=x onerror="document.title=1"><script>document.title=2</script>' +
    "![i](https://example.com/a.png) [l](javascript:alert(1)) **bold** <iframe src=/></iframe>\n\n" +
    '```"><img src=x>\n<script>document.title=3</script>\n```\n<b id="message">b</b>';
  await script([chunk({ content: hostile })]);
  await say("anything");
  await answers().first().waitFor();
  const html = await answers().first().locator(".markdown").innerHTML();
  expect(html).toContain("<strong>bold</strong>");
  expect(html).not.toMatch(/<img|<script|<iframe|javascript:|onerror|id="message"/);
  expect(await page.title()).toBe("onefold studio");
});

it("shows tool calls, and sends what the user says they gave", async () => {
  const call = (args: string, more: object = {}) =>
    chunk({ tool_calls: [{ index: 0, ...more, function: { arguments: args, ...more } }] });
  const { bodies } = await script(
    [call('{"a":', { id: "c1", name: "add" }), call("12}")],
    [chunk({ content: "It is 42." })],
  );
  await page.keyboard.press("Escape");
  await page.keyboard.press("s");
  await page.getByLabel("Tools").fill("[{");
  await page.getByText(/JSON/).and(page.locator("small.problem")).waitFor();
  const tools = [{ type: "function", function: { name: "add", parameters: {} } }];
  await page.getByLabel("Tools").fill(JSON.stringify(tools));
  await page.getByText("knows no tools").waitFor();
  await page.keyboard.press("Escape");
  await say("12 + 30?");
  const tool = page.getByRole("region", { name: "Call of add" });
  expect(await tool.locator("pre").innerText()).toBe('{\n  "a": 12\n}');
  await page.getByLabel("Result of add").fill("42");
  await picture(page, "studio-tools");
  await button("Send result").click();
  await page.getByText("It is 42.", { exact: true }).last().waitFor();
  const [first, second] = bodies as { tools: unknown; messages: unknown[] }[];
  expect(first!.tools).toEqual(tools);
  expect(second!.messages.slice(1)).toMatchObject([
    { role: "assistant", tool_calls: [{ id: "c1", function: { name: "add" } }] },
    { role: "tool", tool_call_id: "c1", content: "42" },
  ]);
});

it("sends what the settings say, and leaves the rest to the model", async () => {
  const { bodies } = await script([chunk({ content: "ok" })]);
  await say("one");
  await answers().first().waitFor();
  await button("Settings").click();
  expect(await page.getByText("model's own").count()).toBe(5);
  await page.getByLabel("Temperature").fill("1.2");
  await page.getByLabel("Seed").fill("7x");
  await page.getByRole("combobox", { name: /^Form/ }).selectOption("schema");
  await page.getByLabel("JSON schema").fill('{"type": "object"}');
  await page.getByLabel("System message").fill("Be kind.");
  await page.reload(); // settings and conversation are kept
  await answers().first().waitFor();
  await say("two");
  await answers().nth(1).waitFor();
  const [first, second] = bodies as Record<string, unknown>[];
  expect(Object.keys(first!).sort()).toEqual(
    ["chat_template_kwargs", "messages", "model", "stream", "stream_options"].sort(),
  );
  expect(second).toMatchObject({
    temperature: 1.2,
    seed: 7,
    response_format: { type: "json_schema", json_schema: { schema: { type: "object" } } },
    messages: [{ role: "system", content: "Be kind." }, {}, {}, { role: "user", content: "two" }],
  });
  await button("Settings").click();
  await picture(page, "studio-settings");
  await page.getByLabel("Send earlier messages").uncheck();
  await say("three");
  await answers().nth(2).waitFor();
  expect((bodies[2] as { messages: unknown }).messages).toEqual([
    { role: "system", content: "Be kind." },
    { role: "user", content: "three" },
  ]);
  await button("Reset").click();
  expect(await page.getByText("model's own").count()).toBe(5);
});

it("holds a real answer to a JSON schema", async () => {
  const schema = { type: "object", properties: { sum: { type: "integer" } }, required: ["sum"] };
  await button("Settings").click();
  await page.getByRole("combobox", { name: /^Form/ }).selectOption("schema");
  await page.getByLabel("JSON schema").fill(JSON.stringify(schema));
  await page.keyboard.press("Escape");
  await say("What is 12 + 30?");
  await answers().first().waitFor();
  const text = await answers().first().locator("pre.json").innerText();
  expect(Number.isInteger(JSON.parse(text).sum)).toBe(true);
});

it("stops with Escape and says when the server refuses", async () => {
  await page.route("**/v1/chat/completions", async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 500));
    await route.continue().catch(() => {});
  });
  await say("What is 12 + 30?");
  await button("Stop").waitFor();
  await page.keyboard.press("Escape");
  await page.getByText("Stopped.").waitFor();
  await page.unroute("**/v1/chat/completions");
  await page.route("**/v1/chat/completions", (route) =>
    route.fulfill({ status: 429, json: { error: { message: "the queue is full" } } }),
  );
  await say("again");
  await page.getByText("the queue is full").waitFor();
});

it("does everything by keyboard, and shows where the focus is", async () => {
  await say("What is 12 + 30?");
  await answers().first().waitFor();
  await page.keyboard.press("Escape"); // out of the field
  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Keyboard" });
  await help.waitFor();
  expect(await help.locator("dt").count()).toBeGreaterThan(10);
  await page.keyboard.press("Escape");
  await page.keyboard.press("r");
  await page.getByText("2/2").waitFor();
  await answers().first().waitFor();
  await page.keyboard.press("Escape"); // out of the field
  await page.keyboard.press("[");
  await page.getByText("1/2").waitFor();
  await page.keyboard.press("]");
  await page.getByText("2/2").waitFor();
  await page.keyboard.press("e");
  expect(await page.getByLabel("Edit message").inputValue()).toBe("What is 12 + 30?");
  await page.keyboard.press("Escape");
  await page.keyboard.press("m");
  await page.getByText("Resident memory").waitFor();
  await page.keyboard.press("m"); // the field has the focus again
  await page.keyboard.press("Escape"); // out of the field
  await page.keyboard.press("/");
  await page.keyboard.type("n/?"); // letters in a field are letters
  expect(await message().inputValue()).toBe("n/?");
  await message().fill("");
  await page.keyboard.press("ArrowUp");
  await page.getByLabel("Edit message").waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await page.keyboard.press("n");
  await page.getByRole("heading", { level: 1 }).waitFor();
  // Every control shows a focus ring.
  const stops = new Set<string>();
  for (let i = 0; i < 24; i++) {
    await page.keyboard.press("Tab");
    const [name, outline] = (await page.evaluate(`{
      const at = document.activeElement;
      const ring = at.closest(".composer textarea") ? at.closest(".composer") : at;
      const name = at === document.body ? "" : (at.getAttribute("aria-label") ?? at.textContent);
      [name, getComputedStyle(ring).outlineStyle];
    }`)) as [string, string];
    if (name) stops.add(name);
    if (name) expect(outline, name).not.toBe("none");
  }
  expect([...stops]).toEqual(expect.arrayContaining(["Message", "New chat", "Settings", "Model"]));
});

it("tells screen readers when an answer begins and what it is", async () => {
  const status = page.locator("p[role=status]");
  await say("What is 12 + 30?");
  await status.filter({ hasText: "Answer: 42" }).waitFor();
  // Every button, field and picture has a name.
  const nameless = await page
    .locator("button, input, select, textarea, [role=listbox]")
    .evaluateAll((all) =>
      all
        .filter((e) => !e.ariaLabel && !e.textContent?.trim() && !e.closest("label"))
        .map((e) => e.outerHTML),
    );
  expect(nameless).toEqual([]);
});

it("shows the model, its memory and its throughput while it answers", async () => {
  await button("Model and memory").click();
  const card = page.getByRole("region", { name: "onefold-mini" });
  const row = card.getByRole("row");
  await row.first().waitFor();
  const { models } = (await (await fetch(`${server.url}/status`)).json()) as ServerStatus;
  const { cache, weights, context_length: limit, slots } = models[0]!;
  const [{ dtype, parameters, bytes }] = weights as [NonNullable<typeof weights>[0]];
  const cells = async (head: string) =>
    await row
      .filter({ has: page.getByRole("rowheader", { name: head, exact: true }) })
      .getByRole("cell")
      .allInnerTexts();
  expect(await cells(dtype)).toEqual([formatCount(parameters), formatBytes(bytes)]);
  // A slot's part of the cache is what the longest answer takes.
  const whole = [cache!.bytes / slots!, cache!.bytes].map(formatBytes);
  expect(await cells(formatNumber(limit!))).toEqual(whole);
  expect(await card.innerText()).toContain(`0 of ${slots}`);
  expect(await page.getByLabel("Server").innerText()).toMatch(/Resident memory\s+\d+ MiB/);
  // Somebody else asks for a long answer.
  const body = {
    model: "onefold-mini",
    prompt: "1",
    max_tokens: 900,
    temperature: 1,
    logit_bias: { 2045: -100, 2043: -100 },
  };
  const answer = fetch(`${server.url}/v1/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  await card.getByText(`1 of ${slots}`, { exact: true }).waitFor(); // not "1 of 8,192 tokens"
  const throughput = card.locator(".tile b").first();
  await expect.poll(async () => Number.parseFloat(await throughput.innerText())).toBeGreaterThan(0);
  await picture(page, "studio-model");
  expect((await answer).status).toBe(200);
});

it("fits a phone: nothing is cut off, panels cover the page", async () => {
  await page.setViewportSize({ width: 390, height: 780 });
  const overflow = () =>
    page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
  expect(await overflow()).toBeLessThanOrEqual(0);
  const heading = await page.getByRole("heading", { level: 1 }).boundingBox();
  expect(heading!.y).toBeGreaterThan(50); // below the header, not scrolled away
  await say("Write this as JSON: name is Ann, age is 7.");
  await answers().first().waitFor();
  expect(await overflow()).toBeLessThanOrEqual(0);
  const send = await button("Send").boundingBox();
  expect(send!.width).toBeGreaterThanOrEqual(36);
  const field = await page.locator(".composer").boundingBox();
  expect(send!.x + send!.width).toBeLessThan(field!.x + field!.width);
  await picture(page, "studio-phone");
  await button("Model and memory").click();
  await page.getByText("Resident memory").waitFor();
  expect(await overflow()).toBeLessThanOrEqual(0);
  await button("Settings").click();
  const panel = await page.getByRole("complementary", { name: "Settings" }).boundingBox();
  expect(panel).toEqual({ x: 0, y: 0, width: 390, height: 780 });
  await button("Close settings").click();
});

it("stays at the end of a growing answer unless the reader scrolls up", async () => {
  await script([chunk({ content: "line\n\n".repeat(80) })]);
  await say("long");
  await answers().first().waitFor();
  const list = page.locator(".turns");
  const gap = () => list.evaluate((e) => e.scrollHeight - e.scrollTop - e.clientHeight);
  expect(await gap()).toBeLessThan(5);
  await list.evaluate((e) => e.scrollTo(0, 0));
  await button("To the end").click();
  expect(await gap()).toBeLessThan(5);
});

it.each(["light", "dark"] as const)("has enough contrast in %s", async (scheme) => {
  await page.emulateMedia({ colorScheme: scheme });
  await say("Write this as JSON: name is Ann, age is 7.");
  await answers().first().waitFor();
  await button("Settings").click();
  const background = await page.evaluate(
    "getComputedStyle(document.documentElement).backgroundColor",
  );
  expect(background).toBe(scheme === "light" ? "rgb(250, 250, 252)" : "rgb(19, 20, 24)");
  const poor = (await textContrasts(page)).filter(({ ratio }) => ratio < 4.5);
  expect(poor).toEqual([]);
  await button("Close settings").click();
  await button("Model and memory").click();
  await page.getByText("Resident memory").waitFor();
  expect((await textContrasts(page)).filter(({ ratio }) => ratio < 4.5)).toEqual([]);
  if (scheme === "dark") await picture(page, "studio-dark");
});

it("asks for the key of a server that wants one, and keeps it in this tab", async () => {
  const load = () => loadLanguageModel(`${root}/models/onefold-mini`);
  const studio = await readStudio(`${root}/dist/studio`);
  const pool = createModelPool([{ name: "locked", load }]);
  await using locked = await startServer(pool, { port: 0, studio, apiKeys: ["secret"] });
  await page.goto(locked.url);
  await page.getByLabel("API key").fill("wrong");
  await page.keyboard.press("Enter");
  await page.getByText("the API key is wrong").waitFor();
  await page.getByLabel("API key").fill("secret");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Ask locked" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Ask locked" }).waitFor();
  requests.length = 0; // another server's
});
