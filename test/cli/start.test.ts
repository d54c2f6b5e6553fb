import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { browserCommand } from "../../src/cli/open-browser.ts";
import { createTinyChat, type TinyChat } from "../generate/tiny-chat.ts";
import { root, runOnefold } from "./run-onefold.ts";

let tiny: TinyChat;
beforeAll(async () => {
  tiny = await createTinyChat({ chains: [["<|im_start|>", "w", "x", "y", "z", "<|im_end|>"]] });
});
afterAll(() => tiny[Symbol.dispose]());

interface Started {
  readonly child: ChildProcess;
  stdout(): string;
  /** Waits for a text on standard output. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  readonly code: Promise<number | null>;
}

function start(stdin: "pipe" | "ignore", env: NodeJS.ProcessEnv = {}): Started {
  const args = [join(root, "bin/onefold.js"), "start", tiny.folder, "--temperature", "0"];
  const child = spawn(process.execPath, args, {
    stdio: [stdin, "pipe", "inherit"],
    env: { ...process.env, DISPLAY: "", WAYLAND_DISPLAY: "", ...env },
  });
  let stdout = "";
  child.stdout!.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  const code = new Promise<number | null>((resolve) => child.on("close", resolve));
  return {
    child,
    code,
    stdout: () => stdout,
    async until(pattern) {
      for (;;) {
        const found = pattern.exec(stdout);
        if (found) return found;
        if (child.exitCode !== null) throw new Error(`it ended after: ${stdout}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
  };
}

/** Milliseconds: the first process may have to build dist/. */
const SLOW = 240_000;

const address = /http:\/\/127\.0\.0\.1:(\d+)/;

test("npm start is this command", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  expect(scripts.start).toBe("node bin/onefold.js start");
});

test("prompts from a pipe are answered, and nothing is served", { timeout: SLOW }, async () => {
  const outcome = await runOnefold(["start", tiny.folder, "--temperature", "0"], {
    input: "one\n\ntwo\n",
  });
  expect(outcome).toEqual({ code: 0, stdout: "wxyz\nwxyz\n", stderr: "" });
  const given = await runOnefold(["start", tiny.folder, "hi", "--temperature", "0"]);
  expect(given).toEqual({ code: 0, stdout: "wxyz\n", stderr: "" });
});

test("without input it serves the studio, opens a browser, and ends with SIGTERM", {
  timeout: SLOW,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "onefold-browser-"));
  const opened = join(folder, "opened");
  // Whatever the desktop has, this one is found first.
  writeFileSync(join(folder, "xdg-open"), `#!/bin/sh\nprintf %s "$1" > "${opened}"\n`);
  chmodSync(join(folder, "xdg-open"), 0o755);
  const { CI, SSH_CONNECTION, SSH_TTY, BROWSER } = {} as NodeJS.ProcessEnv;
  const desktop = { CI, SSH_CONNECTION, SSH_TTY, BROWSER, DISPLAY: ":7" };
  const one = start("ignore", { ...desktop, PATH: `${folder}:${process.env.PATH}` });
  const [url, port] = await one.until(address);
  // A desktop without xdg-open is no reason to fail, a port that is taken neither.
  const other = start("ignore", { ...desktop, PATH: "/nowhere" });
  expect((await other.until(address))[1]).not.toBe(port);
  const page = await fetch(url);
  expect(page.headers.get("content-type")).toContain("text/html");
  expect(await (await fetch(`${url}/v1/models`)).text()).toContain('"loaded":true');
  while (!existsSync(opened)) await new Promise((resolve) => setTimeout(resolve, 20));
  if (process.platform === "linux") expect(readFileSync(opened, "utf8")).toBe(url);
  for (const { child, code } of [one, other]) {
    child.kill("SIGTERM");
    expect(await code).toBe(0);
  }
  rmSync(folder, { recursive: true });
});

test("a silent pipe gets the studio, and what it says later is answered", {
  timeout: SLOW,
}, async () => {
  const { child, until, stdout, code } = start("pipe");
  const [url] = await until(address);
  expect((await fetch(url)).status).toBe(200);
  child.stdin!.end("hello\n");
  expect(await code).toBe(0);
  expect(stdout()).toMatch(/\nwxyz\n$/);
});

test("a browser is opened only where somebody sees it", () => {
  expect(browserCommand("linux", { DISPLAY: ":0" })).toEqual(["xdg-open"]);
  expect(browserCommand("linux", { WAYLAND_DISPLAY: "wayland-0" })).toEqual(["xdg-open"]);
  expect(browserCommand("darwin", {})).toEqual(["open"]);
  expect(browserCommand("win32", {})?.[0]).toBe("cmd");
  expect(browserCommand("linux", {})).toBeUndefined();
  for (const reason of ["CI", "SSH_CONNECTION", "SSH_TTY"]) {
    expect(browserCommand("darwin", { [reason]: "1" })).toBeUndefined();
  }
  expect(browserCommand("linux", { DISPLAY: ":0", BROWSER: "none" })).toBeUndefined();
});
