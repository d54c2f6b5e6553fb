/** Every program and command of the pages on running and serving models is run. */

import { spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commands } from "../../src/cli/command.ts";
import { type LanguageModel, loadLanguageModel } from "../../src/generate/language-model.ts";
import { encodePng } from "../../src/media/index.ts";
import { loadTaskModel } from "../../src/task/index.ts";
import { mini, scripted, startTest } from "../serve/support.ts";
import { commandsOf, missing, snippetsOf } from "./snippets.ts";

const root = resolve(import.meta.dirname, "../..");
const bin = join(root, "bin/onefold.js");
const pages = [
  "getting-started",
  "serving",
  "library",
  "quantisation",
  "studio",
  "media",
  "metrics",
  "tasks",
  "sage",
].map((name) => `docs/${name}.md`);
const snippets = ["README.md", ...pages].flatMap((page) => snippetsOf(root, page));
const programs = snippets.filter(({ language }) => language === "ts");
const lines = snippets
  .filter(({ language }) => language === "sh")
  .flatMap((snippet) => commandsOf(snippet).map((line) => ({ line, where: snippet.where })));
const ADDRESS = "http://127.0.0.1:8000";

/** Below the checkout, where `onefold` and the SDKs resolve as in a user's project. */
let folder: string;
let server: Awaited<ReturnType<typeof startTest>>;

