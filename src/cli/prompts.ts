/** Prompts from standard input: typed at a terminal, or one a line from a pipe or file. */

import { createInterface, type Interface } from "node:readline";
import type { Io } from "./io.ts";

export interface PromptReader extends Disposable {
  /** The next prompt, or undefined at the end of the input. */
  next(): Promise<string | undefined>;
}

/** Every non-empty line of a pipe or file is one prompt. */
export function pipedPrompts(io: Io): PromptReader {
  const lines = createInterface({ input: io.stdin, crlfDelay: Number.POSITIVE_INFINITY });
  const iterator = lines[Symbol.asyncIterator]();
  return {
    async next() {
      for (;;) {
        const { done, value } = await iterator.next();
        if (done) return undefined;
        if (value.trim()) return value.trim();
      }
    },
    [Symbol.dispose]: () => lines.close(),
  };
}

/**
 * Prompts typed at a terminal, with editing and history; `"""` opens and closes a prompt of
 * several lines.
 *
 * @param onInterrupt Ctrl-C while no prompt is awaited: stop what is being answered
 */
export function typedPrompts(io: Io, onInterrupt: () => void): PromptReader {
  const lines = createInterface({ input: io.stdin, output: io.stderr, historySize: 200 });
  let isAsking = false;
  let isClosed = false;
  lines.on("close", () => {
    isClosed = true;
  });
  // In a terminal readline takes the keys in raw mode, so Ctrl-C arrives here and not as a signal.
  lines.on("SIGINT", () => (isAsking ? lines.close() : onInterrupt()));
  const ask = async (question: string): Promise<string | undefined> => {
    if (isClosed) return undefined;
    isAsking = true;
    try {
      return await askLine(lines, question);
    } finally {
      isAsking = false;
    }
  };
  return {
    async next() {
      const first = await ask(">>> ");
      if (!first?.trimStart().startsWith('"""')) return first;
      return await joinBlock(first.trimStart().slice(3), () => ask("... "));
    },
    [Symbol.dispose]: () => lines.close(),
  };
}

function askLine(lines: Interface, question: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const onClose = (): void => resolve(undefined);
    lines.once("close", onClose);
    lines.question(question, (answer) => {
      lines.off("close", onClose);
      resolve(answer);
    });
  });
}

/** Lines up to the one that ends with `"""`; the end of the input ends the block too. */
export async function joinBlock(
  first: string,
  nextLine: () => Promise<string | undefined>,
): Promise<string> {
  const block: string[] = [];
  for (let line: string | undefined = first; line !== undefined; line = await nextLine()) {
    const end = line.trimEnd();
    if (end.endsWith('"""')) {
      block.push(end.slice(0, -3));
      break;
    }
    block.push(line);
  }
  return block.join("\n").trim();
}
