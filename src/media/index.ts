/** Bytes to arrays and back. Text so far: tokenizers and vocabularies. */

export * from "./text/index.ts";
