/** Bytes of token ids back to text, whole or as a stream that never splits a character. */

import { writeTokenBytes } from "./bytes.ts";
import type { TextDecoderStream } from "./types.ts";

const utf8 = new TextEncoder();

/** Bytes of every token, by id. */
export class TokenBytes {
  private readonly pool: Uint8Array;
  private readonly start: Int32Array; // [vocabSize + 1]
  private readonly known: Uint8Array; // [vocabSize] 1 where the id has a token

  /**
   * @param tokens by id, in byte-level spelling; a hole for an id without a token
   * @param verbatim ids of added tokens, which stand for their own text
   */
  constructor(tokens: readonly (string | undefined)[], verbatim: ReadonlySet<number>) {
    const isByteLevel = new Uint8Array(tokens.length);
    let total = 0;
    this.start = new Int32Array(tokens.length + 1);
    this.known = new Uint8Array(tokens.length);
    let scratch = new Uint8Array(1024);
    for (let id = 0; id < tokens.length; id++) {
      const token = tokens[id];
      if (token !== undefined) {
        this.known[id] = 1;
        if (token.length > scratch.length) scratch = new Uint8Array(token.length);
        const spelt = !verbatim.has(id) && writeTokenBytes(token, scratch, 0);
        isByteLevel[id] = spelt ? 1 : 0;
        total += spelt ? token.length : Buffer.byteLength(token);
      }
      this.start[id + 1] = total;
    }
    this.pool = new Uint8Array(total);
    for (let id = 0; id < tokens.length; id++) {
      const token = tokens[id];
      if (token === undefined) continue;
      if (isByteLevel[id] === 1) writeTokenBytes(token, this.pool, this.start[id]!);
      else this.pool.set(utf8.encode(token), this.start[id]!);
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