beforeAll(async () => {
  mkdirSync(join(root, ".onefold"), { recursive: true });
  folder = mkdtempSync(join(root, ".onefold/docs-"));
  symlinkSync(join(root, "models"), join(folder, "models"));
  // Models that nobody has pulled here are played: one that calls, one that knows yes and no.
  const call = '<tool_call>\n{"name": "add", "arguments": {"a": 12, "b": 30}}\n</tool_call>';
  const named = async (): Promise<LanguageModel> => {
    const model = await mini.load();
    const tokenToId = (token: string) => model.tokenizer.tokenToId(token === "yes" ? "Yes" : token);
    const tokenizer = new Proxy(model.tokenizer, {
      get(target, key) {
        const value: unknown = key === "tokenToId" ? tokenToId : Reflect.get(target, key, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    return { ...model, tokenizer };
  };
  // A file that a task is shown with.
  const white = new Uint8Array(64 * 64 * 3).fill(255);
  writeFileSync(join(folder, "scene.png"), await encodePng({ width: 64, height: 64, data: white }));
  const generalist = join(root, "models/onefold-generalist");
  const loadTasks = () => loadTaskModel(generalist);
  server = await startTest([
    { ...mini, loadTasks },
    { name: "onefold-generalist", load: () => loadLanguageModel(generalist), loadTasks },
    { name: "Qwen/Qwen3-0.6B", load: () => scripted({ answers: [call, "It is 42.", call] }) },
    { name: "Qwen/Qwen3-Embedding-0.6B", load: mini.load },
    { name: "Qwen/Qwen3-Reranker-0.6B", load: named },
  ]);
  spawnSync(process.execPath, [join(root, "scripts/build.mjs")]);
  const config = {
    extends: "../../tsconfig.json",
    compilerOptions: { rootDir: "../..", noUnusedLocals: false, types: ["node"] },
    include: ["*.mts"],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  for (const { where, code } of programs) {
    const own = code.replaceAll(ADDRESS, server.url);
    writeFileSync(join(folder, fileOf(where)), own);
  }
}, 180_000); // builds dist/ where it is stale
afterAll(async () => {
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});

const fileOf = (where: string): string => `${where.replace(/\W+/g, "-")}.mts`;

interface Outcome {
  readonly code: number | null;
  readonly output: string;
}

function run(program: string, args: readonly string[]): Promise<Outcome> {
  return new Promise((done) => {
    const child = spawn(program, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    }
    child.on("close", (code) => done({ code, output }));
  });
}

test("the programs are typed as they are shown", { timeout: 240_000 }, async () => {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  expect(await run(process.execPath, [tsc, "-p", "."])).toEqual({ code: 0, output: "" });
});

/** Imports each program in turn, in one process, and keeps what it writes. */
const runner = `
  const write = process.stdout.write.bind(process.stdout);
  for (const file of process.argv.slice(2)) {
    let output = "";
    process.stdout.write = (text) => ((output += text), true);
    const failure = await import(file).then(() => undefined, (error) => String(error?.stack ?? error));
    process.stdout.write = write;
    write(JSON.stringify({ file, output, failure }) + "\\n");
  }
`;

test("the programs print what their pages say", { timeout: 480_000 }, async () => {
  const files = programs.map(({ where }) => join(folder, fileOf(where)));
  writeFileSync(join(folder, "run.mjs"), runner);
  const args = ["--import", join(root, "node_modules/tsx/dist/loader.mjs"), "run.mjs", ...files];
  const { output } = await run(process.execPath, args);
  const results = output.split("\n").filter((line) => line.startsWith('{"file"'));
  expect(results, output).toHaveLength(programs.length);
  for (const [i, { where, prints }] of programs.entries()) {
    const result: { output: string; failure?: string } = JSON.parse(results[i]!);
    expect(result.failure, where).toBeUndefined();
    expect(missing(result.output, prints), `${where}\n${result.output}`).toBeUndefined();
  }
});

/** Those that need nothing but the checkout: no hub, no server that goes on for ever. */
function isRunHere(line: string): boolean {
  if (line.startsWith("curl ")) return true;
  const isCommand = /^npx onefold (run|quantize|inspect|verify|export) /.test(line);
  return isCommand && /models\/onefold-mini|mini-int8|mini\.gguf|run "What is/.test(line);
}

describe("a command that is shown does what it is shown for", () => {
  const shown = lines.filter(({ line }) => isRunHere(line));
  test.each(shown)("$where: $line", { timeout: 240_000 }, async ({ line }) => {
    const own = line
      .replaceAll(ADDRESS, server.url)
      .replace(/^curl /, "curl --silent --show-error --fail-with-body ")
      .replace(/^npx onefold/, `"${process.execPath}" "${bin}"`);
    const { code, output } = await run("bash", ["-c", own]);
    expect(code, output).toBe(0);
    expect(output).not.toBe("");
    if (/^npx onefold run .*12 [+] 30/.test(line)) expect(output).toContain("42");
  });
});

test("all other commands exist, with the options they are shown with", {
  timeout: 120_000,
}, async () => {
  const help = new Map<string, string>();
  for (const { line, where } of lines.filter((each) => !isRunHere(each.line))) {
    const [, name] = /\bonefold (\w+)/.exec(line) ?? (/npm start/.test(line) ? ["", "start"] : []);
    if (name === undefined) continue;
    expect(
      commands.map((each) => each.name),
      where,
    ).toContain(name);
    if (!help.has(name))
      help.set(name, (await run(process.execPath, [bin, name, "--help"])).output);
    // Of a command with commands of its own: `onefold sage build`.
    const [, inner] = new RegExp(`\\bonefold ${name} ([a-z-]+)`).exec(line) ?? [];
    const isInner = inner !== undefined && help.get(name)!.includes(`\n  ${inner} `);
    const path = isInner ? [name, inner] : [name];
    const key = path.join(" ");
    if (!help.has(key))
      help.set(key, (await run(process.execPath, [bin, ...path, "--help"])).output);
    for (const [flag] of line.replace("--silent", "").matchAll(/(?<= )--[a-z]\S*/g)) {
      expect(help.get(key), `${where}: ${flag}`).toContain(flag);
    }
  }
  expect(help.size).toBeGreaterThan(3);
});

test("packages that are shown are those that the tests use", () => {
  const { dependencies, devDependencies } = JSON.parse(
    readFileSync(join(root, "package.json"), "utf8"),
  );
  for (const page of pages) {
    for (const [, names] of readFileSync(join(root, page), "utf8").matchAll(/npm i ([^`)]+)/g)) {
      const known = Object.keys({ ...dependencies, ...devDependencies });
      for (const name of names!.split(" ")) expect(known, page).toContain(name);
    }
  }
});

test("links and pictures lead somewhere, pictures are small, and all pages can be found", () => {
  const index = readFileSync(join(root, "docs/README.md"), "utf8");
  expect(readFileSync(join(root, "README.md"), "utf8")).toContain("(docs/README.md)");
  for (const page of ["docs/README.md", "docs/training.md", ...pages]) {
    if (page !== "docs/README.md") expect(index).toContain(`(${page.slice(5)})`);
    const text = readFileSync(join(root, page), "utf8");
    for (const [, target] of text.matchAll(/\]\((?!https?:)([^)#]+)/g)) {
      const file = join(root, "docs", target!);
      expect(existsSync(file), `${page}: ${target}`).toBe(true);
      if (target!.endsWith(".png")) expect(readFileSync(file).length).toBeLessThan(150_000);
    }
  }
});
