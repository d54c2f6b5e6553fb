/** Tasks: one line of text says what a network reads and writes. */

export * from "./grammar/index.ts";
