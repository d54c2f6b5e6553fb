/** What of media/ runs in browsers: no file system, no native code. */

export * from "./box/index.ts";
export { type DecodeBlobOptions, decodeImage } from "./image/decode-browser.ts";
export { type Normalisation, toPixels } from "./image/pixels.ts";
export { type Filter, resize } from "./image/resize.ts";
export type * from "./types.ts";
