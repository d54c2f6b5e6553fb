/** Which tokens of a row are learned. */

import { expect, it } from "vitest";
import { createChatTemplate, loadTokenizer, trainBpe } from "../../../src/media/text/index.ts";
import {
  type Learnable,
  promptTokens,
  type RecordOf,
  type Sequence,
  superviseAnswer,
  toSamples,
} from "../../../src/train/index.ts";
import { CHATML } from "../../../src/train/job/chatml.ts";
import { assistant, readAll, user, writeRows } from "./records.ts";

const specialTokens = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];
const tokenizer = await loadTokenizer({
  tokenizer: trainBpe(["user assistant question answer"], { vocabSize: 280, specialTokens }),
  config: { eos_token: "<|im_end|>", pad_token: "<|endoftext|>" },
});
const options = { tokenizer, template: await createChatTemplate(CHATML), maxLength: 200 };

async function rowsOf(...rows: object[]): Promise<Learnable[]> {
  const { records, problems } = await readAll([writeRows(rows)]);
  expect(problems).toEqual([]);
  return records as Learnable[]; // the tests give no other kinds
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

it("learns the answer to a prompt and its end, in texts and in messages", async () => {
  const row = { prompt: "two plus two is", completion: " four" };
  const { sequences } = toSamples(await rowsOf(row), options);
  expect(learnedText(sequences[0])).toEqual([" four<|endoftext|>"]);
  expect(tokenizer.decode(sequences[0].tokens)).toBe("two plus two is four<|endoftext|>");
  const all = toSamples(await rowsOf(row), { ...options, lossOn: "all" });
  expect(all.learned).toBe(all.tokens - 1); // nothing comes before the first

  const prompt = [user("a"), assistant("A"), user("b")];
  const chat = toSamples(await rowsOf({ prompt, completion: [assistant("B")] }), options);
  expect(chat.sequences.map(learnedText)).toEqual([["B<|im_end|>"]]);
});

const call = { type: "function", function: { name: "add", arguments: '{"a": 1}' } };
const TOOLS =
  "{% for t in tools %}[{{ t.function.name }}]{% endfor %}" +
  "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}" +
  "{% for c in m.tool_calls %}call {{ c.function.name }} {{ c.function.arguments.a }}{% endfor %}" +
  "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
const agent = {
  tools: [{ type: "function", function: { name: "add" } }],
  messages: [
    user("a"),
    assistant("A"),
    user("b"),
    assistant("", { tool_calls: [call] }),
    { role: "tool", content: "2" },
    assistant("B"),
  ],
};

it("learns tool calls, not what tools say; with lossOn, the last round or everything", async () => {
  const tools = { ...options, template: await createChatTemplate(TOOLS) };
  const [whole] = toSamples(await rowsOf(agent), tools).sequences;
  expect(learnedText(whole)).toEqual(["A<|im_end|>", "call add 1<|im_end|>", "B<|im_end|>"]);
  expect(tokenizer.decode(whole.tokens)).toMatch(/^\[add\]/);
  const [last] = toSamples(await rowsOf(agent), { ...tools, lossOn: "last" }).sequences;
  expect(learnedText(last)).toEqual(["call add 1<|im_end|>", "B<|im_end|>"]);
  expect(Array.from(last.tokens)).toEqual(Array.from(whole.tokens));
  const all = toSamples(await rowsOf(agent), { ...tools, lossOn: "all" });
  expect(all.sequences.map(learnedText)).toEqual([[tokenizer.decode(whole.tokens)]]);
});

it("leaves an empty thinking block out of what is learned where told so", async () => {
  const template = await createChatTemplate(
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.role == 'assistant' %}<think>\n" +
      "{{ m.reasoning_content or '' }}\n</think>\n\n{% endif %}{{ m.content }}<|im_end|>\n" +
      "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
  );
  const messages = [
    user("a"),
    assistant("A"),
    user("b"),
    assistant("B", { reasoning_content: "r" }),
  ];
  const rows = await rowsOf({ messages });
  const plain = toSamples(rows, { ...options, template }).sequences;
  expect(plain.map(learnedText)).toEqual([
    ["<think>\n\n</think>\n\nA<|im_end|>", "<think>\nr\n</think>\n\nB<|im_end|>"],
  ]);
  const without = toSamples(rows, { ...options, template, ignoreEmptyThink: true }).sequences;
  expect(without.map(learnedText)).toEqual([
    ["A<|im_end|>", "<think>\nr\n</think>\n\nB<|im_end|>"],
  ]);
});

