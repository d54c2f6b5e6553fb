/** What is wrong with an instruction, and where. */

/** Longer instructions are quoted around the place alone. */
const SHORT = 60;

export class InstructionError extends Error {
  override readonly name = "InstructionError";
  readonly instruction: string;
  /** Where in `instruction`, from 0. */
  readonly position: number;

  /** @param problem what is wrong, what was expected, the nearest fix */
  constructor(instruction: string, position: number, problem: string) {
    super(`instruction error at ${place(instruction, position)}: ${problem}`);
    this.instruction = instruction;
    this.position = position;
  }
}

/** Column from 1, with the line where there are several, and what stands there in a long text. */
function place(text: string, position: number): string {
  const before = text.slice(0, position).split("\n");
  const column = `column ${before.at(-1)!.length + 1}`;
  const isLong = text.length > SHORT || text.includes("\n");
  if (!isLong) return column;
  const start = Math.max(0, position - 15);
  const end = Math.min(text.length, position + 25);
  const excerpt = text.slice(start, end).replace(/\s+/g, " ").trim();
  const near = `'${start > 0 ? "…" : ""}${excerpt}${end < text.length ? "…" : ""}'`;
  return `${text.includes("\n") ? `line ${before.length}, ` : ""}${column}, near ${near}`;
}
