/** Text: tokenizers, training of a vocabulary, chat templates. */

export { loadTokenizer, type TokenizerFiles } from "./load-tokenizer.ts";
export { type TrainBpeOptions, trainBpe } from "./train-bpe.ts";
export type {
  AddedToken,
  DecodeOptions,
  EncodeOptions,
  TextDecoderStream,
  Tokenizer,
  TokenizerJson,
} from "./types.ts";
