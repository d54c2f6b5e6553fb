/** What rows become, and what is said of bad ones. */

import { closeSync, ftruncateSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { DataError, readRecords } from "../../../src/train/index.ts";
import { temporaryFolder } from "../support.ts";
import { assistant, kinds, readAll, user, writeRows } from "./records.ts";

const call = (name: string, id?: string) => ({
  id,
  type: "function",
  function: { name, arguments: "{}" },
});

it("reads a row of each kind", async () => {
  const rows = [
    { messages: [user("q"), assistant("a", { reasoning_content: "hm" })], id: 7, channel: "c" },
    { prompt: "p", completion: "c", weight: 2 },
    { prompt: [user("p")], completion: [assistant("c")] },
    { prompt: "p", chosen: "good", rejected: "bad" },
    { chosen: [user("p"), assistant("good")], rejected: [user("p"), assistant("bad")] },
    { prompt: "p", completion: "c", label: false },
    { text: "once", url: "ignored" },
    { prompt: [user("1+1")], answer: "2", tests: ["a"] },
    { repo: "demo", files: [{ path: "a.py", content: "x = 1\n", size: 6 }], stars: 3 },
  ];
  const files = rows.map((row, i) => writeRows([row], `rows-${i}.jsonl`));
  const { records, problems } = await readAll(files);
  expect(problems).toEqual([]);
  const plain = records.map(({ file: _, line: _line, ...rest }) => rest);
  expect(plain).toEqual([
    {
      kind: "messages",
      messages: [user("q"), assistant("a", { reasoning_content: "hm" })],
      id: "7",
      channel: "c",
      weight: 1,
    },
    { kind: "completion", prompt: "p", completion: "c", weight: 2 },
    { kind: "completion", prompt: [user("p")], completion: [assistant("c")], weight: 1 },
    { kind: "preference", prompt: "p", chosen: "good", rejected: "bad", weight: 1 },
    {
      kind: "preference",
      prompt: [user("p")],
      chosen: [assistant("good")],
      rejected: [assistant("bad")],
      weight: 1,
    },
    { kind: "unpaired", prompt: "p", completion: "c", label: false, weight: 1 },
    { kind: "text", text: "once", weight: 1 },
    {
      kind: "reward",
      prompt: [user("1+1")],
      columns: { answer: "2", tests: ["a"] },
      weight: 1,
    },
    { kind: "repository", repo: "demo", files: [{ path: "a.py", content: "x = 1\n" }], weight: 1 },
  ]);
  expect(records[0]).toMatchObject({ file: files[0], line: 1 });
});

it("takes tools, calls and answers, template variables, nulls and lists of text parts", async () => {
  const tools = [{ type: "function", function: { name: "add", parameters: {} } }];
  const messages = [
    {
      role: "user",
      content: [
        { type: "text", text: "1" },
        { type: "text", text: "+1" },
      ],
      name: null,
    },
    { role: "assistant", content: null, tool_calls: [call("add", "x"), call("add", "y")] },
    { role: "tool", content: "2", tool_call_id: "y" },
    { role: "tool", content: "2", tool_call_id: "x" },
    assistant("two"),
  ];
  const row = { messages, tools, enable_thinking: false, chat_template_kwargs: { a: 1 } };
  const { records, problems } = await readAll([writeRows([row])]);
  expect(problems).toEqual([]);
  expect(records[0]).toMatchObject({ tools, variables: { a: 1, enable_thinking: false } });
  expect(records[0]).toMatchObject({
    messages: [user("1+1"), { role: "assistant", content: "" }, {}, {}, assistant("two")],
  });
});

const good = { text: "fine" };
const pair = { prompt: [user("p")], chosen: [assistant("a")], rejected: [assistant("b")] };
const chat = (...messages: object[]) => ({ messages });

it.each<[object | string, string, RegExp]>([
  // The file.
  ["[1]", "json", /:2: must be a JSON object, found an array; write one JSON object a line/],
  ['{"text": "a",}', "json", /:2: is not JSON: unexpected "}" at column 14/],
  ['{"text": "a"', "json", /it ends too early/],
  ['{"text": "a", "text": "b"}', "json", /:2: has the key "text" twice in one object/],
  [Buffer.from([0x7b, 0xff, 0x7d]), "encoding", /:2: is not valid UTF-8; save/],
  [Buffer.from('{"text":"a"}', "utf16le"), "encoding", /but looks like UTF-16/],
  ['{"text": "a\\ud800"}', "encoding", /:2: text holds half a surrogate pair/],
  ['{"text": "a\\u0000b"}', "encoding", /NUL/],
  // The kind.
  [{ body: "x" }, "kind", /expected the keys messages, or prompt \+ completion.*found body/],
  [{ conversations: [] }, "kind", /rename "conversations" to "messages".*"from" to "role"/],
  [{ instruction: "a", output: "b" }, "kind", /rename "instruction" to "prompt"/],
  [{ messages: [user("a")], text: "b" }, "kind", /keys of several kinds \(messages, text\)/],
  [{ prompt: "p", completion: "c" }, "mixed", /:2: is of kind completion, the rows before/],
  // Types and roles.
  [
    chat({ role: "gpt", content: "x" }),
    "role",
    /messages\[0\]\.role must be one of system, user, assistant, tool, found "gpt"; write assistant/,
  ],
  [
    chat({ role: "user", content: 3 }),
    "type",
    /messages\[0\]\.content must be text or a list of parts, found 3/,
  ],
  [
    chat({ role: "user" }, assistant("a")),
    "type",
    /messages\[0\]\.content must be .*found nothing/,
  ],
  [{ messages: "hello" }, "type", /messages must be a list of messages, found "hello"/],
  [{ messages: [] }, "type", /messages must be a list of at least one message/],
  [{ text: 3 }, "type", /text must be text, found 3/],
  [{ text: "a", weight: 0 }, "type", /weight must be a number above 0, found 0/],
  [
    { ...pair, weight: 2 },
    "kind",
    /weight does not count in rows of kind preference; leave it out/,
  ],
  [{ prompt: "p", completion: "c", label: 1 }, "type", /label must be true or false, found 1/],
  [
    { prompt: "p", completion: [assistant("c")] },
    "type",
    /completion is a list, the prompt is not/,
  ],
  [chat(assistant("first")), "role", /begins with an answer; put a question before it/],
  [chat(user("only a question")), "supervised", /messages has no message of the assistant/],
  [
    { prompt: [user("q"), assistant("a")], x: 1 },
    "role",
    /prompt\[1\]\.role is assistant: the prompt ends/,
  ],
  // Tools.
  [
    chat(user("q"), { role: "tool", content: "2" }, assistant("a")),
    "tool",
    /messages\[1\] answers no call/,
  ],
  [
    chat(
      user("q"),
      assistant("", { tool_calls: [call("f", "a")] }),
      { role: "tool", content: "2" },
      { role: "tool", content: "3" },
    ),
    "tool",
    /messages\[3\] is one tool message more than there are calls/,
  ],
  [
    chat(user("q"), assistant("", { tool_calls: [call("f", "a")] }), {
      role: "tool",
      content: "2",
      tool_call_id: "b",
    }),
    "tool",
    /messages\[2\]\.tool_call_id "b" is not the id of an open call \(a\)/,
  ],
  [
    chat(user("q"), assistant("", { tool_calls: [{ name: "f", arguments: "{" }] })),
    "tool",
    /messages\[1\]\.tool_calls\[0\]\.arguments is text that is not a JSON object/,
  ],
  [
    chat({ ...user("q"), tool_calls: [call("f")] }, assistant("a")),
    "tool",
    /messages\[0\]\.tool_calls belongs to a message of the user/,
  ],
  // Media, blanks, pairs.
  [
    chat({ role: "user", content: [{ type: "image", image: "a.png" }] }, assistant("a")),
    "media",
    /messages\[0\]\.content\[0\] holds image, and the model takes no image/,
  ],
  [{ ...chat(user("q"), assistant("a")), images: ["a.png"] }, "media", /images holds image/],
  [chat(user("q"), assistant(" \n")), "empty", /messages\[1\]\.content is blank/],
  [{ prompt: "p", completion: "" }, "empty", /completion is blank/],
  [{ prompt: "", completion: "c" }, "empty", /prompt is blank/],
  [{ text: " " }, "empty", /text is blank/],
  [{ repo: "r", files: [{ path: "a", content: "" }] }, "empty", /files\[0\]\.content is blank/],
  [
    { repo: "r", files: [{ content: "x" }] },
    "type",
    /files\[0\]\.path must be text, found nothing/,
  ],
  [{ ...pair, rejected: pair.chosen }, "pair", /rejected is the same as chosen/],
  [
    { chosen: [user("p"), assistant("a")], rejected: [user("other"), assistant("b")] },
    "pair",
    /rejected does not begin with the same prompt as chosen/,
  ],
  [
    { chosen: "a", rejected: "b" },
    "kind",
    /prompt is missing, and two texts do not say where it ends/,
  ],
  [{ ...pair, chosen: [assistant("")] }, "empty", /chosen\[0\]\.content is blank/],
])("refuses %j by the rule %s", async (row, rule, message) => {
  const file = writeRows([good, row, good]);
  const read = async () => {
    for await (const _ of readRecords([file], { kinds }));
  };
  const error = await read().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DataError);
  expect((error as DataError).message).toMatch(message);
  expect((error as DataError).problem).toMatchObject({ file, line: 2, rule });
  expect((error as DataError).message).not.toContain("\n");
  // Told instead of thrown, the good rows around it still come.
  const { records, problems } = await readAll([file]);
  expect(problems.map((problem) => problem.rule)).toEqual([rule]);
  expect(records.map(({ line }) => line)).toEqual([1, 3]);
});

