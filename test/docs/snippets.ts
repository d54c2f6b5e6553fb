/** What the pages show: code blocks, and what they say that the code prints. */

import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Snippet {
  /** Page and line, for messages. */
  readonly where: string;
  readonly language: string;
  readonly code: string;
  /** Texts behind `// →`, in order. */
  readonly prints: readonly string[];
}

/** The fenced code blocks of a page. */
export function snippetsOf(root: string, page: string): Snippet[] {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(
    ({ index, 1: language, 2: code }) => ({
      where: `${page}:${text.slice(0, index).split("\n").length}`,
      language: language!,
      code: code!,
      prints: [...code!.matchAll(/\/\/ → (.*)$/gm)].map(([, prints]) => prints!),
    }),
  );
}

/** Commands of a shell block: comments left out, lines that end in a backslash or quote joined. */
export function commandsOf({ code }: Snippet): string[] {
  const commands: string[] = [];
  let held = "";
  for (const line of code.split("\n")) {
    const part = line.replace(/\s+# .*$/, "").replace(/\\$/, "");
    held += `${part}\n`;
    const isOpen = line.endsWith("\\") || (held.match(/'/g) ?? []).length % 2 === 1;
    if (isOpen) continue;
    if (held.trim()) commands.push(held.trim().replace(/\s*\n\s*/g, " "));
    held = "";
  }
  return commands;
}

/** @returns the first text that does not follow the ones before it in `output` */
export function missing(output: string, prints: readonly string[]): string | undefined {
  let at = 0;
  return prints.find((text) => {
    const found = output.indexOf(text, at);
    at = found + text.length;
    return found < 0;
  });
}
