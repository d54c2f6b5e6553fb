/** Public types of the tokenizer. */

/** One entry of `added_tokens` in tokenizer.json. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Match whole words only. */
  readonly single_word: boolean;
  /** Take the white space on the left with the token. */
  readonly lstrip: boolean;
  /** Take the white space on the right with the token. */
  readonly rstrip: boolean;
  /** Match in the normalised text, with the content normalised too. */
  readonly normalized: boolean;
  /** Left out by `decode(ids, { skipSpecial: true })`. */
  readonly special: boolean;
}

/** The BPE model of tokenizer.json, as this library writes it. */
export interface BpeModelJson {
  type: "BPE";
  dropout: null;
  unk_token: null;
  continuing_subword_prefix: string;
  end_of_word_suffix: string;
  fuse_unk: boolean;
  byte_fallback: boolean;
  ignore_merges: boolean;
  vocab: Record<string, number>;
  merges: [string, string][];
}

/** A tokenizer.json of the byte-level BPE kind, as this library writes it. */
export interface TokenizerJson {
  version: "1.0";
  truncation: null;
  padding: null;
  added_tokens: AddedToken[];
  normalizer: { type: "NFC" };
  pre_tokenizer: object;
  post_processor: object;
  decoder: object;
  model: BpeModelJson;
}

export interface EncodeOptions {
  /**
   * Recognise added tokens such as `<|im_start|>` in the text (default true). With false the
   * text is plain: what a user typed cannot act as a control token.
   */
  specials?: boolean;
}

export interface DecodeOptions {
  /** Leave out tokens marked special (default false). */
  skipSpecial?: boolean;
}

/** Turns a stream of ids into text, a character at a time at the finest. */
export interface TextDecoderStream {
  /** Text that `id` completes: "" while the bytes end inside a character. */
  push(id: number): string;
  /** What is held back, an unfinished character as U+FFFD; the stream starts afresh. */
  flush(): string;
}

/** Text to token ids and back. */
export interface Tokenizer {
  /** Largest id + 1. Checkpoints often pad the embedding beyond it. */
  readonly vocabSize: number;
  /** Ids of the tokens marked special, ascending. */
  readonly specialIds: readonly number[];
  /** `eos_token` of tokenizer_config.json. */
  readonly eosId: number | undefined;
  /** `pad_token` of tokenizer_config.json. */
  readonly padId: number | undefined;
  /** Ids of a text. */
  encode(text: string, options?: EncodeOptions): Int32Array;
  /** Ids of each text. */
  encodeBatch(texts: readonly string[], options?: EncodeOptions): Int32Array[];
  /**
   * Text of ids; bytes that are not UTF-8 become U+FFFD.
   * @throws RangeError for an id without a token
   */
  decode(ids: ArrayLike<number>, options?: DecodeOptions): string;
  /** Incremental decoder: its outputs and the flush join to `decode` of all the ids. */
  createDecoder(options?: DecodeOptions): TextDecoderStream;
  /** Id of a token as written in the vocabulary (byte-level spelling) or an added token. */
  tokenToId(token: string): number | undefined;
  /** Inverse of `tokenToId`. */
  idToToken(id: number): string | undefined;
  /** Bytes that a token adds to the text, where each stands for bytes of its own (byte-level). */
  bytesOf?(id: number): Uint8Array | undefined;
}
