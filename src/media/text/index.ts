/** Text: tokenizers, training of a vocabulary, chat templates. */

export {
  type ChatMessage,
  type Conversation,
  parseConversation,
  parseToolArguments,
} from "./chat/conversation.ts";
export {
  type ChatTemplate,
  createChatTemplate,
  loadChatTemplate,
  renderChat,
} from "./chat/template.ts";
export { loadTokenizer, type TokenizerFiles } from "./load-tokenizer.ts";
export { specialToken } from "./special-token.ts";
export { type TrainBpeOptions, trainBpe } from "./train-bpe.ts";
export type {
  AddedToken,
  DecodeOptions,
  EncodeOptions,
  TextDecoderStream,
  Tokenizer,
  TokenizerJson,
} from "./types.ts";
