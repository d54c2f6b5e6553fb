// `onefold eval` where no connection can be opened: in a network namespace of its own where Linux
// lets us make one, and with Node's sockets and look-ups refused in any case.

import { execFile } from "node:child_process";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { root } from "../cli/run-onefold.ts";

const run = promisify(execFile);

const refuse = `
const fail = (what) => { throw new Error("the network is denied: " + what); };
for (const [name, calls] of [
  ["node:net", ["connect", "createConnection"]],
  ["node:dns", ["lookup", "resolve"]],
  ["node:dgram", ["createSocket"]],
]) {
  const module = require(name);
  for (const call of calls) module[call] = () => fail(call);
}
require("node:net").Socket.prototype.connect = () => fail("connect");
globalThis.fetch = () => fail("fetch");
require("node:module").syncBuiltinESMExports();
`;

test("onefold eval and onefold sage build need no network", async () => {
  const folder = await mkdtemp(join(tmpdir(), "onefold-denied-"));
  const hook = join(folder, "refuse.cjs");
  await writeFile(hook, refuse);
  const isApart = await run("unshare", ["-rn", "true"]).then(
    () => true,
    () => false,
  );
  const denied = (args: readonly string[], uses: readonly string[]) =>
    isApart
      ? run("unshare", ["-rn", process.execPath, ...uses, ...args])
      : run(process.execPath, [...uses, ...args]);

  // Each barrier holds: what answers here is out of reach there.
  const server = createServer((_, response) => response.end("reached"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const visit = ["-e", `fetch("${url}").then(() => console.log("reached"), () => {})`];
  expect((await run(process.execPath, visit)).stdout).toBe("reached\n");
  if (isApart) expect((await denied(visit, [])).stdout).toBe("");
  await expect(run(process.execPath, ["-r", hook, ...visit])).rejects.toThrow("denied: fetch");
  server.close();

  const rows = [0, 1, 2].map((answer) => ({
    q: `${answer} + 1 =`,
    options: ["1", "2", "3"],
    answer,
  }));
  await writeFile(join(folder, "rows.jsonl"), rows.map((row) => JSON.stringify(row)).join("\n"));
  const shared = ["dataset_path: rows.jsonl", 'doc_to_text: "{{q}}"'];
  const choose = [
    "output_type: multiple_choice",
    "doc_to_choice: options",
    "doc_to_target: answer",
  ];
  const write = ['doc_to_target: "{{answer + 1}}"', "generation_kwargs: {max_gen_toks: 4}"];
  await writeFile(join(folder, "a.yaml"), ["task: a", ...shared, ...choose].join("\n"));
  await writeFile(join(folder, "b.yaml"), ["task: b", ...shared, ...write].join("\n"));
  const out = join(folder, "out");
  const tasks = `${join(folder, "a.yaml")},${join(folder, "b.yaml")}`;
  const model = join(root, "models/onefold-mini");
  const args = ["eval", "--model", model, "--tasks", tasks, "--out", out, "--json"];
  const { stdout } = await denied([join(root, "bin/onefold.js"), ...args], ["-r", hook]);
  const { results } = JSON.parse(stdout) as { results: Record<string, { sample_len: number }> };
  expect(results.a).toMatchObject({ sample_len: 3, "acc,none": expect.any(Number) });
  expect(results.b).toMatchObject({ sample_len: 3, "exact_match,none": expect.any(Number) });
  expect(await readFile(join(out, "report.html"), "utf8")).toContain("2 + 1 =");

  const items = rows.map(({ q, options, answer }) => ({ question: q, choices: options, answer }));
  await writeFile(
    join(folder, "items.jsonl"),
    items.map((item) => JSON.stringify(item)).join("\n"),
  );
  const build = ["sage", "build", "--in", join(folder, "items.jsonl"), "--types", "restatement"];
  const asked = ["--gen", model, "--qual", model, "--attempts", "1", "--max-tokens", "8", "--json"];
  const where = ["--out", join(folder, "variants.jsonl")];
  const built = await denied(
    [join(root, "bin/onefold.js"), ...build, ...asked, ...where],
    ["-r", hook],
  );
  expect(JSON.parse(built.stdout)).toMatchObject({ items: 3, total: { sampled: 3, failed: 0 } });
});