it("gives the template a row's variables, not its other columns", async () => {
  const template = await createChatTemplate(
    "{{ enable_thinking }}{{ mood }}{{ note }}|{% for m in messages %}{{ m.content }}{% endfor %}",
  );
  const messages = [user("a"), assistant("A")];
  const row = {
    messages,
    enable_thinking: false,
    chat_template_kwargs: { mood: "kind" },
    note: "no",
  };
  const { sequences } = toSamples(await rowsOf(row), { ...options, template });
  expect(tokenizer.decode(sequences[0].tokens)).toBe("Falsekind|aA");
});

it("makes a sequence of each answer of a pair, and a prompt's tokens", async () => {
  const texts = { prompt: "p", chosen: " good", rejected: " bad" };
  const chat = {
    chosen: [...agent.messages, user("c"), assistant("good")],
    rejected: [...agent.messages, user("c"), assistant("bad")],
    tools: agent.tools,
  };
  const template = await createChatTemplate(TOOLS);
  const parts = (record: RecordOf<"preference">) =>
    [record.chosen, record.rejected].map((answer) =>
      learnedText(superviseAnswer(record, answer, { ...options, template })),
    );
  for (const [row, end] of [
    [texts, "<|endoftext|>"],
    [chat, "<|im_end|>"],
  ] as const) {
    const { records } = await readAll([writeRows([row])]);
    const record = records[0] as RecordOf<"preference">;
    const space = row === texts ? " " : "";
    expect(parts(record)).toEqual([[`${space}good${end}`], [`${space}bad${end}`]]);
    const prompt = tokenizer.decode(promptTokens(record, { tokenizer, template }));
    expect(prompt).toMatch(
      row === texts ? /^p$/ : /^\[add\].*user\nc<\|im_end\|>\n<\|im_start\|>assistant\n$/s,
    );
  }
});

it("hands channel, weight and place on", async () => {
  const rows = await rowsOf({ text: "some text", channel: "web", weight: 0.5 });
  const [sequence] = toSamples(rows, options).sequences;
  expect(sequence).toMatchObject({ channel: "web", weight: 0.5, where: `${rows[0].file}:1` });
});

it("refuses rows of which nothing is learned, with file, line and rule", async () => {
  const cut = await rowsOf({ text: "fine text" });
  const long = await rowsOf({ messages: [user("x".repeat(400)), assistant("y")] });
  expect(() => toSamples([...cut, ...long], options)).toThrow(
    /rows\.jsonl:1: has nothing to learn: the answer starts after 200 tokens; raise data\.max_length \(rule: supervised\)/,
  );
  const bare = await loadTokenizer({
    tokenizer: trainBpe(["user"], { vocabSize: 280, specialTokens }),
    config: {},
  });
  expect(() =>
    toSamples([{ ...(cut[0] as RecordOf<"text">), text: "a" }], { ...options, tokenizer: bare }),
  ).toThrow(/rows\.jsonl:1: has nothing to learn; give an answer, or a text of two tokens or more/);
});

it("tells what a template refuses, and one that does not continue its prompt", async () => {
  const rows = await rowsOf({ messages: [user("q"), assistant("a")] });
  const refusing = await createChatTemplate("{{ raise_exception('no such role') }}");
  expect(() => toSamples(rows, { ...options, template: refusing })).toThrow(
    /rows\.jsonl:1: .*no such role.*\(rule: template\)/,
  );
  const other = await createChatTemplate(
    "{% if add_generation_prompt %}ask{% endif %}{{ messages[0].content }}",
  );
  expect(() => toSamples(rows, { ...options, template: other })).toThrow(
    /:1: the chat template renders message 1 other than as a continuation of its prompt/,
  );
});
