/** What `onefold --help` prints, from the table of commands: no command's code is loaded for it. */

import { commands } from "./command.ts";

/** One line under a heading: a term and what it does. */
type Entry = readonly [term: string, text: string];

const options: readonly Entry[] = [
  ["-V, --version", "print the version"],
  ["--json", "print machine-readable JSON"],
  ["-h, --help", "show help"],
];

const examples = `Examples:
  onefold pull Qwen/Qwen3-0.6B
  onefold info Qwen/Qwen3-0.6B
  onefold tokenize Qwen/Qwen3-0.6B "Hello" --json

A MODEL is a folder in Hugging Face layout or the ORG/NAME of one on the hub.
Set ONEFOLD_DEBUG=1 for stack traces, NO_COLOR=1 for plain output.
`;

/** Whether the whole command line asks for the program's help and nothing else. */
export function asksForHelp(argv: readonly string[]): boolean {
  const [first] = argv;
  return argv.length === 0 || (argv.length === 1 && /^(-h|--help|help)$/.test(first!));
}

export function helpText(): string {
  const entries: readonly Entry[] = [
    ...commands.map(({ name, summary }): Entry => [name, summary]),
    ["help", "show the help of a command"],
  ];
  const width = Math.max(...[...options, ...entries].map(([term]) => term.length));
  const list = (title: string, lines: readonly Entry[]): string =>
    [`${title}:`, ...lines.map((line) => formatEntry(line, width))].join("\n");
  return [
    "Usage: onefold <command> [options]",
    "Train, evaluate and serve models with Hugging Face checkpoints. No Python.",
    list("Options", options),
    list("Commands", entries),
    examples,
  ].join("\n\n");
}

/** Columns of a line, as commander wraps the help of a command where it is not on a terminal. */
const COLUMNS = 80;

/** `  term  text`, with the text wrapped in a column of its own. */
function formatEntry([term, text]: Entry, width: number): string {
  const room = COLUMNS - width - 4;
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && longer.length <= room) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return `  ${term.padEnd(width)}  ${lines.join(`\n${" ".repeat(width + 4)}`)}`;
}
