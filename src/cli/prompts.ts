/** Prompts from standard input: typed at a terminal, or one a line from a pipe or file. */

import { createInterface } from "node:readline";
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
  const typed: string[] = []; // lines typed ahead, while an answer was printed
  let waiting: ((line: string | undefined) => void) | undefined;
  let isClosed = false;
  const hand = (line: string | undefined): boolean => {
    const resolve = waiting;
    waiting = undefined;
    resolve?.(line);
    return resolve !== undefined;
  };
  lines.on("line", (line) => hand(line) || typed.push(line));
  lines.on("close", () => {
    isClosed = true;
    hand(undefined);
  });
  // In a terminal readline takes the keys in raw mode, so Ctrl-C arrives here and not as a signal.
  lines.on("SIGINT", () => (waiting ? lines.close() : onInterrupt()));
  const ask = (question: string): Promise<string | undefined> => {
    if (typed.length > 0 || isClosed) return Promise.resolve(typed.shift());
    lines.setPrompt(question);
    lines.prompt();
    return new Promise((resolve) => {
      waiting = resolve;
    });
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
