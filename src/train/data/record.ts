/** Training records: what a row becomes once it is checked. */

import type { ChatMessage } from "../../media/text/index.ts";
import type { RecordKind } from "./schema.ts";

export type { RecordKind };

/** Where a row stands, for messages and for reading it again. */
export interface RowPlace {
  readonly file: string;
  /** Line of a text file, row of a Parquet file; from 1. */
  readonly line: number;
}

interface Common extends RowPlace {
  readonly id?: string;
  /** Source that the row names; losses are logged for each. */
  readonly channel?: string;
  /** Of the row's tokens in the loss. */
  readonly weight: number;
}

interface Chat {
  readonly tools?: readonly { readonly [key: string]: unknown }[];
  /** Further variables of the chat template. */
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** Plain text, or turns of a conversation. */
export type Side = string | readonly ChatMessage[];

export type DataRecord = Common &
  (
    | ({ readonly kind: "messages"; readonly messages: readonly ChatMessage[] } & Chat)
    | ({ readonly kind: "completion"; readonly prompt: Side; readonly completion: Side } & Chat)
    | ({
        readonly kind: "preference";
        readonly prompt: Side;
        readonly chosen: Side;
        readonly rejected: Side;
      } & Chat)
    | ({
        readonly kind: "unpaired";
        readonly prompt: Side;
        readonly completion: Side;
        readonly label: boolean;
      } & Chat)
    | { readonly kind: "text"; readonly text: string }
    | {
        readonly kind: "repository";
        readonly repo: string;
        readonly files: readonly { readonly path: string; readonly content: string }[];
      }
    | ({
        readonly kind: "reward";
        readonly prompt: Side;
        /** What the row holds besides: answers, tests, for the reward functions. */
        readonly columns: Readonly<Record<string, unknown>>;
      } & Chat)
  );

/** Records of one kind. */
export type RecordOf<K extends RecordKind> = Extract<DataRecord, { readonly kind: K }>;

/** Records all of whose tokens are learned. */
export type RawRecord = RecordOf<"text" | "repository">;

/** All text of records, for learning a vocabulary. */
export function* textsOf(records: Iterable<DataRecord>): Generator<string> {
  for (const record of records) {
    if (record.kind === "text") yield record.text;
    else if (record.kind === "repository") for (const { content } of record.files) yield content;
    else if (record.kind === "messages") yield* sideTexts(record.messages);
    else {
      yield* sideTexts(record.prompt);
      if (record.kind === "preference") {
        yield* sideTexts(record.chosen);
        yield* sideTexts(record.rejected);
      } else if (record.kind !== "reward") yield* sideTexts(record.completion);
    }
  }
}

function* sideTexts(side: Side): Generator<string> {
  if (typeof side === "string") {
    yield side;
    return;
  }
  for (const { content, reasoning_content } of side) {
    if (typeof content === "string") yield content;
    else for (const part of content ?? []) if (typeof part.text === "string") yield part.text;
    if (reasoning_content) yield reasoning_content;
  }
}
