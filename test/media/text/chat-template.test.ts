import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { strftime } from "../../../src/media/text/chat/environment.ts";
import {
  type ChatTemplate,
  type Conversation,
  createChatTemplate,
  loadChatTemplate,
  parseConversation,
  parseToolArguments,
  renderChat,
} from "../../../src/media/text/index.ts";
import { fixture, published, publishedJson } from "./fixtures.ts";

interface Case {
  template: string;
  source?: string;
  conversation?: Conversation;
  expected?: string;
  error?: string;
}

const { data, cases } = fixture<{ data: Conversation; cases: Case[] }>("templates.json.gz");

/** Parts of Jinja that are refused: an error, never another text. */
const refused = new Set([
  "{{ 1e20 }}",
  "{{ () }}",
  "{{ (1,) }}",
  "{{ 2.5 | round }}",
  "{{ '<' | e }}",
  "{{ people | map(attribute='v') | sum }}",
  "{{ [3, 1] | max }}{{ [3, 1] | min }}",
  "{{ 'a%sb' % 'x' }}",
  "{{ 'a'.format() }}",
  "{{ '{}-{}'.format(1, 'x') }}",
  "{{ people | groupby('on') | length }}",
  "{{ 'a b' | wordcount }}",
  "{{ list | batch(2) | list }}",
  "{{ n is eq 3 }}{{ n is divisibleby 3 }}{{ n is ge(2) }}{{ 'x' is in 'xyz' }}",
]);

const hello: Conversation = { messages: [{ role: "user", content: "hi" }] };

describe("renderings of Python's Jinja", () => {
  it.each(["qwen3", "qwen2_5"] as const)("are those of the %s template", async (name) => {
    const template = await loadChatTemplate(published(name));
    const own = cases.filter((each) => each.template === name);
    expect(own.length).toBeGreaterThan(150);
    for (const { conversation, expected } of own) {
      let rendered: string | undefined;
      try {
        rendered = template.render(conversation!);
      } catch (error) {
        expect(String(error)).toMatch(/tokenizer_config\.json: the chat template cannot render/);
      }
      // Where Python refuses, `expected` is missing, and so must `rendered` be.
      expect({ conversation, rendered }).toEqual({ conversation, rendered: expected });
    }
  });

  it.each(cases.filter((each) => each.source !== undefined).map((each) => [each.source!, each]))(
    "are those of %j",
    async (source, { expected }) => {
      const render = async () => (await createChatTemplate(source)).render(data);
      if (expected === undefined || refused.has(source)) await expect(render()).rejects.toThrow();
      else expect(await render()).toBe(expected);
    },
  );
});

