import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { HOSTILE, writeEvaluation } from "./evaluation-runs.ts";
import { asking, runsFolder } from "./runs-folder.ts";

interface Listed {
  readonly folder: string | null;
  readonly data: readonly {
    readonly name: string;
    readonly model: string | null;
    readonly tasks: string[];
    readonly is_complete: boolean | null;
    readonly metrics: readonly { readonly metric: string; readonly value: number | null }[];
  }[];
}

const asks = (work: string | undefined, options: object = {}) => {
  const ask = asking(undefined, { work, ...options });
  const page = async (query: string) => {
    const { response, body, text } = await ask<{ error: { message: string } }>(
      `/reports/page?${query}`,
    );
    const pieces = Array.from(text.matchAll(/json">(.*)<\/script>/g), ([, json]) =>
      JSON.parse(json!),
    );
    return { status: response.status, headers: response.headers, text, pieces, error: body?.error };
  };
  return { ask, page };
};

test("runs are listed with their newest results, also one that has none yet", async () => {
  const work = runsFolder();
  await writeEvaluation(work.path("runs/eval"), "small", ["yes", "no"]);
  await writeEvaluation(work.path("other"), "large", ["yes", "yes"]);
  rmSync(work.path("other/large"), { recursive: true });
  work.write("journal/notes.txt", "a folder of that name is no run");
  work.write("node_modules/x/journal/a.jsonl", "{}");
  mkdirSync(work.path("empty/journal"), { recursive: true });
  symlinkSync(work.path("runs/eval"), work.path("link"));
  const { ask } = asks(work.root);
  const { body } = await ask<Listed>("/reports");
  expect(body.data.map(({ name }) => name).sort()).toEqual(["other", "runs/eval"]);
  const small = body.data.find(({ model }) => model === "small");
  expect(small).toMatchObject({ tasks: ["words"], is_complete: true });
  expect(small!.metrics).toEqual([
    {
      task: "words",
      metric: "exact_match,none",
      value: 0.5,
      interval: [expect.closeTo(0.0945, 4), expect.closeTo(0.9055, 4)], // Wilson, 1 of 2
      scored: 2,
      failed: 0,
    },
  ]);
  const bare = body.data.find(({ name }) => name === "other");
  expect(bare).toMatchObject({ model: null, is_complete: null, metrics: [] });
  expect((await asks(undefined).ask("/reports")).body).toMatchObject({ folder: null, data: [] });
  // The folder itself may be a run.
  const own = await asks(work.path("other")).ask<Listed>("/reports");
  expect(own.body.data.map(({ name }) => name)).toEqual(["."]);
  expect((await asks(work.path("other")).page("run=.")).pieces).toHaveLength(3);
});

test("a page shows every item as text, under a policy that runs nothing else", async () => {
  const work = runsFolder();
  await writeEvaluation(work.path("a"), "small", ["yes", HOSTILE]);
  const { status, headers, text, pieces } = await asks(work.root).page("run=a");
  expect(status).toBe(200);
  expect(headers.get("content-type")).toBe("text/html; charset=utf-8");
  const policy = headers.get("content-security-policy") ?? "";
  expect(policy).toMatch(
    /default-src 'none'; script-src 'sha256-[\w+/=]{44}'; .*sandbox allow-scr/,
  );
  expect(policy).not.toMatch(/script-src[^;]*unsafe/);
  const [page, ...items] = pieces;
  expect(page.title).toBe("a");
  expect(page.summary).toEqual([
    ["words", "exact_match,none", "0.5000", "0.0945 to 0.9055", "2 scored, 0 failed"],
  ]);
  expect(items.map(({ kind, cells }) => [kind, cells[4]])).toEqual([
    ["right", "yes"],
    ["wrong", HOSTILE],
  ]);
  expect(text).not.toContain("<img"); // in the bytes it is no element
  expect(text.match(/<\/script>/g)).toHaveLength(pieces.length + 1);
});

test("two runs are compared item by item; without a shared task that is told", async () => {
  const work = runsFolder();
  await writeEvaluation(work.path("deep/a"), "small", ["yes", "no", "no"]);
  await writeEvaluation(work.path("b"), "large", ["yes", "yes", "nay"]);
  const { page } = asks(work.root);
  const { pieces } = await page("run=b&against=deep%2Fa");
  const [head, ...items] = pieces;
  expect(head.title).toBe("b against deep/a");
  expect(items.map(({ kind, cells }) => [kind, cells[1], cells[4], cells[5]])).toEqual([
    ["higher", "w1", "no\nexact_match 0", "yes\nexact_match 1"],
    ["answer", "w2", "no\nexact_match 0", "nay\nexact_match 0"],
  ]);
  work.write("c/journal/others.jsonl", '{"journal":1,"key":{}}\n');
  const unlike = await page("run=c&against=b");
  expect([unlike.status, unlike.error?.message]).toEqual([
    400,
    "b and c share no task: words against others",
  ]);
});

test("a journal that is being written, or damaged, is shown as far as it goes", async () => {
  const work = runsFolder();
  await writeEvaluation(work.path("a"), "small", ["yes", "no"]);
  await writeEvaluation(work.path("b"), "large", ["yes", "no"]);
  work.append("a/journal/words.jsonl", '{"id":"w2","st');
  const { page } = asks(work.root);
  expect((await page("run=a")).pieces).toHaveLength(3);
  work.append("a/journal/words.jsonl", "\n");
  const { status, pieces } = await page("run=a");
  const wrong = "journal/words.jsonl:4: is no record of an evaluation; the journal was damaged";
  expect(status).toBe(200);
  expect(pieces.slice(1).map(({ kind, cells }) => [kind, cells[4]])).toEqual([["failed", wrong]]);
  const diff = await page("run=a&against=b");
  expect([diff.status, diff.error?.message]).toEqual([400, `a/${wrong}`]);
});

test("no name leads out of the folder, or over a link", async () => {
  const [work, outside] = [runsFolder(), runsFolder()];
  await writeEvaluation(outside.path("secret"), "small", ["yes"]);
  await writeEvaluation(work.path("a"), "small", ["yes"]);
  symlinkSync(outside.path("secret"), work.path("linked"));
  mkdirSync(work.path("half"));
  symlinkSync(outside.path("secret/journal"), work.path("half/journal"));
  mkdirSync(work.path("line/journal"), { recursive: true });
  symlinkSync(outside.path("secret/journal/words.jsonl"), work.path("line/journal/words.jsonl"));
  const away = outside.root.split("/").at(-1)!;
  const { ask, page } = asks(work.root);
  const absolute = outside.path("secret");
  const names = `linked half ../${away}/secret ..%2f${away}%2fsecret ${absolute} a/../a a/. %00 %5c .`;
  for (const name of [...names.split(" "), "", "a/journal", "a/"]) {
    for (const query of [`run=${name}`, `run=a&against=${name}`]) {
      const { status, text } = await page(query);
      expect([status, text.includes("run_not_found")], query).toEqual([404, true]);
    }
  }
  // A journal that is a link is none.
  expect((await page("run=line")).pieces).toHaveLength(1);
  const { body } = await ask<Listed>("/reports");
  expect(body.data.map(({ name }) => name)).toEqual(["a"]);
});

test("keys and hosts hold for reports; damaged results are told without the folder's path", async () => {
  const work = runsFolder();
  await writeEvaluation(work.path("a"), "small", ["yes"]);
  for (const path of ["/reports", "/reports/page?run=a"]) {
    const locked = await asks(work.root, { apiKeys: ["secret"] }).ask(path);
    expect(locked.status).toBe(401);
    const local = asking(undefined, { work: work.root, isLocal: true });
    expect((await local(path, { host: "evil.example" })).status).toBe(403);
    expect((await local(path, { origin: "https://evil.example" })).status).toBe(403);
  }
  writeFileSync(work.path("a/small/results_9.json"), '{"results":3}');
  const { status, error } = await asks(work.root).page("run=a");
  expect([status, error?.message]).toEqual([
    400,
    "a/small/results_9.json: expected results, model_name and date, as onefold eval writes them",
  ]);
});