it("asks a method which kinds it takes", async () => {
  const rows = [{ prompt: "p", completion: "c", label: true, answer: "x" }];
  const file = writeRows(rows);
  const kindOf = async (...wanted: typeof kinds) =>
    (await readAll([file], { kinds: wanted })).records.map(({ kind }) => kind);
  expect(await kindOf("completion")).toEqual(["completion"]);
  expect(await kindOf("reward")).toEqual(["reward"]);
  expect(await kindOf("completion", "unpaired")).toEqual(["unpaired"]);
  const { problems } = await readAll([file], { kinds: ["preference"] });
  expect(problems[0]).toMatchObject({
    rule: "kind",
    found: "is of kind unpaired; expected preference",
  });
});

it("takes media of a model that has them", async () => {
  const content = [
    { type: "image", image: "a.png" },
    { type: "text", text: "what?" },
  ];
  const file = writeRows([chat({ role: "user", content }, assistant("a"))]);
  const media = await readAll([file], { media: ["image"] });
  expect(media.records[0]).toMatchObject({ messages: [{ content }, {}] });
  expect((await readAll([file], { media: "any" })).problems).toEqual([]);
});

it("refuses an id that comes twice, also in another file, and a file without rows", async () => {
  const files = [
    writeRows(
      [
        { text: "a", id: 1 },
        { text: "b", id: "2" },
      ],
      "one.jsonl",
    ),
    writeRows([{ text: "c", id: "1" }], "two.jsonl"),
    writeRows(["", " "], "none.jsonl"),
  ];
  const { problems } = await readAll(files);
  expect(problems.map(({ rule, line }) => [rule, line])).toEqual([
    ["duplicate", 1],
    ["none", 0],
  ]);
  expect(problems[0].found).toBe(`"1" names the row at ${files[0]}:1 too`);
});