describe("templates from elsewhere", () => {
  it.each([
    [
      "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
      /come to an end/,
    ],
    ["{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", /nests too deeply|not a function/],
    ["{{ range(1000000000) }}", /range: more than/],
    [
      "{% set ns = namespace(s='x') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
      /too long a text|work limit/,
    ],
    [
      "{% set ns = namespace(l=[1]) %}{% for i in range(99) %}{% set ns.l = ns.l + ns.l %}{% endfor %}",
      /too long a list|work limit/,
    ],
    [
      "{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}",
      /too large a value/,
    ],
    ["{{ 'x' * 1000000000 }}", /too long a text/],
    ["{{ 'a\nb' | indent(100000000) }}", /indent: width/],
    ["{{ [] | tojson(indent=100000000) }}", /tojson: indent/],
    [
      "{{ raise_exception('no system message') }}",
      /cannot render the conversation: no system message/,
    ],
    ["{{ messages.constructor.constructor('return process')() }}", /undefined|not a function/],
    ["{{ 'x'.constructor('y') }}", /not a function/],
    ["{{ process }}{{ globalThis.process }}", /'globalThis' is undefined/],
    ["{% if %}", /does not parse/],
    ["{{ unclosed", /does not parse/],
    [`{{ ${"(".repeat(50_000)} }}`, /does not parse/],
  ])("are bounded and see nothing of the host: %j", async (source, message) => {
    await expect(renderChat(source, hello)).rejects.toThrow(message);
  });

  it("never crash on mutated templates", async () => {
    const source = publishedJson("qwen3", "tokenizer_config.json").chat_template as string;
    const conversation = cases.find((each) => each.conversation?.tools !== undefined)!
      .conversation!;
    await fc.assert(
      fc.asyncProperty(
        fc.nat(source.length),
        fc.nat(40),
        fc.constantFrom("", "{%", "%}", "{{", "}}", "'", "(", "[::-1]", " not ", "|tojson", "-"),
        async (at, length, insert) => {
          const mutated = source.slice(0, at) + insert + source.slice(at + length);
          try {
            expect(typeof (await renderChat(mutated, conversation))).toBe("string");
          } catch (error) {
            expect((error as Error).message).toMatch(/^chat template: the chat template /);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("loadChatTemplate", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "onefold-chat-"));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const load = async (files: Record<string, unknown>): Promise<ChatTemplate> => {
    for (const name of ["chat_template.jinja", "chat_template.json", "tokenizer_config.json"]) {
      await rm(join(folder, name), { force: true });
      const content = files[name];
      if (content === undefined) continue;
      await writeFile(
        join(folder, name),
        typeof content === "string" ? content : JSON.stringify(content),
      );
    }
    return loadChatTemplate(folder);
  };

  it("prefers the jinja file, then chat_template.json, then the tokenizer's config", async () => {
    const config = {
      "tokenizer_config.json": { chat_template: "C{{ eos_token }}", eos_token: "E" },
    };
    const json = { "chat_template.json": { chat_template: "J" } };
    expect((await load(config)).render(hello)).toBe("CE");
    expect((await load({ ...config, ...json })).render(hello)).toBe("J");
    const jinja = { "chat_template.jinja": "{{ eos_token }}!\n" };
    expect((await load({ ...config, ...json, ...jinja })).render(hello)).toBe("E!");
  });

  it("chooses the tool template where tools are given", async () => {
    const chat_template = [
      { name: "default", template: "plain" },
      { name: "tool_use", template: "tools" },
    ];
    const template = await load({ "tokenizer_config.json": { chat_template } });
    expect(template.render(hello)).toBe("plain");
    expect(template.render({ ...hello, tools: [] })).toBe("tools");
  });

  it.each([
    [{}, /no chat template in chat_template.jinja/],
    [
      { "tokenizer_config.json": { chat_template: 5 } },
      /tokenizer_config.json: chat_template must be text/,
    ],
    [
      { "tokenizer_config.json": { chat_template: [{ name: 1 }] } },
      /chat_template\[0\]\.name must be a string, but is 1/,
    ],
    [{ "tokenizer_config.json": "{" }, /tokenizer_config.json: not valid JSON/],
  ])("refuses %j", async (files, message) => {
    await expect(load(files)).rejects.toThrow(message);
  });
});

describe("parseConversation", () => {
  it("gives a message with tool calls an empty content", () => {
    const tool_calls = [{ function: { name: "f", arguments: "{}" } }];
    const messages = [{ role: "assistant", content: null, tool_calls }];
    expect(parseConversation({ messages }).messages[0]!.content).toBe("");
  });

  it("turns tool arguments into objects", () => {
    const calls = (texts: unknown[]) => [
      {
        role: "assistant",
        content: "",
        tool_calls: [
          { function: { name: "f", arguments: texts[0] } },
          { name: "g", arguments: texts[1] },
        ],
      },
    ];
    const conversation = parseConversation({ messages: calls(['{"a": 1}', "broken"]) });
    expect(parseToolArguments(conversation).messages).toEqual(calls([{ a: 1 }, "broken"]));
  });

  it.each([
    [null, "c.json: must be an object, but is null"],
    [{}, "c.json: messages must be an array, but is missing"],
    [{ messages: [] }, "c.json: messages must hold at least one message"],
    [{ messages: ["hi"] }, 'c.json: messages[0] must be an object, but is "hi"'],
    [{ messages: [{ content: "x" }] }, "c.json: messages[0].role must be a string, but is missing"],
    [
      { messages: [{ role: "user" }] },
      "c.json: messages[0].content must be text or a list of parts, but is missing",
    ],
    [
      { messages: [{ role: "user", content: [{}] }] },
      "c.json: messages[0].content[0].type must be a string, but is missing",
    ],
    [{ ...hello, tools: {} }, "c.json: tools must be an array, but is an object"],
    [{ ...hello, tools: [1] }, "c.json: tools[0] must be an object, but is 1"],
    [
      { ...hello, enable_thinking: "no" },
      'c.json: enable_thinking must be true or false, but is "no"',
    ],
    [
      { messages: [{ role: "assistant", tool_calls: [{ function: {} }] }] },
      "c.json: messages[0].tool_calls[0].function.name must be a string, but is missing",
    ],
  ])("refuses %j", (value, message) => {
    expect(() => parseConversation(value, "c.json")).toThrow(new Error(message));
  });
});

it("strftime writes the C locale", () => {
  const date = new Date(2026, 2, 4, 15, 6, 7);
  expect(strftime(date, "%d %b %Y, %A %B %e %j %I:%M:%S %p %F %y %a %%")).toBe(
    "04 Mar 2026, Wednesday March  4 063 03:06:07 PM 2026-03-04 26 Wed %",
  );
  expect(() => strftime(date, "%Q")).toThrow("%Q is not supported");
});
