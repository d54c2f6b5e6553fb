import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type ChatPart,
  createThinkingParser,
  type ThinkingStart,
  thinkingStart,
} from "../../src/generate/index.ts";

function join(parts: readonly ChatPart[]): { reasoning: string; content: string } {
  const texts = { reasoning: "", content: "" };
  for (const { type, text } of parts) texts[type] += text;
  return texts;
}

function parse(pieces: readonly string[], start: ThinkingStart = "auto") {
  const parser = createThinkingParser(start);
  const parts = pieces.flatMap((piece) => parser.push(piece));
  return join([...parts, ...parser.flush()]);
}

/** The same by looking at the whole text. */
function naive(text: string, start: ThinkingStart): { reasoning: string; content: string } {
  if (start === "closed") return { reasoning: "", content: text };
  const opened = start === "open" ? text : text.trimStart();
  if (start === "auto" && !opened.startsWith("<think>")) return { reasoning: "", content: text };
  const inner = start === "open" ? opened : opened.slice("<think>".length);
  const [thought = "", ...rest] = inner.split("</think>");
  return {
    reasoning: thought.replace(/^\n+|\n+$/g, ""),
    content: rest.join("</think>").replace(/^\n+/, ""),
  };
}

const unit = fc.constantFrom(
  "<think>",
  "</think>",
  "<",
  "/think>",
  "</thi",
  "\n",
  "a",
  "é",
  "答",
  "😀",
  " ",
);
const text = fc.array(unit, { maxLength: 14 }).map((units) => units.join(""));
const begins = fc.constantFrom<ThinkingStart>("open", "closed", "auto");

test("cut at every byte, any text gives what looking at the whole text gives", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("", "<think>", "\n<think>\n"),
      text,
      begins,
      (head, body, start) => {
        const whole = head + body;
        const decoder = new TextDecoder();
        const bytes = Array.from(new TextEncoder().encode(whole));
        const pieces = bytes.map((byte) => decoder.decode(Uint8Array.of(byte), { stream: true }));
        const expected = naive(whole, start);
        expect(parse(pieces, start)).toEqual(expected);
        const cuts = Array.from(whole, (_, i) => i);
        const isSame = (cut: number): boolean => {
          const { reasoning, content } = parse([whole.slice(0, cut), whole.slice(cut)], start);
          return reasoning === expected.reasoning && content === expected.content;
        };
        expect(cuts.filter((cut) => !isSame(cut))).toEqual([]);
      },
    ),
    { numRuns: 500 },
  );
});

describe("parts come as soon as they are certain", () => {
  test("reasoning and content", () => {
    const parser = createThinkingParser();
    expect(parser.push("<think>")).toEqual([]);
    expect(parser.isThinking).toBe(true);
    expect(parser.push("\nTwo")).toEqual([{ type: "reasoning", text: "Two" }]);
    expect(parser.push(" plus\n")).toEqual([{ type: "reasoning", text: " plus" }]);
    expect(parser.push("two</th")).toEqual([{ type: "reasoning", text: "\ntwo" }]);
    expect(parser.push("ink>\n\nFour")).toEqual([{ type: "content", text: "Four" }]);
    expect(parser.isThinking).toBe(false);
    expect(parser.push("\n<think>")).toEqual([{ type: "content", text: "\n<think>" }]);
    expect(parser.flush()).toEqual([]);
  });

  test("content alone", () => {
    const parser = createThinkingParser();
    expect(parser.push("<")).toEqual([]);
    expect(parser.push("b>")).toEqual([{ type: "content", text: "<b>" }]);
  });

  test("an answer cut off inside its thinking is all reasoning", () => {
    expect(parse(["<think>\nIf I", " add</"])).toEqual({ reasoning: "If I add</", content: "" });
  });
});

test("the end of the prompt tells how the answer begins", () => {
  expect(thinkingStart("<|im_start|>assistant\n<think>\n")).toBe("open");
  expect(thinkingStart("<|im_start|>assistant\n<think>\n\n</think>\n\n")).toBe("closed");
  expect(thinkingStart("<|im_start|>assistant\n")).toBe("auto");
});
