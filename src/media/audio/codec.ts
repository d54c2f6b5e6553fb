/** What a file is, by its first bytes: names say nothing. */

/** Names of audio-decode's decoders. */
export type Codec = "mp3" | "flac" | "oga" | "opus" | "aac" | "m4a";

const text = (bytes: Uint8Array, at: number, length: number): string =>
  String.fromCharCode(...bytes.subarray(at, at + length));

/** The decoder for compressed audio, or undefined where the bytes are nothing known. */
export function codecOf(file: Uint8Array): Codec | undefined {
  const bytes = behindTags(file);
  if (text(bytes, 0, 4) === "fLaC") return "flac";
  if (text(bytes, 4, 4) === "ftyp") return "m4a";
  if (text(bytes, 0, 4) === "OggS") return oggCodec(bytes);
  if (bytes[0] !== 0xff || bytes.length < 4) return undefined;
  // A frame's sync word; layer bits of 0 are AAC's (ADTS), others MPEG audio's.
  if ((bytes[1]! & 0xf6) === 0xf0) return "aac";
  return (bytes[1]! & 0xe0) === 0xe0 && (bytes[1]! & 0x06) !== 0 ? "mp3" : undefined;
}

/** What follows ID3v2 tags, which give their sizes in four bytes of 7 bits. */
function behindTags(file: Uint8Array): Uint8Array {
  let bytes = file;
  while (text(bytes, 0, 3) === "ID3" && bytes.length >= 10) {
    const size = bytes.subarray(6, 10).reduce((sum, byte) => sum * 128 + (byte & 0x7f), 0);
    const footer = bytes[5]! & 0x10 ? 10 : 0;
    bytes = bytes.subarray(10 + size + footer);
  }
  return bytes;
}

/** By the first packet, which lies behind the page's table of segments. */
function oggCodec(bytes: Uint8Array): Codec | undefined {
  const packet = 27 + (bytes[26] ?? 0);
  if (text(bytes, packet, 8) === "OpusHead") return "opus";
  if (text(bytes, packet, 7) === "\u0001vorbis") return "oga";
  return text(bytes, packet, 5) === "\u007fFLAC" ? "flac" : undefined;
}

/** Samples and rate that a FLAC file's first block announces; 0 samples where it does not know. */
export function flacInfo(bytes: Uint8Array): { samples: number; sampleRate: number } | undefined {
  if (text(bytes, 0, 4) !== "fLaC" || bytes.length < 26) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    sampleRate: view.getUint32(18) >>> 12, // 20 bits
    samples: (bytes[21]! & 0x0f) * 2 ** 32 + view.getUint32(22), // 36 bits
  };
}
