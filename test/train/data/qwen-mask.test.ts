/** The mask of the published Qwen templates and tokenizers, over thinking, tools and rounds. */

import { expect, it } from "vitest";
import { loadChatTemplate, loadTokenizer } from "../../../src/media/text/index.ts";
import { type RecordOf, toSamples } from "../../../src/train/index.ts";
import { published } from "../../media/text/fixtures.ts";
import { assistant, user } from "./records.ts";

const tools = [
  {
    type: "function",
    function: { name: "add", description: "adds", parameters: { type: "object" } },
  },
];
const call = { type: "function", function: { name: "add", arguments: '{"a": 1, "b": 2}' } };
const conversation: RecordOf<"messages"> = {
  kind: "messages",
  file: "chat.jsonl",
  line: 1,
  weight: 1,
  tools,
  messages: [
    { role: "system", content: "Be exact." },
    user("Hi"),
    assistant("Hello", { reasoning_content: "a greeting" }),
    user("1 + 2?"),
    assistant("", { reasoning_content: "use the tool", tool_calls: [call] }),
    { role: "tool", content: "3" },
    assistant("It is 3."),
  ],
};

async function learned(model: "qwen3" | "qwen2_5", lossOn?: "last") {
  const [tokenizer, template] = [
    await loadTokenizer(published(model)),
    await loadChatTemplate(published(model)),
  ];
  const { sequences } = toSamples([conversation], { tokenizer, template, maxLength: 4096, lossOn });
  return sequences.map(({ tokens, learned }) => {
    const stretches: number[][] = [];
    Array.from(tokens).forEach((id, t) => {
      if (!learned[t]) return;
      if (t > 0 && learned[t - 1]) stretches.at(-1)!.push(id);
      else stretches.push([id]);
    });
    return stretches.map((ids) => tokenizer.decode(ids));
  });
}

it("Qwen3: the first answer as it was asked for, thinking included, then the round with the tool", async () => {
  const toolCall =
    '<think>\nuse the tool\n</think>\n\n<tool_call>\n{"name": "add", "arguments": {"a": 1, "b": 2}}\n</tool_call><|im_end|>';
  const rounds = await learned("qwen3");
  expect(rounds.length).toBe(2);
  // The whole conversation no longer holds the first answer's thinking.
  expect(rounds[0]).toEqual(["<think>\na greeting\n</think>\n\nHello<|im_end|>"]);
  expect(rounds[1][0]).toBe(toolCall);
  expect(rounds[1][1]).toMatch(/^<think>\n\n<\/think>\n\nIt is 3\.<\|im_end\|>$/);
  expect(await learned("qwen3", "last")).toEqual([rounds[1]]);
});

it("Qwen2.5: every answer and call in one sequence, nothing that users and tools say", async () => {
  expect(await learned("qwen2_5")).toEqual([
    [
      "Hello<|im_end|>",
      '<tool_call>\n{"name": "add", "arguments": {"a": 1, "b": 2}}\n</tool_call><|im_end|>',
      "It is 3.<|im_end|>",
    ],
  ]);
});
