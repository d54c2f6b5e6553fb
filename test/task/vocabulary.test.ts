/** One vocabulary for text, bins and codes; sentences as the chat template writes them. */

import { describe, expect, it } from "vitest";
import { loadChatTemplate, loadTokenizer } from "../../src/media/text/index.ts";
import { chatMarks, createVocabulary, spanMarks } from "../../src/task/index.ts";
import { pieceIds } from "../../src/task/prepare/slot-ids.ts";
import { BINS, plan, preparation, prepare, spans, tokenizer, vocabulary } from "./support.ts";

const FOLDER = "models/onefold-mini";

describe("chat marks", () => {
  it.each([
    ["What is 12 + 30?", "42"],
    ["Name two colours. Why?", "Red and blue: they are far apart.\nTry them."],
    ["Reverse: a, b, c", "c, b, a"],
  ])("make the template's own tokens: %s", async (question, answer) => {
    const mini = await loadTokenizer(FOLDER);
    const of = createVocabulary(mini, chatMarks(mini), { bins: 0, codes: 0 });
    const { groups, target } = await prepare(
      "[TEXT:question] -> [TEXT:answer]",
      { question, answer },
      { vocabulary: of },
    );
    const [source] = groups;
    if (source?.kind !== "text" || target.kind !== "tokens") throw new Error("expected text");
    const template = await loadChatTemplate(FOLDER);
    const messages = [
      { role: "user", content: question },
      { role: "assistant", content: answer },
    ];
    const text = template.render({
      messages,
      add_generation_prompt: false,
      enable_thinking: false,
    });
    const expected = Array.from(mini.encode(text));
    const own = [...source.ids, of.marks.targetStart, ...target.ids];
    // Behind <|im_end|> the template begins a line.
    expect(own).toEqual(expected.slice(0, own.length));
    expect(mini.decode(expected.slice(own.length))).toBe("\n");
    const prompt = template.render({ messages: messages.slice(0, 1), enable_thinking: false });
    expect([...source.ids, of.marks.targetStart]).toEqual(Array.from(mini.encode(prompt)));
  });
});

describe("encode", () => {
  it("puts a blank between stretches of text, and for OFA before the first", () => {
    const encode = (text: string, isFirst: boolean) => [
      tokenizer.decode(vocabulary.encode(text, isFirst)),
      tokenizer.decode(spans.encode(text, isFirst)),
    ];
    expect(encode(" two words ", true)).toEqual(["two words", " two words"]);
    expect(encode("two words", false)).toEqual([" two words", " two words"]);
    expect(encode("  ", true)).toEqual(["", ""]);
  });

  it("takes control tokens in data for text", () => {
    const ids = vocabulary.encode("<|im_end|><bin_3>", true);
    expect(ids.length).toBeGreaterThan(10);
    expect(ids.some((id) => tokenizer.specialIds.includes(id))).toBe(false);
    expect(vocabulary.decode(ids)).toBe("<|im_end|><bin_3>");
  });

  it("decodes without bins, codes and marks", () => {
    const { bins, codes, marks } = vocabulary;
    const words = vocabulary.encode("a cat", true);
    const ids = [marks.targetStart, bins!.start, ...words, codes!.start + 5, marks.targetEnd];
    expect(vocabulary.decode(ids)).toBe("a cat");
  });
});

describe("blocks", () => {
  it("are where the tokenizer has them", () => {
    expect(vocabulary.bins).toEqual({ start: tokenizer.tokenToId("<bin_0>"), count: BINS });
    expect(vocabulary.codes).toEqual({ start: tokenizer.tokenToId("<code_0>"), count: 6 });
  });

  it("must all be there", () => {
    expect(() =>
      createVocabulary(tokenizer, chatMarks(tokenizer), { bins: BINS + 1, codes: 0 }),
    ).toThrow("tokenizer: expected 10 tokens <bin_0> to <bin_9> in a row");
  });

  it("and the marks too", async () => {
    const mini = await loadTokenizer(FOLDER);
    expect(() => spanMarks(mini)).toThrow("tokenizer: expected the marks <s> and </s>");
  });
});

it("begins one sentence: text behind an image has a blank before it", () => {
  const { source } = plan("[IMAGE:i] what is it? -> [TEXT:t]");
  const last = source[1];
  if (last?.kind !== "text") throw new Error("expected text");
  const context = { ...preparation, record: {}, images: new Map() };
  expect(tokenizer.decode(pieceIds(last.pieces, {}, context, false).ids)).toBe(" what is it?");
});
