/** Single keys of a terminal; of a pipe, its characters. */

import type { Io } from "./io.ts";

/** Ctrl-C and Ctrl-D arrive as characters where the terminal does not act on them. */
const [CTRL_C, CTRL_D] = ["\u0003", "\u0004"];

/** Lower case, blanks and escape sequences (arrows) left out, until input ends or Ctrl-D. */
export async function* readKeys({ stdin }: Io, signal: AbortSignal): AsyncGenerator<string> {
  const end = (): unknown => stdin.destroy();
  signal.addEventListener("abort", end, { once: true });
  if (stdin.isTTY) stdin.setRawMode(true);
  stdin.setEncoding("utf8");
  try {
    for await (const text of stdin as AsyncIterable<string>) {
      if (text.startsWith("\u001b")) continue;
      for (const key of text.toLowerCase()) {
        if (key === CTRL_D) return;
        if (key === CTRL_C) process.kill(process.pid, "SIGINT");
        else if (key.trim() !== "") yield key;
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", end);
    if (stdin.isTTY) stdin.setRawMode(false);
    stdin.destroy(); // else a terminal that stays open keeps the process
  }
}
