import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type AnswerDelta,
  type AnswerFormat,
  answerFormatOf,
  createAnswerParser,
  type ThinkingStart,
} from "../../../src/generate/index.ts";
import { fixture, publishedJson } from "../../media/text/fixtures.ts";

interface Whole {
  reasoning: string;
  content: string;
  calls: { id: string | undefined; name: string | undefined; arguments: string }[];
}

const tools = [
  {
    name: "weather",
    parameters: {
      type: "object",
      properties: {
        city: { type: "string" },
        days: { type: "integer" },
        zip: { type: "string" },
        opts: { type: "object" },
        maybe: { type: ["string", "null"] },
      },
    },
  },
];

function parse(pieces: readonly string[], format: AnswerFormat, start: ThinkingStart): Whole {
  let ids = 0;
  const parser = createAnswerParser(format, start, { tools, createId: () => `call_${ids++}` });
  const whole: Whole = { reasoning: "", content: "", calls: [] };
  const add = (delta: AnswerDelta): void => {
    if (delta.type !== "toolCall") {
      expect(delta.text).not.toBe("");
      whole[delta.type] += delta.text;
      return;
    }
    const { index, id, name } = delta;
    // Name and id come once, with the first delta; calls come one after the other.
    expect(index).toBe(name === undefined ? whole.calls.length - 1 : whole.calls.length);
    expect(id === undefined).toBe(name === undefined);
    if (name !== undefined) whole.calls.push({ id, name, arguments: "" });
    whole.calls[index]!.arguments += delta.arguments;
  };
  for (const piece of pieces) for (const delta of parser.push(piece)) add(delta);
  for (const delta of parser.flush()) add(delta);
  return whole;
}

/** Pieces of a text cut behind every byte, as a decoder of bytes gives them. */
function byBytes(text: string): string[] {
  const decoder = new TextDecoder();
  const bytes = Array.from(new TextEncoder().encode(text));
  return bytes.map((byte) => decoder.decode(Uint8Array.of(byte), { stream: true }));
}

const json: AnswerFormat = { toolCalls: "json" };
const xml: AnswerFormat = { toolCalls: "xml" };
const call = (name: string, args: string): string =>
  `<tool_call>\n{"name": "${name}", "arguments": ${args}}\n</tool_call>`;
const made = (...calls: [string, string][]) =>
  calls.map(([name, args], i) => ({ id: `call_${i}`, name, arguments: args }));

interface Sample {
  readonly what: string;
  readonly format: AnswerFormat;
  readonly start?: ThinkingStart;
  readonly text: string;
  readonly reasoning?: string;
  readonly content?: string;
  readonly calls?: [string, string][];
}

const samples: readonly Sample[] = [
  { what: "plain", format: json, text: "Hello <b>you</b> 答\n", content: "Hello <b>you</b> 答\n" },
  {
    what: "one call",
    format: json,
    text: call("weather", '{"city": "北京", "q": "a\\"}"}'),
    calls: [["weather", '{"city": "北京", "q": "a\\"}"}']],
  },
  {
    what: "thinking, content, two calls",
    format: json,
    text: `<think>\nuse <tool_call>?\n</think>\n\nCalling.\n${call("a", "{}")}\n${call("b", '{"x":[1,{"y":null}]}')}`,
    reasoning: "use <tool_call>?",
    content: "Calling.",
    calls: [
      ["a", "{}"],
      ["b", '{"x":[1,{"y":null}]}'],
    ],
  },
  {
    what: "arguments before the name",
    format: json,
    text: '<tool_call>{"arguments": {"x": 1.5e3} , "id": 7, "name": "n"}</tool_call>',
    calls: [["n", '{"x": 1.5e3}']],
  },
  {
    what: "arguments as a string, or none",
    format: json,
    text: `${call("a", '"{\\"x\\": 1}"')}<tool_call>{"name": "b"}</tool_call>`,
    calls: [
      ["a", '{"x": 1}'],
      ["b", "{}"],
    ],
  },
  {
    what: "content between and behind calls",
    format: json,
    text: `${call("a", "{}")}\n then \n${call("b", "{}")} end`,
    content: "thenend",
    calls: [
      ["a", "{}"],
      ["b", "{}"],
    ],
  },
  {
    what: "a bare tag",
    format: json,
    text: "the tag <tool_call> is",
    content: "the tag <tool_call> is",
  },
  {
    what: "no name",
    format: json,
    text: 'x \n<tool_call>{"arguments": {}}</tool_call>',
    content: 'x \n<tool_call>{"arguments": {}}</tool_call>',
  },
  {
    what: "arguments that are a list",
    format: json,
    text: call("a", "[1]"),
    content: call("a", "[1]"),
  },
  {
    what: "cut off before the arguments",
    format: json,
    text: '<tool_call>\n{"name": "a", "arg',
    content: '<tool_call>\n{"name": "a", "arg',
  },
  {
    what: "cut off inside the arguments",
    format: json,
    text: '<tool_call>\n{"name": "a", "arguments": {"x": "y',
    calls: [["a", '{"x": "y']],
  },
  {
    what: "arguments that stop being JSON",
    format: json,
    text: '<tool_call>\n{"name": "a", "arguments": {"x": oops}}',
    content: "oops}}",
    calls: [["a", '{"x": ']],
  },
  {
    what: "a broken call before a good one",
    format: json,
    text: `<tool_call>no ${call("a", "{}")}`,
    content: "<tool_call>no",
    calls: [["a", "{}"]],
  },
  {
    what: "a missing closing tag",
    format: json,
    text: '<tool_call>{"name": "a", "arguments": {}} and',
    content: "and",
    calls: [["a", "{}"]],
  },
  {
    what: "tags for parameters",
    format: xml,
    start: "open",
    text:
      "hm\n</think>\n\nOk.\n<tool_call>\n<function=weather>\n<parameter=city>\n北 <京>\n</parameter>\n" +
      "<parameter=days>\n3\n</parameter>\n<parameter=zip>\n0123\n</parameter>\n<parameter=opts>\n" +
      '{"a": [True]}\n</parameter>\n<parameter=maybe>\nNone\n</parameter>\n</function>\n</tool_call>',
    reasoning: "hm",
    content: "Ok.",
    calls: [
      [
        "weather",
        '{"city": "北 <京>", "days": 3, "zip": "0123", "opts": "{\\"a\\": [True]}", "maybe": null}',
      ],
    ],
  },
  {
    what: "tags without the outer one, no parameters, two calls",
    format: xml,
    text: "<function=a>\n</function>\n</tool_call>\n<tool_call><function=b></function></tool_call>",
    calls: [
      ["a", "{}"],
      ["b", "{}"],
    ],
  },
  {
    what: "a value that is cut off",
    format: xml,
    text: "<tool_call>\n<function=weather>\n<parameter=city>\nPa",
    calls: [["weather", '{"city": "Pa']],
  },
  {
    what: "tags that are no call",
    format: xml,
    text: "see <tool_call> and <function=a b>",
    content: "see <tool_call> and <function=a b>",
  },
  {
    what: "no calls at all",
    format: { toolCalls: undefined },
    text: call("a", "{}"),
    content: call("a", "{}"),
  },
];

