/** Images: files to pixels, Pillow's resizing, pixels to what models take. */

export { type DecodeImageOptions, decodeImage } from "./decode.ts";
export { encodeGif, encodeImage, encodePng } from "./encode.ts";
export { type ImageFormat, sniffFormat } from "./formats.ts";
export { type DecodeFramesOptions, decodeFrames } from "./frames.ts";
export { type Normalisation, toPixels } from "./pixels.ts";
export { type Filter, resize } from "./resize.ts";
export { svgToPng } from "./svg.ts";
