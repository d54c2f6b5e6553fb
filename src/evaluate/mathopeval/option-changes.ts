/** Options as the lines in which they differ: short enough for a short context. */

/** Lines that an edit takes away from a program and adds to it. */
export function changesOf(before: string, after: string): string {
  const [old, lines] = [before, after].map((code) => code.trimEnd().split("\n"));
  const changed = [
    ...old!.filter((line) => !lines!.includes(line)).map((line) => `- ${line}`),
    ...lines!.filter((line) => !old!.includes(line)).map((line) => `+ ${line}`),
  ];
  return changed.length > 0 ? changed.join("\n") : "(unchanged)";
}

/** Lines of one program that not all of them have. */
export function ownLines(code: string, options: readonly string[]): string {
  const all = options.map((option) => new Set(option.split("\n")));
  const lines = code.trimEnd().split("\n");
  return lines.filter((line) => all.some((other) => !other.has(line))).join("\n");
}
