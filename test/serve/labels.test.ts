import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { expect, test } from "vitest";
import { readLabels } from "../../src/evaluate/sage/index.ts";
import { createApp, createModelPool } from "../../src/serve/index.ts";
import { jsonLines, variantRow, verdict } from "../evaluate/sage/variants.ts";
import { runsFolder } from "./runs-folder.ts";

interface Failed {
  readonly error: { readonly message: string; readonly code: string | null };
}

interface Progress {
  readonly annotators: readonly { readonly name: string; readonly ids: string[] }[];
  readonly agreement: readonly {
    readonly reference: string;
    readonly other: string;
    readonly variants: number;
    readonly of: Record<string, Record<string, number | null>>;
  }[];
}

function asks(work: string | undefined, options: Parameters<typeof createApp>[1] = {}) {
  const app = createApp(createModelPool([]), { work, ...options });
  return async <T>(path: string, init?: RequestInit) => {
    const response = await app.fetch(new Request(`http://localhost${path}`, init));
    return { status: response.status, body: (await response.json()) as T & Failed };
  };
}

const post = (body: object, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(body),
});
const digits = (type: number, label: number, unique: number) => ({
  labels: { type_ok: type, label_ok: label, unique_ok: unique },
});

const rows = [0.9, 0.2, 0.8, 0.7].map((score, i) => variantRow(i, verdict(score, 1, 1)));

test("files of variants are told by their first lines", async () => {
  const work = runsFolder();
  work.write("deep/er/variants.jsonl", jsonLines(rows));
  work.write("variants.labels.jsonl", jsonLines([{ id: "v0", variant: rows[0] }]));
  work.write("train.jsonl", jsonLines([{ messages: [] }]));
  work.write("broken.jsonl", '{"choices":[');
  work.write(".hidden.jsonl", jsonLines(rows));
  work.write("variants.txt", jsonLines(rows));
  symlinkSync(work.path("deep/er/variants.jsonl"), work.path("link.jsonl"));
  const { body } = await asks(work.root)<{ data: { name: string }[] }>("/labels");
  expect(body.data.map(({ name }) => name)).toEqual(["deep/er/variants.jsonl"]);
  expect((await asks(undefined)("/labels")).body).toMatchObject({ folder: null, data: [] });
});

test("a variant is shown with its source, and labels are on disk row by row", async () => {
  const work = runsFolder();
  work.write("a/variants.jsonl", jsonLines(rows));
  const ask = asks(work.root);
  const opened = await ask<Progress & { variants: object[] }>("/labels/file?file=a/variants.jsonl");
  expect(opened.body).toMatchObject({
    labels: "variants.labels.jsonl",
    variants: rows.map(({ id, type }) => ({ id, type })),
    annotators: [],
    agreement: [],
  });
  expect((await ask("/labels/variant?file=a/variants.jsonl&id=v2")).body).toEqual({
    id: "v2",
    type: "negation",
    definition: expect.stringContaining("NOT so"),
    src_id: "s1",
    question: rows[2]!.question,
    choices: rows[2]!.choices,
    label: 1,
    source: rows[2]!.source,
  }); // and not what the verifier said of it
  const save = (id: string, annotator: string, labels: object, seconds?: number) =>
    ask<Progress>("/labels", post({ file: "a/variants.jsonl", id, annotator, seconds, ...labels }));
  // At the same time: each row is whole, none is lost.
  await Promise.all(rows.map(({ id }, i) => save(id, "ada", digits(i < 3 ? 1 : 0, 1, 1), i)));
  await save("v1", "bob", digits(0, 1, 1));
  const { body } = await save("v0", "bob", digits(1, 1, 1));
  expect(body.annotators).toEqual([
    { name: "ada", ids: ["v0", "v1", "v2", "v3"] },
    { name: "bob", ids: ["v1", "v0"] },
  ]);
  const told = body.agreement.map((each) => [each.reference, each.other, each.variants]);
  expect(told).toEqual([
    ["ada", "verifier", 4],
    ["bob", "verifier", 2],
    ["majority", "verifier", 4],
    ["ada", "bob", 2],
  ]);
  // Verifier: valid, not, valid, valid; ada: valid, valid, valid, not.
  expect(body.agreement[0]!.of.valid).toEqual({
    accuracy: 0.5,
    kappa: expect.closeTo(-1 / 3, 12),
    ac1: expect.closeTo((0.5 - 0.375) / 0.625, 12),
  });
  const file = work.path("a/variants.labels.jsonl");
  expect(await readLabels(file)).toHaveLength(6);
  const [first] = readFileSync(file, "utf8").split("\n");
  expect(JSON.parse(first!)).toMatchObject({
    id: "v0",
    variant: { qual: verdict(0.9, 1, 1).qual },
  });
  // The file of variants was written anew, in the same second perhaps: it is read again.
  work.write("a/variants.jsonl", jsonLines(rows.slice(0, 1)));
  const shorter = await ask<{ variants: object[] }>("/labels/file?file=a/variants.jsonl");
  expect(shorter.body.variants).toHaveLength(1);
  // Labels of other variants with the same ids are not taken for labels of these.
  work.write("a/variants.jsonl", jsonLines([variantRow(0, { choices: ["a", "b"] })]));
  const other = await ask("/labels/file?file=a/variants.jsonl");
  expect([other.status, other.body.error.message]).toEqual([
    400,
    expect.stringMatching(/^a\/variants\.labels\.jsonl: the label of "v0" by ada is of another/),
  ]);
});