it("reads CRLF, a byte order mark, blank lines and a last line without an end", async () => {
  const file = join(temporaryFolder(), "rows.jsonl");
  writeFileSync(file, '\ufeff{"text": "one"}\r\n\r\n  \n{"text": "two"}\r\n{"text": "three"}');
  const { records } = await readAll([file]);
  expect(records.map((r) => [r.line, r.kind === "text" && r.text])).toEqual([
    [1, "one"],
    [4, "two"],
    [5, "three"],
  ]);
});

it("names files that cannot be read", async () => {
  await expect(readAll(["/none.jsonl"])).rejects.toThrow("/none.jsonl: no such file or folder");
  await expect(readAll(["/a.csv"])).rejects.toThrow(
    "/a.csv: data in .csv is not read; expected .jsonl, .ndjson or .json",
  );
  const array = writeRows(['[{"text": "a"},', '{"text": "b"}]'], "array.json");
  const { problems } = await readAll([array]);
  expect(problems).toHaveLength(1); // its further lines are no rows
  expect(problems[0].fix).toContain("the file is one JSON array");
});

it("never holds a line over the limit, and reads on behind it", async () => {
  const long = JSON.stringify({ text: "x".repeat(5000) });
  const file = writeRows([good, long, good]);
  const { records, problems } = await readAll([file], { maxRowBytes: 1000 });
  expect(problems).toMatchObject([{ line: 2, rule: "length" }]);
  expect(records.map(({ line }) => line)).toEqual([1, 3]);
  expect((await readAll([file])).problems).toEqual([]);
});

