/** Finds the one command in what a player wrote. */

export interface Command {
  /** One of the task's verbs, in the task's own spelling. */
  readonly verb: string;
  /** What stands behind the verb in its line, without quotation marks and markup. */
  readonly text: string;
  /** The integers that `text` starts with. */
  readonly numbers: readonly number[];
}

/**
 * The visible part of a reply: what follows the last closing think tag.
 * `undefined` where a thought was opened and never closed: the reply was cut off.
 */
export function visibleText(reply: string): string | undefined {
  const end = reply.lastIndexOf("</think>");
  if (end >= 0) return reply.slice(end + "</think>".length);
  return reply.trimStart().startsWith("<think>") ? undefined : reply;
}

/**
 * The command in the last line that has one; case does not matter, markup is ignored. The published
 * monitors take the first line, of the first of their verbs that occurs ("first").
 *
 * @example
 * findCommand("I compare two.\n**My Query: 1 2**", ["My Query"]); // numbers: [1, 2]
 */
export function findCommand(
  text: string,
  verbs: readonly string[],
  which: "first" | "last" = "last",
): Command | undefined {
  if (which === "first") {
    const lines = text.split("\n");
    const found = verbs.flatMap((verb) => lines.flatMap((line) => findCommand(line, [verb]) ?? []));
    return found[0];
  }
  const pattern = new RegExp(`(${verbs.join("|")})\\s*:\\s*(.*)`, "i");
  for (const line of text.split("\n").reverse()) {
    const match = pattern.exec(line.replace(/[*`'"]/g, ""));
    if (!match) continue;
    const verb = verbs.find((v) => v.toLowerCase() === match[1].toLowerCase())!;
    const rest = match[2].trim().replace(/[.!]+$/, "");
    return { verb, text: rest, numbers: leadingIntegers(rest) };
  }
  return undefined;
}

/** "3, 4 and then 5" gives [3, 4]; a lone sign before the first number ("- 2 1 5") is skipped. */
export function leadingIntegers(text: string): number[] {
  const run = /^[\s[({]*(?:[+-]\s+)?([+-]?\d+(?:[\s,;]+[+-]?\d+)*)/.exec(text);
  if (!run) return [];
  const numbers = run[1].split(/[\s,;]+/).map(Number);
  return numbers.every(Number.isSafeInteger) ? numbers : [];
}

/** The integers anywhere in a text: how reference players read feedback. */
export const integersOf = (text: string): number[] => (text.match(/-?\d+/g) ?? []).map(Number);
