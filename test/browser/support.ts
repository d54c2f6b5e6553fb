/** What the browser's tests share. */

import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page, type Route } from "playwright-core";
import { build } from "vite";
import {
  createModelPool,
  type RunningServer,
  readStudio,
  startServer,
} from "../../src/serve/index.ts";

const flags =
  "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking " +
  "--disable-component-update --disable-sync";

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: flags.split(" "),
  });

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Keeps how the page looks, where ONEFOLD_SCREENSHOTS names a folder. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.ONEFOLD_SCREENSHOTS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.waitForTimeout(300); // the page is at rest
  await page.screenshot({ path: `${folder}/${name}.png` });
}

/**
 * Mistakes of a page, as they come up: errors, and what it may not load. (A refused answer is
 * reported by the browser too.)
 */
export function problemsOf(page: Page): readonly string[] {
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (/Content Security Policy/.test(message.text())) problems.push(message.text());
  });
  return problems;
}

/** The studio on a server whose model is never asked for. */
export async function startStudio(
  options: Omit<Parameters<typeof startServer>[1], "port" | "studio">,
): Promise<RunningServer> {
  const pool = createModelPool([{ name: "none", load: () => Promise.reject(new Error("unused")) }]);
  return startServer(pool, {
    ...options,
    port: 0,
    studio: await readStudio(`${root}/dist/studio`),
  });
}

/** A chunk of a streamed answer with one choice. */
export const chunk = (delta: object): object => ({ choices: [{ index: 0, delta }] });

/** Answers a request with a stream of chunks. */
export function fulfil(route: Route, chunks: readonly object[]): Promise<void> {
  const events = [...chunks.map((each) => JSON.stringify(each)), "[DONE]"];
  const body = events.map((data) => `data: ${data}\n\n`).join("");
  return route.fulfill({ contentType: "text/event-stream", body });
}

export interface TextContrast {
  readonly text: string;
  /** WCAG 2.2: 1 for equal colours, 21 for black on white. */
  readonly ratio: number;
}

/** Contrast of every text on the page that is not disabled, with what it stands on. */
export function textContrasts(page: Page): Promise<TextContrast[]> {
  return page.evaluate(`(${measure})()`);
}

/** Runs in the page: plain text, since its types are not those of this program. */
const measure = `() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  // Whatever notation a colour has, painting it over another gives its bytes.
  const paint = (colours) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const colour of colours) {
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
    }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((c) => c / 255).map((c) =>
      c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    const box = element.getBoundingClientRect();
    if (!node.textContent.trim() || box.width < 2 || element.closest(":disabled, script")) continue;
    const backs = [];
    for (let at = element; at; at = at.parentElement) backs.unshift(getComputedStyle(at).backgroundColor);
    const back = paint(backs);
    const text = paint([...backs, getComputedStyle(element).color]);
    const [a, b] = [luminance(text), luminance(back)].sort((x, y) => y - x);
    found.push({ text: node.textContent.trim().slice(0, 60), ratio: (a + 0.05) / (b + 0.05) });
  }
  return found;
}`;

/** An empty page with onefold/media/browser as `media`. */
export async function openMediaPage(browser: Browser): Promise<Page> {
  const entry = fileURLToPath(new URL("../../src/media/browser.ts", import.meta.url));
  const built = await build({
    configFile: false,
    logLevel: "error",
    build: { write: false, lib: { entry, formats: ["iife"], name: "media" } },
  });
  const [bundle] = Array.isArray(built) ? built : [];
  const code = bundle?.output[0].code ?? "";
  const page = await browser.newPage();
  await page.addScriptTag({ content: code.replace("var media", "window.media") });
  return page;
}