it("tells a line of a gigabyte by the limit alone", async () => {
  const file = join(temporaryFolder(), "huge.jsonl");
  const handle = openSync(file, "w");
  writeSync(handle, '{"text": "fine"}\n{"text": "');
  ftruncateSync(handle, 2 ** 30); // sparse: zeros without a line feed
  closeSync(handle);
  const before = process.memoryUsage().arrayBuffers;
  let lines = 0;
  const read = async () => {
    for await (const _ of readRecords([file], { kinds, maxRowBytes: 2 ** 24 })) lines++;
  };
  await expect(read()).rejects.toThrow(/huge\.jsonl:2: is longer than 16777216 bytes/);
  expect(lines).toBe(1);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 27);
});

it("takes texts: a document a file, or parted by lines of <|endoftext|>", async () => {
  const folder = temporaryFolder();
  const write = (name: string, text: string | Buffer) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const code = "def f():\r\n    return 1\n\n";
  const files = [
    write("f.py", code),
    write("stories.txt", "\ufeffOnce.\nTwice.\n<|endoftext|>\n\n<|endoftext|>\r\nAgain."),
  ];
  const { records, problems } = await readAll(files);
  expect(problems).toEqual([]);
  expect(records.map((r) => [r.line, r.kind === "text" && r.text])).toEqual([
    [1, code],
    [1, "Once.\nTwice."],
    [6, "Again."],
  ]);
  const bad = [write("a.txt", Buffer.from([0x61, 0x0a, 0xc3, 0x28])), write("b", "a\0b")];
  expect((await readAll(bad)).problems).toMatchObject([
    { rule: "encoding", line: 2, found: "is not valid UTF-8" },
    { rule: "encoding", line: 1 },
  ]);
  const long = await readAll([write("long.txt", "a\n".repeat(100))], { maxRowBytes: 99 });
  expect(long.problems).toMatchObject([{ rule: "length", line: 1 }]);
  const line = await readAll([write("line.txt", "a".repeat(100))], { maxRowBytes: 99 });
  expect(line.problems).toMatchObject([{ rule: "length", line: 1 }]);
});

it("reads any text back as it was written", async () => {
  const check = async (texts: readonly string[]) => {
    const { records, problems } = await readAll([writeRows(texts.map((text) => ({ text })))]);
    expect(problems).toEqual([]);
    expect(records.map((r) => r.kind === "text" && r.text)).toEqual(texts);
  };
  const unit = fc.string({ unit: "binary", minLength: 1 });
  const texts = fc.array(
    unit.filter((text) => text.trim() !== "" && !text.includes("\0")),
    { minLength: 1 },
  );
  await fc.assert(fc.asyncProperty(texts, check), { numRuns: 10 });
  // Lines that end right at, before and behind the border of what is read at a time.
  const frame = '{"text":""}'.length;
  for (const length of [2 ** 20 - 2, 2 ** 20 - 1, 2 ** 20]) {
    await check(["x".repeat(length - frame), "é".repeat(2 ** 20), "y"]);
  }
});

it("takes or refuses any JSON, and never breaks on it", async () => {
  const key = fc.constantFrom(
    "messages",
    "prompt",
    "completion",
    "chosen",
    "rejected",
    "label",
    "text",
    "role",
    "content",
    "tool_calls",
    "function",
    "name",
    "arguments",
    "repo",
    "files",
    "id",
    "weight",
    "type",
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom<unknown>("", "text", "user", "assistant", "tool", null, true, 0, 2),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(key, tie("value"), { maxKeys: 4 }),
    ),
  }));
  const row = fc.dictionary(key, value, { maxKeys: 5 });
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 20, maxLength: 40 }), async (rows) => {
      const { records, problems } = await readAll([writeRows(rows)]);
      const told = new Set(problems.map(({ line }) => line));
      for (const { line } of records) expect(told.has(line)).toBe(false);
      expect(records.length + told.size).toBe(rows.length);
      for (const { found, fix } of problems) expect(`${found}${fix}`).not.toContain("undefined");
    }),
    { numRuns: 20 },
  );
});
