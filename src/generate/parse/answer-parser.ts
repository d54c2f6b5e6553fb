/** Answers taken apart as they come: reasoning, content, tool calls. */

import { randomUUID } from "node:crypto";
import { createThinkingParser, type ThinkingStart } from "../thinking.ts";
import { JsonCallReader } from "./json-call.ts";
import type {
  AnswerDelta,
  AnswerFormat,
  AnswerParser,
  AnswerParserOptions,
  CallReader,
} from "./types.ts";
import { XmlCallReader } from "./xml-call.ts";

const OPEN = "<tool_call>";
const FUNCTION = "<function=";

/**
 * How a model writes its calls, from the text of its chat template.
 *
 * @example
 * answerFormatOf("… <tool_call>\n{\"name\": … }\n</tool_call> …"); // { toolCalls: "json" }
 */
export function answerFormatOf(template: string): AnswerFormat {
  if (template.includes(FUNCTION)) return { toolCalls: "xml" };
  return { toolCalls: template.includes(OPEN) ? "json" : undefined };
}

type Reader = CallReader & { readonly rest: string };

/**
 * Parses in one pass, wherever the pieces are cut. Calls are looked for behind the thinking only.
 * What looks like a call and is none stays content, to the letter; a call whose arguments were
 * already given out ends where its text stops making sense, and the rest is content. Blank text
 * next to calls is left out.
 *
 * @param start how the answer begins, see `thinkingStart`
 * @example
 * const parser = createAnswerParser({ toolCalls: "json" }, "closed");
 * parser.push('<tool_call>{"name": "now", "arguments": {}}</tool_call>');
 */
export function createAnswerParser(
  format: AnswerFormat,
  start: ThinkingStart = "auto",
  options: AnswerParserOptions = {},
): AnswerParser {
  const { tools = [], createId = newId } = options;
  const style = format.toolCalls;
  const openers = style === "xml" ? [OPEN, FUNCTION] : style === "json" ? [OPEN] : [];
  const thinking = createThinkingParser(start);
  let out: AnswerDelta[] = [];
  /** Text that may begin a call, or be blank before one. */
  let held = "";
  let reader: Reader | undefined;
  /** The call's text so far, as long as it may turn out to be none. */
  let raw = "";
  let calls = 0;
  let isBehindCall = false;

  const content = (all: string): void => {
    const text = isBehindCall ? all.trimStart() : all;
    if (text === "") return;
    out.push({ type: "content", text });
    isBehindCall = false;
  };
  const give = (): void => {
    const piece = reader?.take();
    if (!piece) return;
    if (piece.name === undefined) {
      out.push({ type: "toolCall", index: calls - 1, arguments: piece.arguments });
      return;
    }
    raw = "";
    out.push({ type: "toolCall", index: calls++, id: createId(), ...piece, name: piece.name });
  };

  /** Content up to where a call may begin. @returns what is behind the opening tag of one */
  const before = (text: string): string | undefined => {
    held += text;
    const found = openers
      .map((tag) => ({ tag, at: held.indexOf(tag) }))
      .filter(({ at }) => at >= 0)
      .sort((a, b) => a.at - b.at)[0];
    if (!found) {
      const end = held.length - heldBack(held, openers);
      content(held.slice(0, end));
      held = held.slice(end);
      return undefined;
    }
    const { tag, at } = found;
    content(held.slice(0, at).trimEnd());
    // Where it turns out to be no call, the blank before it is content too.
    raw = (isBehindCall ? "" : (/\s*$/.exec(held.slice(0, at))?.[0] ?? "")) + tag;
    const rest = held.slice(at + tag.length);
    held = "";
    reader =
      style === "json"
        ? new JsonCallReader()
        : tag === FUNCTION
          ? new XmlCallReader(tools)
          : new TagReader(FUNCTION, () => new XmlCallReader(tools));
    return rest;
  };

  const parse = (text: string): void => {
    let rest: string | undefined = text;
    while (rest !== undefined && rest !== "") {
      rest = reader ? inside(reader, rest) : before(rest);
    }
  };

  /** @returns what is behind the call */
  const inside = (call: Reader, text: string): string | undefined => {
    for (let i = 0; i < text.length; i++) {
      const result = call.push(text[i]!);
      if (result === "more") {
        raw += text[i];
        continue;
      }
      give();
      reader = undefined;
      if (result === "wrong") {
        content(raw);
        return text.slice(i);
      }
      isBehindCall = true;
      return result === "done" ? text.slice(i + 1) : call.rest + text.slice(i);
    }
    give();
    return undefined;
  };

  const take = (): AnswerDelta[] => {
    const deltas = joined(out);
    out = [];
    return deltas;
  };
  const add = (parts: ReturnType<typeof thinking.push>): void => {
    for (const part of parts) {
      if (part.type === "reasoning") out.push(part);
      else parse(part.text);
    }
  };

  return {
    push(text) {
      add(thinking.push(text));
      return take();
    },
    flush() {
      add(thinking.flush());
      if (reader) {
        reader.end();
        give();
        if (!reader.isNamed) content(raw);
        reader = undefined;
      }
      content(held);
      held = "";
      return take();
    },
  };
}

const newId = (): string => `call_${randomUUID().replaceAll("-", "").slice(0, 24)}`;

/** Waits for a tag inside another, with blank text before it. */
class TagReader implements Reader {
  private readonly tag: string;
  private readonly create: () => Reader;
  private seen = "";
  private inner: Reader | undefined;

  constructor(tag: string, create: () => Reader) {
    this.tag = tag;
    this.create = create;
  }

  push(char: string): "more" | "done" | "over" | "wrong" {
    if (this.inner) return this.inner.push(char);
    if (this.seen === "" && /\s/.test(char)) return "more";
    this.seen += char;
    if (!this.tag.startsWith(this.seen)) return "wrong";
    if (this.seen === this.tag) this.inner = this.create();
    return "more";
  }

  take() {
    return this.inner?.take();
  }

  end(): void {
    this.inner?.end();
  }

  get isNamed(): boolean {
    return this.inner?.isNamed ?? false;
  }

  get rest(): string {
    return this.inner?.rest ?? "";
  }
}

/** Length of the end of a text that may belong to a call's opening: blank, and part of a tag. */
function heldBack(text: string, openers: readonly string[]): number {
  if (openers.length === 0) return 0;
  let tag = 0;
  for (const opener of openers) {
    for (let length = Math.min(opener.length - 1, text.length); length > tag; length--) {
      if (text.endsWith(opener.slice(0, length))) tag = length;
    }
  }
  const blank = /\s*$/.exec(text.slice(0, text.length - tag))?.[0].length ?? 0;
  return tag + blank;
}

/** Neighbours of one kind as one. */
function joined(deltas: readonly AnswerDelta[]): AnswerDelta[] {
  const list: AnswerDelta[] = [];
  for (const delta of deltas) {
    const last = list.at(-1);
    if (last && last.type !== "toolCall" && delta.type === last.type) {
      list[list.length - 1] = { type: last.type, text: last.text + delta.text };
    } else list.push(delta);
  }
  return list;
}
