/** `onefold sage build` as a user runs it, against endpoints that are invented here. */

import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sage } from "../../src/evaluate/index.ts";
import { inventedItems, readAsked, verdict, writeInvented } from "../evaluate/sage/invented.ts";
import { root, runOnefold } from "./run-onefold.ts";

let folder = "";
let url = "";
/** Bodies of requests that were answered. */
let answered: string[] = [];
/** Answers until requests are left waiting. */
let patience = Number.POSITIVE_INFINITY;
/** Requests whose text has it are refused by a broken server. */
let broken: RegExp | undefined;

/** Gives no likelihoods of given texts, as most endpoints of chat models. */
const server = createServer(async (request, response) => {
  const body = await text(request);
  const reply = (status: number, value: object): void => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
  };
  if (request.url === "/v1/completions") return reply(400, { error: "no echo" });
  if (broken?.test(body)) return reply(500, { error: "broken" });
  if (patience-- <= 0) return;
  const { type, source, isVerdict } = readAsked({ prompt: JSON.parse(body).messages });
  const content = isVerdict ? verdict(1) : writeInvented(type, source);
  const usage = {
    prompt_tokens: 100,
    completion_tokens: 10,
    prompt_tokens_details: { cached_tokens: 60 },
  };
  reply(200, { choices: [{ message: { content }, finish_reason: "stop" }], usage });
  answered.push(body);
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "onefold-sage-"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  const rows = inventedItems(6).map((item) => JSON.stringify(item));
  await writeFile(join(folder, "items.jsonl"), `${rows.join("\n")}\n`);
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

const command = (out: string, ...more: string[]) => [
  ...[
    "sage",
    "build",
    "--in",
    join(folder, "items.jsonl"),
    "--types",
    "restatement,negation,critical",
  ],
  ...[
    "--gen",
    `${url}#a`,
    "--qual",
    `${url}#b`,
    "--concurrency",
    "1",
    "--samples",
    "2",
    "--retries",
    "0",
  ],
  ...["--out", join(folder, out), ...more],
];

it("writes variants and a report, and says what nobody knows", async () => {
  const prices = join(folder, "prices.json");
  await writeFile(prices, JSON.stringify({ gen: { in: 1, out: 10, cached: 0.5 } }));
  const { code, stdout, stderr } = await runOnefold(
    command("a.jsonl", "--price", prices, "--json"),
  );
  expect([code, stderr]).toEqual([0, ""]);
  const report = JSON.parse(stdout) as sage.BuildReport;
  expect(report).toMatchObject({
    items: 6,
    malformed: { count: 0 },
    models: { gen: "a", qual: "b" },
  });
  expect(report.warnings[0]).toContain("not tested on labelled variants");
  expect(await sage.readVariants(join(folder, "a.jsonl"))).toHaveLength(18);
  const { sampled, money } = report.total;
  expect(money).toBeCloseTo((sampled * (40 * 1 + 60 * 0.5 + 10 * 10)) / 1e6, 12);
  expect(report.types.restatement!.spent.qual).toMatchObject({ calls: 12, cachedTokens: 720 });
});

async function keptLines(name: string): Promise<number> {
  const files = await readdir(join(folder, name)).catch(() => []);
  const texts = await Promise.all(files.map((file) => readFile(join(folder, name, file), "utf8")));
  return texts.join("").split("\n").length - 1;
}

it("a killed run goes on where it was: no answered request is sent again", async () => {
  answered = [];
  patience = 15;
  const child = spawn(process.execPath, [join(root, "bin/onefold.js"), ...command("b.jsonl")]);
  // With what the endpoint said of likelihoods.
  while ((await keptLines("b.calls")) < 16) await sleep(20);
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("close", resolve));
  patience = Number.POSITIVE_INFINITY;
  const { code, stdout } = await runOnefold(command("b.jsonl"));
  expect(code).toBe(0);
  expect(stdout).toContain("18 variants of 6 items");
  expect(new Set(answered).size).toBe(answered.length);
  expect(await readFile(join(folder, "b.jsonl"), "utf8")).toBe(
    await readFile(join(folder, "a.jsonl"), "utf8"),
  );
  answered = [];
  await runOnefold(command("b.jsonl"));
  expect(answered).toEqual([]);
});

it("a run with failures says so first, and by its exit code", async () => {
  const items = join(folder, "bad.jsonl");
  const rows = [...inventedItems(3), { question: "no choices?" }].map((item) =>
    JSON.stringify(item),
  );
  await writeFile(items, rows.join("\n"));
  broken = /capital of Brev/;
  const args = command("c.jsonl", "--in", items, "--types", "restatement");
  const { code, stdout } = await runOnefold(args);
  broken = undefined;
  expect(code).toBe(1);
  expect(stdout).toMatch(/^incomplete: 1 malformed row, 1 item failed\n/);
  expect(stdout).toContain('bad.jsonl:4: no value for "choices"');
  expect(stdout).toContain("1 of 3 items failed; the same command asks them again");
});

it.each([
  [["--types", "rhyme"], 1, 'no type of variants is called "rhyme"; expected restatement, reverse'],
  [["--types", "negatoin"], 1, 'no type of variants is called "negatoin"; did you mean negation?'],
  [["--in", "none.jsonl"], 1, "none.jsonl: no such file"],
  [["--task", "mmlu"], 2, "give items by --in or by --task"],
  [["--gen", "http://localhost:1/v1"], 1, "expected an address with a model"],
  [["--gen", "no-such-folder"], 1, "no-such-folder"],
  [["--precision", "2"], 2, "give a number between 0 and 1"],
  [["--labels", "none.jsonl"], 1, "none.jsonl: holds no labels"],
  [["--price", "none.json"], 1, "none.json: no such file"],
  [["--domain", "poems"], 2, "give events or facts"],
])("refuses %j in one sentence", async (args, code, sentence) => {
  const found = await runOnefold(command("d.jsonl", ...args));
  expect(found).toMatchObject({ code, stdout: "" });
  expect(found.stderr).toContain(sentence);
  expect(found.stderr.trim().split("\n")).toHaveLength(1);
});

it("lists types", async () => {
  const { stdout } = await runOnefold(["sage", "types", "--json"]);
  const usual = (JSON.parse(stdout) as { id: string; isUsual: boolean }[]).filter(
    ({ isUsual }) => isUsual,
  );
  expect(usual.map(({ id }) => id)).toEqual(["restatement", "reverse", "negation", "critical"]);
});
