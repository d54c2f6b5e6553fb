/** Bytes of token ids back to text, whole or as a stream that never splits a character. */

import type { TextDecoderStream } from "./types.ts";

/** Bytes of every token, by id. */
export class TokenBytes {
  private readonly pool: Uint8Array;
  private readonly start: Int32Array; // [vocabSize + 1]
  private readonly known: Uint8Array; // [vocabSize] 1 where the id has a token

  constructor(tokens: ReadonlyMap<number, Uint8Array>, vocabSize: number) {
    let total = 0;
    for (const bytes of tokens.values()) total += bytes.length;
    this.pool = new Uint8Array(total);
    this.start = new Int32Array(vocabSize + 1);
    this.known = new Uint8Array(vocabSize);
    let at = 0;
    for (let id = 0; id < vocabSize; id++) {
      const bytes = tokens.get(id);
      if (bytes !== undefined) {
        this.pool.set(bytes, at);
        this.known[id] = 1;
        at += bytes.length;
      }
      this.start[id + 1] = at;
    }
  }

  /** Bytes of a token (a view). @throws RangeError for an id without a token */
  of(id: number): Uint8Array {
    if (this.known[id] !== 1) {
      throw new RangeError(
        `decode: no token has id ${id}; ids run from 0 to ${this.known.length - 1}, and those of ` +
          "padding rows must be masked when sampling",
      );
    }
    return this.pool.subarray(this.start[id]!, this.start[id + 1]!);
  }
}

// `ignoreBOM` keeps U+FEFF, which is a character of the text here.
const createUtf8 = (): InstanceType<typeof TextDecoder> =>
  new TextDecoder("utf-8", { ignoreBOM: true });
const whole = createUtf8();

/** Text of the ids that `skip` lets through. */
export function decodeIds(
  ids: ArrayLike<number>,
  tokens: TokenBytes,
  skip: ((id: number) => boolean) | undefined,
): string {
  const parts: Uint8Array[] = [];
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!;
    const bytes = tokens.of(id);
    if (skip?.(id) !== true) parts.push(bytes);
  }
  return whole.decode(Buffer.concat(parts));
}

/** Stream over the same bytes; the platform's decoder holds back an unfinished character. */
export function createByteStream(
  tokens: TokenBytes,
  skip: ((id: number) => boolean) | undefined,
): TextDecoderStream {
  let utf8 = createUtf8();
  return {
    push(id) {
      const bytes = tokens.of(id);
      return skip?.(id) === true ? "" : utf8.decode(bytes, { stream: true });
    },
    flush() {
      const rest = utf8.decode();
      utf8 = createUtf8();
      return rest;
    },
  };
}
