/** The decoder: libvips through sharp, loaded when the first image is read. */

import type { Metadata, Sharp, SharpOptions } from "sharp";
import type { ImageFormat } from "./formats.ts";
import type { ImageSource } from "./source.ts";

type CreateSharp = (input: Uint8Array, options?: SharpOptions) => Sharp;

export async function loadSharp(): Promise<CreateSharp> {
  try {
    return (await import("sharp")).default;
  } catch (cause) {
    throw new Error("images need the package sharp; install it for this platform", { cause });
  }
}

/** An opened image: its header, and what decodes it. */
export interface Opened {
  readonly header: Metadata;
  readonly pipeline: Sharp;
}

/**
 * Colour profiles are left unapplied: Pillow leaves them too, and models were trained on its pixels.
 *
 * @param pages how many frames are decoded; -1 for all
 * @throws where the header cannot be read
 */
export async function openImage(
  { bytes, name }: ImageSource,
  format: ImageFormat,
  pages: number,
): Promise<Opened> {
  const sharp = await loadSharp();
  const pipeline = sharp(bytes, {
    pages: mayMove(format) ? pages : 1,
    failOn: "error",
    limitInputPixels: false, // ours is checked, with the header read
    ignoreIcc: true,
  });
  return named(name, format, async () => ({ header: await pipeline.metadata(), pipeline }));
}

const mayMove = (format: ImageFormat): boolean => format === "gif" || format === "webp";

/** RGB or CMYK bytes of a pipeline, without a copy. */
export async function readRaw(
  pipeline: Sharp,
  name: string,
  format: ImageFormat,
): Promise<{ data: Uint8Array; width: number; height: number; channels: number }> {
  return named(name, format, async () => {
    const { data, info } = await pipeline
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    return {
      data: new Uint8Array(data.buffer, data.byteOffset, data.length),
      width,
      height,
      channels,
    };
  });
}

/** libvips says a line for each of its troubles, and not which file it read. */
async function named<T>(name: string, format: ImageFormat, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    const [reason = ""] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
    const label = format === "webp" ? "WebP" : format.toUpperCase();
    throw new Error(
      `${name}: a ${label} that is damaged, incomplete or of a kind that is not read (${reason.trim()})`,
      { cause },
    );
  }
}
