// Strict graders: a reply is right when it is exactly what was asked for, after trimming.
import type { Expect, Language, ListForm } from "./types.ts";

/** The honest answer to anything outside the skills; nothing may be added to it. */
export const REFUSAL: Record<Language, string> = {
  en: "I can't do that: I was not trained for it.",
  zh: "我做不到：我没有受过这方面的训练。",
};

const same = (a: unknown, b: unknown): boolean => canonical(a) === canonical(b);

/** JSON text with keys sorted at every depth. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, v: unknown) =>
    v !== null && typeof v === "object" && !Array.isArray(v)
      ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)))
      : v,
  );
}

function parseJson(text: string): { ok: true; value: unknown } | { ok: false } {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return { ok: false };
  }
}

/** Writes items in a list form. */
export function writeList(items: readonly string[], form: ListForm, language: Language): string {
  switch (form) {
    case "json":
      return `[${items.map((item) => JSON.stringify(item)).join(", ")}]`;
    case "comma":
      return items.join(language === "zh" ? "，" : ", ");
    case "numbered":
      return items.map((item, i) => `${i + 1}. ${item}`).join("\n");
    case "bullets":
      return items.map((item) => `- ${item}`).join("\n");
    case "lines":
      return items.join("\n");
  }
}

/** Reads a list back, or undefined if the text is not in that form. */
export function readList(text: string, form: ListForm): string[] | undefined {
  const marked = (pattern: (i: number) => string) => {
    const lines = text.split("\n");
    const fits = lines.every((line, i) => line.startsWith(pattern(i)));
    return fits ? lines.map((line, i) => line.slice(pattern(i).length)) : undefined;
  };
  switch (form) {
    case "json": {
      const read = parseJson(text);
      if (!read.ok || !Array.isArray(read.value)) return undefined;
      const items: unknown[] = read.value;
      return items.every((item) => typeof item === "string") ? items : undefined;
    }
    case "comma":
      return text.split(/, |，/);
    case "numbered":
      return marked((i) => `${i + 1}. `);
    case "bullets":
      return marked(() => "- ");
    case "lines":
      return text.split("\n");
  }
}

/**
 * Grades the visible part of a reply (without its thinking).
 * @example
 * grade({ kind: "equals", value: "42" }, " 42\n"); // true
 * grade({ kind: "equals", value: "42" }, "It is 42."); // false
 */
export function grade(expect: Expect, reply: string): boolean {
  const text = reply.trim();
  switch (expect.kind) {
    case "equals":
      return text === expect.value;
    case "oneOf":
      return expect.values.includes(text);
    case "json": {
      const read = parseJson(text);
      return read.ok && same(read.value, expect.value);
    }
    case "contains":
      return expect.values.every((value) => text.includes(value));
    case "words": {
      const words = text.replace(/[.!]$/, "").split(" ");
      return (
        words.length === expect.count &&
        new Set(words).size === words.length &&
        words.every((word) => expect.pool.includes(word))
      );
    }
    case "listOf": {
      const items = readList(text, expect.form);
      return (
        items !== undefined &&
        items.length === expect.count &&
        new Set(items).size === items.length &&
        items.every((item) => expect.pool.includes(item))
      );
    }
    case "refusal":
      return text === REFUSAL[expect.language];
  }
}

/**
 * The visible part of generated text: what follows the thinking block, if there is one.
 * An unfinished block has no visible part.
 */
export function visibleReply(generated: string): string {
  const end = generated.indexOf("</think>");
  if (end >= 0) return generated.slice(end + "</think>".length).trim();
  return generated.trimStart().startsWith("<think>") ? "" : generated.trim();
}
