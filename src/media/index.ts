/** Bytes to arrays and back. */

export * from "./draw/index.ts";
export * from "./text/index.ts";
export type * from "./types.ts";
