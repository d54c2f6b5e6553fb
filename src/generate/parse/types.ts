/** What an answer's parser gives, piece by piece. */

export type AnswerDelta =
  | { readonly type: "reasoning" | "content"; readonly text: string }
  /** The first delta of a call has its id and name; the arguments' pieces join to JSON text. */
  | {
      readonly type: "toolCall";
      readonly index: number;
      readonly id?: string;
      readonly name?: string;
      readonly arguments: string;
    };

/** How a model writes calls: JSON in tags (Hermes), or tags for each parameter (Qwen3-Coder). */
export type ToolCallStyle = "json" | "xml";

export interface AnswerFormat {
  /** Undefined: the model has no calls, all is content. */
  readonly toolCalls: ToolCallStyle | undefined;
}

/** A function that the model may call: OpenAI's `tools[i].function`. */
export interface ToolFunction {
  readonly name: string;
  readonly parameters?: unknown;
}

export interface AnswerParserOptions {
  /** Say how to read the values of tags; JSON says it itself. */
  readonly tools?: readonly ToolFunction[];
  /** Makes the id of a call (default: `call_` and 24 random characters). */
  readonly createId?: () => string;
}

export interface AnswerParser {
  push(text: string): AnswerDelta[];
  /** What was held back, at the end of the answer. */
  flush(): AnswerDelta[];
}

/** Reads one call, a character at a time. */
export interface CallReader {
  /**
   * "more": goes on; "done": the call ended with the character; "over": the call ended before it;
   * "wrong": with this character it is no call.
   */
  push(char: string): "more" | "done" | "over" | "wrong";
  /** What became certain since the last time. */
  take(): CallPiece | undefined;
  /** Name and beginning of the arguments are certain: what follows does not take them back. */
  readonly isNamed: boolean;
  /** The answer is over: ends what was begun. */
  end(): void;
}

export interface CallPiece {
  readonly name?: string;
  readonly arguments: string;
}