describe.each(samples)("$what", ({ format, start = "auto", text, reasoning, content, calls }) => {
  const expected = {
    reasoning: reasoning ?? "",
    content: content ?? "",
    calls: made(...(calls ?? [])),
  };

  test("as a whole, and cut at every byte", () => {
    expect(parse([text], format, start)).toEqual(expected);
    expect(parse(byBytes(text), format, start)).toEqual(expected);
    for (let i = 1; i < text.length; i++) {
      expect(parse([text.slice(0, i), text.slice(i)], format, start)).toEqual(expected);
    }
  });
});

const unit = fc.constantFrom(
  ..."<tool_call>|</tool_call>|<function=|f>|</function>|<parameter=|p>|</parameter>|<think>|</think>".split(
    "|",
  ),
  ...'{"name": "f", |"arguments": |{"a": 1}|}|"x"|[|]|,|:|{|1.5|-|\\|nu|null|<|\n| |é|😀|a'.split(
    "|",
  ),
  call("f", "{}"),
);

test("any text cut anywhere gives what it gives as a whole", () => {
  fc.assert(
    fc.property(
      fc.array(unit, { maxLength: 20 }),
      fc.constantFrom(json, xml),
      fc.constantFrom<ThinkingStart>("open", "closed", "auto"),
      fc.array(fc.nat(5), { minLength: 1, maxLength: 8 }),
      (units, format, start, lengths) => {
        const text = units.join("");
        const whole = parse([text], format, start);
        expect(parse(byBytes(text), format, start)).toEqual(whole);
        const pieces: string[] = [];
        for (let at = 0, i = 0; at < text.length; i++) {
          const end = at + lengths[i % lengths.length]! + (i % 2);
          pieces.push(text.slice(at, end));
          at = end;
        }
        expect(parse(pieces, format, start)).toEqual(whole);
        // Nothing is lost where nothing is a call.
        if (start === "closed" && whole.calls.length === 0) expect(whole.content).toBe(text);
      },
    ),
    { numRuns: 2000 },
  );
}, 120_000);

test("the format is that of the chat template", () => {
  const template = (name: "qwen3" | "qwen2_5"): string =>
    String(publishedJson(name, "tokenizer_config.json").chat_template);
  expect(answerFormatOf(template("qwen3"))).toEqual(json);
  expect(answerFormatOf(template("qwen2_5"))).toEqual(json);
  expect(answerFormatOf("<tool_call>\n<function=example>")).toEqual(xml);
  expect(answerFormatOf("{{ messages }}")).toEqual({ toolCalls: undefined });
});

interface RenderedCall {
  readonly name?: string;
  readonly arguments?: unknown;
  readonly function?: { readonly name: string; readonly arguments: unknown };
}

test("calls come back from Qwen's own rendering of them", () => {
  const { cases } = fixture<{
    cases: {
      template: string;
      conversation?: { messages: { role: string; tool_calls?: RenderedCall[] }[] };
      expected?: string;
    }[];
  }>("templates.json.gz");
  let seen = 0;
  for (const { template, conversation, expected } of cases) {
    if (!/^qwen/.test(template) || expected === undefined) continue;
    const assistants = conversation!.messages.filter(({ role }) => role === "assistant");
    const turns = expected.split("<|im_start|>assistant\n").slice(1);
    for (const [i, { tool_calls: calls = [] }] of assistants.entries()) {
      if (calls.length === 0) continue;
      const found = parse(byBytes(turns[i]!.split("<|im_end|>")[0]!), json, "auto").calls;
      expect(found.map(({ name }) => name)).toEqual(calls.map((c) => c.function?.name ?? c.name));
      for (const [n, c] of calls.entries()) {
        const args = c.function?.arguments ?? c.arguments;
        const wanted: unknown = typeof args === "string" ? JSON.parse(args) : args;
        expect(JSON.parse(found[n]!.arguments)).toEqual(wanted);
        seen++;
      }
    }
  }
  expect(seen).toBeGreaterThan(50);
});
