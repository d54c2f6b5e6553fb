/** Chat templates of strangers: whatever they say ends, within bounds of work and size. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createChatTemplate } from "../../../src/media/text/index.ts";
import { fuzz } from "../../fuzz.ts";
import { publishedJson } from "./fixtures.ts";

const published = (["qwen2_5", "qwen3"] as const).map(
  (name) => publishedJson(name, "tokenizer_config.json").chat_template as string,
);

/** Renders, or is refused in one sentence; the text is no longer than templates may build. */
async function check(source: string, messages: readonly object[]): Promise<boolean> {
  try {
    const template = await createChatTemplate(source);
    // What a request brings was checked before only as far as these types go.
    const text = template.render({ messages: messages as { role: string; content: string }[] });
    expect(typeof text).toBe("string");
    expect(text.length).toBeLessThan(1 << 25);
    return true;
  } catch (error) {
    const { message } = error as Error;
    expect(message).toMatch(/^chat template: (the chat template|chat template "default") [^\n]*$/);
    expect(message.length).toBeLessThan(2000);
    return false;
  }
}

const hello = [{ role: "user", content: "hi" }];

describe("catastrophes end", () => {
  const doubling = (step: string): string =>
    `{% set ns = namespace(s='ab') %}{% for i in range(9999) %}{% set ns.s = ${step} %}{% endfor %}{{ ns.s }}`;
  it.each([
    "{{ range(10**9) }}",
    "{{ range(1000000000) | list | length }}",
    "{% for i in range(1000000) %}{% for j in range(1000000) %}x{% endfor %}{% endfor %}",
    `${"{% for i in range(999) %}".repeat(12)}x${"{% endfor %}".repeat(12)}`,
    "{% macro f(n) %}{{ f(n + 1) }}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}",
    "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}",
    "{% macro f(n) %}{% if n > 0 %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}",
    "{{ 'x' * 10000000000 }}",
    "{{ raise_exception('x' * 2000000) }}",
    "{{ ('x' * 9999999) * 9999999 }}",
    "{{ [0] * 1000000000 }}",
    doubling("ns.s + ns.s"),
    doubling("ns.s ~ ns.s"),
    doubling("ns.s | replace('a', ns.s)"),
    doubling("ns.s.replace('', ns.s)"),
    doubling("[ns.s, ns.s, ns.s] | join(ns.s)"),
    doubling("ns.s | tojson | tojson"),
    doubling("(ns.s | string) | indent(999)"),
    doubling("ns.s.join(['a', 'b', 'c'])"),
    doubling("'%s%s' | format(ns.s, ns.s)"),
    doubling("ns.s.split('') | join('bb')"),
    "{% set ns = namespace(l=[1]) %}{% for i in range(9999) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l | tojson }}",
    "{% set ns = namespace(l=[1]) %}{% for i in range(9999) %}{% set ns.l = ns.l + ns.l %}{% endfor %}{{ ns.l | length }}",
    "{% set ns = namespace(d={}) %}{% for i in range(99) %}{% set ns.d = {'a': ns.d, 'b': ns.d} %}{% endfor %}{{ ns.d }}{{ ns.d == ns.d }}",
    `{{ ${"[".repeat(3000)}${"]".repeat(3000)} }}`,
    `{{ ${"1 + ".repeat(20_000)}1 }}`,
    `{{ ${"not ".repeat(20_000)}1 }}`,
    `${"{% if true %}".repeat(5000)}${"{% endif %}".repeat(5000)}`,
    `{{ messages${"[0]".repeat(5000)} }}`,
    `{{ 'a'${" | upper".repeat(50_000)} }}`,
    "{% for c in ('ab' * 500000) %}{{ c | upper | lower | trim }}{% endfor %}",
    "{{ strftime_now('%Y' * 1000000) }}",
    "{{ (('a' * 50000) ~ '!').split('a' * 25000) | length }}",
    "{% for i in range(1000) %}{{ ('a' * 100000).count('aa') }}{% endfor %}",
    "{% for i in range(1000) %}{{ ('b' * 1000000).find('ab') }}{% endfor %}",
    "{% for i in range(1000) %}{{ (range(100000) | list | sort(reverse=true))[0] }}{% endfor %}",
    "{% for i in range(1000) %}{{ (range(100000) | list | unique | list | length) }}{% endfor %}",
    "{% for i in range(1000) %}{{ (' ' * 1000000) | trim | length }}{% endfor %}",
    "{% for i in range(100000) %}{{ 'x' in ('y' * 1000000) }}{% endfor %}",
    "{% for i in range(100000) %}{{ ('y' * 1000000) == ('y' * 1000000) }}{% endfor %}",
    "{% for i in range(100000) %}{{ (range(100000) | list)[::-1] | length }}{% endfor %}",
  ])("%#", { timeout: 120_000 }, async (source) => {
    await check(source, hello);
  });
});