test("no name leads out of the folder, over a link, or to another kind of file", async () => {
  const [work, outside] = [runsFolder(), runsFolder()];
  outside.write("secret.jsonl", jsonLines(rows));
  work.write("variants.jsonl", jsonLines(rows));
  work.write("variants.txt", jsonLines(rows));
  symlinkSync(outside.path("secret.jsonl"), work.path("linked.jsonl"));
  symlinkSync(outside.root, work.path("above"));
  mkdirSync(work.path("folder.jsonl"));
  const away = outside.root.split("/").at(-1)!;
  const ask = asks(work.root);
  const names = [
    "linked.jsonl",
    "above/secret.jsonl",
    "folder.jsonl",
    "variants.txt",
    "nothing.jsonl",
  ];
  const more = [`../${away}/secret.jsonl`, outside.path("secret.jsonl"), "./variants.jsonl", ""];
  for (const name of [...names, ...more, "\0.jsonl", "a\\b.jsonl", ".jsonl", "../.jsonl"]) {
    const file = encodeURIComponent(name);
    const body = { file: name, id: "v0", annotator: "ada", ...digits(1, 1, 1) };
    for (const asked of [
      ask(`/labels/file?file=${file}`),
      ask(`/labels/variant?file=${file}&id=v0`),
      ask("/labels", post(body)),
    ]) {
      const { status, body: failed } = await asked;
      expect([status, failed.error.code], name).toEqual([404, "file_not_found"]);
    }
  }
  // Nor are labels written through a link.
  symlinkSync(outside.path("secret.jsonl"), work.path("variants.labels.jsonl"));
  const body = { file: "variants.jsonl", id: "v0", annotator: "ada", ...digits(1, 1, 1) };
  const { status, body: failed } = await ask("/labels", post(body));
  expect([status, failed.error.message]).toEqual([
    400,
    "variants.labels.jsonl is no plain file; move it away to label these variants",
  ]);
  expect(readFileSync(outside.path("secret.jsonl"), "utf8")).toBe(jsonLines(rows));
});

test("wrong labels, unknown variants and damaged files are refused in a sentence", async () => {
  const work = runsFolder();
  work.write("a/variants.jsonl", jsonLines(rows));
  const ask = asks(work.root);
  const good = { file: "a/variants.jsonl", id: "v0", annotator: "ada", ...digits(1, 1, 1) };
  const refused = async (change: object) =>
    (await ask("/labels", post({ ...good, ...change }))).body;
  expect((await refused({ id: "v9" })).error.message).toBe('no variant has the id "v9"');
  expect((await refused({ annotator: "verifier" })).error.message).toContain(
    "annotator: expected a name other",
  );
  expect((await refused(digits(1, 2, 1))).error.message).toBe("labels.label_ok: expected 0 or 1");
  expect((await refused({ seconds: -1 })).error.message).toContain("seconds");
  work.write("a/variants.labels.jsonl", '{"id":3}\n');
  const damaged = await refused({});
  expect(damaged.error.message).toBe("a/variants.labels.jsonl:1: id: expected text, found 3");
  work.write("b.jsonl", jsonLines([rows[0]!, { ...rows[1]!, choices: "A" }]));
  const { status, body } = await ask("/labels/file?file=b.jsonl");
  expect([status, body.error.message]).toEqual([
    400,
    'b.jsonl:2: choices: expected a list of texts, found "A"',
  ]);
});

test("keys, origins and hosts hold for labels: no other page can write", async () => {
  const work = runsFolder();
  work.write("variants.jsonl", jsonLines(rows));
  const body = { file: "variants.jsonl", id: "v0", annotator: "ada", ...digits(1, 1, 1) };
  expect((await asks(work.root, { apiKeys: ["secret"] })("/labels", post(body))).status).toBe(401);
  const local = asks(work.root, { isLocal: true });
  for (const header of ["origin: https://evil.example", "host: evil.example"]) {
    const [name = "", value = ""] = header.split(/: /);
    expect((await local("/labels", post(body, { [name]: value }))).status).toBe(403);
  }
  const form = { "content-type": "text/plain" }; // what a form of another page could send
  expect((await local("/labels", post(body, form))).status).toBe(415);
  expect(await readLabels(work.path("variants.labels.jsonl"))).toEqual([]);
});
