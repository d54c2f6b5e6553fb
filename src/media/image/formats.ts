/** Which image format bytes are in: their first bytes decide, whatever the file is called. */

export type ImageFormat = "jpeg" | "png" | "webp" | "gif" | "tiff" | "avif" | "bmp";

/** The format, or undefined where the bytes begin like none that is read. */
export function sniffFormat(bytes: Uint8Array): ImageFormat | undefined {
  const head = String.fromCharCode(...bytes.subarray(0, 64)); // a character a byte
  if (head.startsWith("\xff\xd8\xff")) return "jpeg";
  if (head.startsWith("\x89PNG\r\n\x1a\n")) return "png";
  if (head.startsWith("RIFF") && head.startsWith("WEBP", 8)) return "webp";
  if (head.startsWith("GIF87a") || head.startsWith("GIF89a")) return "gif";
  if (/^(II[*+]\0|MM\0[*+])/.test(head)) return "tiff"; // + is BigTIFF
  if (/^.{4}ftyp/s.test(head) && /avi[fs]/.test(head.slice(8))) return "avif";
  if (head.startsWith("BM") && bytes.length > 14) return "bmp";
  return undefined;
}

/** @throws where the bytes are empty or of no format that is read */
export function requireFormat(bytes: Uint8Array, name: string): ImageFormat {
  if (bytes.length === 0) throw new Error(`${name}: empty; expected an image`);
  const format = sniffFormat(bytes);
  if (format) return format;
  const first = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0"));
  throw new Error(
    `${name}: begins with ${first.join(" ")}, which is no image that can be read; ` +
      "expected JPEG, PNG, WebP, GIF, TIFF, AVIF or BMP",
  );
}