/** Pieces of templates, of which some make sense together. */
const piece = fc.constantFrom(
  "{% for m in messages %}",
  "{% for i in range(99999) %}",
  "{% for c in m.content %}",
  "{% endfor %}",
  "{% if m.role == 'user' %}",
  "{% elif loop.first %}",
  "{% else %}",
  "{% endif %}",
  "{% set x = x ~ x %}",
  "{% set x = 'ab' * 999999 %}",
  "{% set ns = namespace(x=[1, 2]) %}",
  "{% set ns.x = ns.x + ns.x %}",
  "{% macro f(a, b=1) %}",
  "{% endmacro %}",
  "{% call f(1) %}",
  "{% endcall %}",
  "{{ f(f(1)) }}",
  "{{ caller() }}",
  "{{ m.content | trim | tojson }}",
  "{{ messages | tojson(indent=2) }}",
  "{{ messages[::-1] | map(attribute='role') | list | join(x) }}",
  "{{ messages | selectattr('role', 'equalto', 'user') | list }}",
  "{{ loop.index0 ** loop.index0 }}",
  "{{ 10 // 0 }}{{ 5 % 0 }}",
  "{{ x.replace('', x) }}",
  "{{ x.split('a')[1:] }}",
  "{{ x[10:0:-1] }}",
  "{{ raise_exception(x) }}",
  "{{ (1).__class__ }}{{ ''.__proto__ }}{{ messages.constructor }}",
  "{%- break -%}",
  "{%- continue -%}",
  "{# note #}",
  "{% filter upper %}",
  "{% endfilter %}",
  "{% generation %}",
  "{% endgeneration %}",
  "{{",
  "}}",
  "{%",
  "-%}",
  "'",
  "\u0000é😀\ud800",
);
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.constantFrom("{{ x }}", "{% endfor %}", "<|im_end|>", "</think>", "a".repeat(5000), "\ud800"),
);
const content = fc.oneof(
  { arbitrary: text, weight: 6 },
  { arbitrary: fc.jsonValue({ maxDepth: 3 }), weight: 1 },
  { arbitrary: fc.array(fc.record({ type: fc.constantFrom("text", "image"), text })), weight: 1 },
);
const messages = fc.array(
  fc.record(
    {
      role: fc.oneof(fc.constantFrom("user", "assistant", "system", "tool"), text),
      content,
      reasoning_content: content,
      tool_calls: fc.array(
        fc.record({
          function: fc.record({ name: text, arguments: fc.jsonValue({ maxDepth: 2 }) }),
        }),
        { maxLength: 2 },
      ),
    },
    { requiredKeys: ["role", "content"] },
  ),
  { maxLength: 4 },
);

describe("fuzzed", { timeout: 1_800_000 }, () => {
  it("10,000 conversations through published templates", async () => {
    let rendered = 0;
    await fuzz(
      10_000,
      fc.asyncProperty(fc.constantFrom(...published), messages, async (source, conversation) => {
        if (await check(source, conversation)) rendered++;
      }),
    );
    expect(rendered).toBeGreaterThan(300);
  });

  it("10,000 hostile templates", async () => {
    const made = fc.array(piece, { minLength: 1, maxLength: 8 }).map((parts) => parts.join(""));
    const changed = fc
      .tuple(fc.constantFrom(...published), fc.nat(8000), fc.nat(60), piece)
      .map(([source, at, length, insert]) => {
        const start = at % source.length;
        return source.slice(0, start) + insert + source.slice(start + length);
      });
    let rendered = 0;
    await fuzz(
      10_000,
      fc.asyncProperty(fc.oneof(made, changed), messages, async (source, conversation) => {
        if (await check(source, conversation)) rendered++;
      }),
    );
    expect(rendered).toBeGreaterThan(50);
  });
});
