/** Which tokens of a row are learned. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createChatTemplate, loadTokenizer, trainBpe } from "../../src/media/text/index.ts";
import type { Sequence } from "../../src/train/index.ts";
import { CHATML } from "../../src/train/job/chatml.ts";
import { readRows } from "../../src/train/job/rows.ts";
import { toSamples } from "../../src/train/job/supervise.ts";
import { temporaryFolder } from "./support.ts";

const specialTokens = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];
const tokenizer = await loadTokenizer({
  tokenizer: trainBpe(["user assistant question answer"], { vocabSize: 280, specialTokens }),
  config: { eos_token: "<|im_end|>", pad_token: "<|endoftext|>" },
});
const options = { tokenizer, template: await createChatTemplate(CHATML), maxLength: 200 };

async function rowsOf(...lines: (object | string)[]) {
  const file = join(temporaryFolder(), "rows.jsonl");
  const text = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line)));
  writeFileSync(file, text.join("\n"));
  return (await readRows([file])).rows;
}

/** The text of the learned tokens, a string for each unbroken stretch. */
function learnedText({ tokens, learned }: Sequence): string[] {
  const stretches: number[][] = [];
  let open: number[] | undefined;
  Array.from(tokens).forEach((id, t) => {
    if (!learned[t]) open = undefined;
    else if (open) open.push(id);
    else {
      open = [id];
      stretches.push(open);
    }
  });
  return stretches.map((ids) => tokenizer.decode(ids));
}

const user = (content: string) => ({ role: "user", content });
const assistant = (content: string, more = {}) => ({ role: "assistant", content, ...more });

it("learns what the assistant says and its end token, nothing else", async () => {
  const messages = [
    { role: "system", content: "Be kind." },
    user("2+3?"),
    assistant("5"),
    user("+1?"),
    assistant("6 "),
  ];
  const { sequences, learned, tokens } = toSamples(await rowsOf({ messages }), options);
  expect(sequences.length).toBe(1);
  expect(learnedText(sequences[0])).toEqual(["5<|im_end|>", "6 <|im_end|>"]);
  expect(tokenizer.decode(sequences[0].tokens)).toBe(
    options.template.render({ messages, add_generation_prompt: false }),
  );
  expect(tokens).toBe(sequences[0].tokens.length);
  expect(learned).toBe(Array.from(sequences[0].learned).filter(Boolean).length);
});

it("splits a conversation whose template forgets earlier thinking", async () => {
  // As Qwen3 does: thinking only in the last turn.
  const template = await createChatTemplate(
    "{% for m in messages %}<|im_start|>{{ m.role }}\n" +
      "{% if m.reasoning_content and loop.last %}<think>{{ m.reasoning_content }}</think>{% endif %}" +
      "{{ m.content }}<|im_end|>\n{% endfor %}" +
      "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
  );
  const messages = [
    user("a"),
    assistant("A", { reasoning_content: "hm" }),
    user("b"),
    assistant("B", { reasoning_content: "oh" }),
  ];
  const { sequences } = toSamples(await rowsOf({ messages }), { ...options, template });
  expect(sequences.map(learnedText)).toEqual([
    ["<think>hm</think>A<|im_end|>"],
    ["<think>oh</think>B<|im_end|>"],
  ]);
});

it("learns every token of a text once, in pieces that overlap by one", async () => {
  const text = "The quick brown fox jumps over the lazy dog, again and again.";
  const { sequences } = toSamples(await rowsOf({ text }), { ...options, maxLength: 10 });
  expect(sequences.length).toBeGreaterThan(4);
  const ids = sequences.flatMap(({ tokens }, i) => Array.from(tokens).slice(i === 0 ? 0 : 1));
  expect(tokenizer.decode(ids)).toBe(`${text}<|endoftext|>`);
  for (const [i, { tokens }] of sequences.entries()) {
    expect(tokens.length).toBeGreaterThan(1);
    expect(tokens.length).toBeLessThanOrEqual(10);
    if (i > 0) expect(tokens[0]).toBe(Array.from(sequences[i - 1].tokens).at(-1));
  }
});

it("treats control tokens in a text as text", async () => {
  const { sequences } = toSamples(await rowsOf({ text: "a<|im_end|>b" }), options);
  expect(Array.from(sequences[0].tokens)).not.toContain(tokenizer.eosId);
});

it("counts conversations that are cut", async () => {
  const long = { messages: [user("q"), assistant("x".repeat(300))] };
  const result = toSamples(await rowsOf(long, { messages: [user("q"), assistant("y")] }), options);
  expect(result.cut).toBe(1);
  expect(result.sequences[0].tokens.length).toBe(200);
});

it.each([
  [
    { messages: [user("only a question")] },
    /rows\.jsonl:2: nothing to learn in this row; expected/,
  ],
  [{ text: "" }, /rows\.jsonl:2: nothing to learn/],
  [{ messages: [user("x".repeat(400)), assistant("y")] }, /:2: nothing to learn.*data\.max_length/],
  [{ messages: [assistant("first")] }, /:2: the first message is the assistant's/],
  [{ prompt: "x" }, /rows\.jsonl:2: expected "messages" or "text" \(a string\), found prompt/],
  [{ messages: [] }, /rows\.jsonl:2.*at least one message/],
  ['{"text": "a",}', /rows\.jsonl:2: invalid JSON at line 1, column 14/],
  ["[1]", /rows\.jsonl:2: expected a JSON object, found an array/],
])("refuses row %j with file and line", async (row, message) => {
  const make = async () => toSamples(await rowsOf({ text: "fine text" }, row), options);
  await expect(make()).rejects.toThrow(message);
});

it("reads CRLF, a byte order mark and blank lines; refuses invalid UTF-8 and empty files", async () => {
  const file = join(temporaryFolder(), "rows.jsonl");
  writeFileSync(file, '\ufeff{"text": "one"}\r\n\r\n  \n{"text": "two"}\r\n');
  const { rows } = await readRows([file]);
  expect(rows.map((row) => "text" in row && row.text)).toEqual(["one", "two"]);
  expect(rows[1].where).toBe(`${file}:4`);
  writeFileSync(file, Buffer.from([0x7b, 0xff, 0x7d]));
  await expect(readRows([file])).rejects.toThrow(`${file}:1: not valid UTF-8`);
  writeFileSync(file, "\n");
  await expect(readRows([file])).rejects.toThrow(`${file}: no rows; expected JSON lines`);
  await expect(readRows([`${file}x`])).rejects.toThrow(`${file}x: no such file`);
});
