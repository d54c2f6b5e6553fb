/** Bytes to arrays and back. */

export * from "./audio/index.ts";
export * from "./box/index.ts";
export * from "./draw/index.ts";
export { FILE_HEAD, type FileKind, fileKinds } from "./file-kind.ts";
export * from "./image/index.ts";
export * from "./motion/index.ts";
export * from "./structure/index.ts";
export * from "./text/index.ts";
export type * from "./types.ts";
export * from "./video/index.ts";
