/** What a harness is made of: models that are asked, tasks that ask, and what is kept of it. */

import type { ChatMessage } from "../media/text/index.ts";

/** A model under test: one in the process, or behind an endpoint. */
export interface EvalModel extends Disposable {
  /** For people, and for the names of folders. */
  readonly name: string;
  /**
   * Stands for everything that decides answers (weights, template, address): what is cached under
   * another identity is not used. Holds no secret.
   */
  readonly identity: string;
  /** What it takes beside text (default: nothing). Tasks that show more are refused. */
  readonly sees?: readonly Sense[];
  /** Items to work on at a time: as many as keep the model busy. */
  readonly concurrency: number;
  /** The same for tasks that ask for likelihoods alone (default: `concurrency`). */
  readonly likelihoodConcurrency?: number;
  /** Absent where the model gives no probabilities of given texts (chat endpoints). */
  readonly logLikelihoods?: (
    requests: readonly LogLikelihoodRequest[],
    options?: AskOptions,
  ) => Promise<LogLikelihood[]>;
  /**
   * Texts in the order of the requests. A call's requests are answered side by side.
   *
   * @throws Error where one of them has no answer (the item that asked is then counted as failed)
   */
  generate(requests: readonly GenerateRequest[], options?: AskOptions): Promise<Generation[]>;
  /**
   * A conversation as the text that the model continues, where it has a chat template here.
   * `thinking`: as for {@link GenerateRequest}.
   */
  readonly render?: (
    messages: readonly ChatMessage[],
    options?: { readonly thinking?: boolean },
  ) => string;
  /** What it has cost since it was made. */
  usage(): Usage;
}

export interface AskOptions {
  readonly signal?: AbortSignal;
}

/**
 * How likely `continuation` is behind `context`. Requests of one call with the same context share
 * its computation. As in lm-evaluation-harness, blanks at the context's end count as the
 * continuation's, and an empty context is the model's first token.
 */
export interface LogLikelihoodRequest {
  readonly context: string;
  /** "" is refused: nothing would be scored. */
  readonly continuation: string;
  /**
   * "rolling": of the whole text, in windows of the model's context, for perplexities; `context` is
   * then "" (default: "continuation").
   */
  readonly mode?: "continuation" | "rolling";
}

export interface LogLikelihood {
  /** Sum of the natural logarithms of the continuation's token probabilities. */
  readonly logLikelihood: number;
  /** Every token of the continuation is the likeliest one. */
  readonly isGreedy: boolean;
  /** Tokens that were scored. */
  readonly tokens: number;
  /** A token reached across the border of context and continuation, and was scored. */
  readonly isJoined?: boolean;
}

/** What prompts may hold beside text. */
export type Sense = "image";

/**
 * An image of a question. Journals, results and cache keys hold its name, digest and size: `read`
 * is a function, which JSON leaves out.
 */
export interface EvalImage {
  /** What errors call it. */
  readonly name: string;
  /** SHA-256 of the file, in hex. */
  readonly sha256: string;
  /** The file's length. */
  readonly bytes: number;
  /** The file, encoded as it was published. */
  readonly read: () => Uint8Array | Promise<Uint8Array>;
}

export interface GenerateRequest {
  /**
   * A text to continue, or a conversation to answer (through the model's chat template). Parts
   * `{ type: "image", image: EvalImage }` are for models that see images.
   */
  readonly prompt: string | readonly ChatMessage[];
  /** Texts that end the answer and are not part of it. */
  readonly until?: readonly string[];
  /** Most tokens of the answer (default 256, as in lm-evaluation-harness). */
  readonly maxTokens?: number;
  /** 0 (default): the likeliest token always. */
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  /** Of sampling; each of several answers to one prompt needs its own (default 0). */
  readonly seed?: number;
  /** Whether a model that can think does (default: the model's own way). */
  readonly thinking?: boolean;
}

export interface Generation {
  /** The answer without thinking and stop text. */
  readonly text: string;
  readonly reasoning?: string;
  /** "length": it was cut off, which reports count. */
  readonly finishReason: "stop" | "length";
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Of the prompt, tokens that the endpoint says it had read before. */
  readonly cachedTokens?: number;
}

export interface Usage {
  /** Requests that reached the model; answers from the cache do not. */
  readonly requests: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Requests that were sent once more after a failure. */
  readonly retries: number;
  /** Requests that the cache answered; undefined without one. */
  readonly cached?: number;
  /** By the prices given, in their currency; undefined without prices. */
  readonly cost?: number;
}

/** Anything JSON can hold: items and what is recorded of them are written to files. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** One question, game or figure of a task. */
export interface EvalItem {
  /** Unique in its task, and the same in every run: results are resumed and compared by it. */
  readonly id: string;
  /** What results show, and templates read. */
  readonly doc: JsonObject;
  /** Groups that get results of their own: `{ category: "Health", level: "hard" }`. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Images by the marks in the question that they stand for: `{ "<image 1>": image }`. */
  readonly images?: Readonly<Record<string, EvalImage>>;
  /**
   * The item cannot be asked, for this reason (a malformed row): it is counted as failed. Tasks give
   * it in place of throwing, so that one bad row does not end a run.
   */
  readonly problem?: string;
}

/** An item's value of a metric; a pair is [sum, weight] of a weighted mean (perplexities). */
export type MetricValue = number | readonly [sum: number, weight: number];

export interface MetricSpec {
  readonly name: string;
  readonly isHigherBetter: boolean;
  /**
   * Default "mean". Of pairs: "perplexity" exp(-sum / weight), "bits_per_byte" -sum / weight / ln 2,
   * "weighted_mean" sum / weight. A function gets all values in the order of the items.
   */
  readonly aggregation?:
    | "mean"
    | "weighted_mean"
    | "perplexity"
    | "bits_per_byte"
    | "median"
    | ((values: readonly MetricValue[]) => number);
  /** The filter whose answers are scored (default "none"); results are named `metric,filter`. */
  readonly filter?: string;
}

/** What was asked in one request, as results show it. */
export interface Asked {
  readonly context: string | readonly ChatMessage[];
  /** The continuation whose likelihood was asked for, or the settings of a generation. */
  readonly argument: Json;
  /** The text, or [log-likelihood, is greedy]. */
  readonly response: Json;
}

/** What one item gave. */
export interface ItemOutcome {
  /** By metric, or by `metric,filter` for another filter than "none". */
  readonly values: Readonly<Record<string, MetricValue>>;
  /** The right answer, for people. */
  readonly target: Json;
  /** The answer after the filters, for people. */
  readonly answer: Json;
  readonly asked: readonly Asked[];
  /** Counts that are summed over items: answers cut off, moves that no rule allows, … */
  readonly counts?: Readonly<Record<string, number>>;
  /** Tags that only the run shows (how a game ended). */
  readonly tags?: Readonly<Record<string, string>>;
  /** What else the report should show: a transcript, a drawing. */
  readonly details?: JsonObject;
}

/** What a task asks with: the model, and what makes the item repeatable. */
export interface ItemContext {
  readonly model: EvalModel;
  /** Of the run; tasks derive their own from it and the item's id (`seedOf`). */
  readonly seed: number;
  readonly signal: AbortSignal;
}

export type TaskKind =
  | "multiple_choice"
  | "loglikelihood"
  | "loglikelihood_rolling"
  | "generate_until"
  | "interactive";

/**
 * A benchmark. `defineTask` makes one from functions of a document, `loadTask` from YAML; games and
 * other conversations implement it directly, with `ask` as their loop.
 */
export interface EvalTask {
  readonly name: string;
  /** Changes whenever scores may: results of two versions are not compared. */
  readonly version: string;
  readonly kind: TaskKind;
  /** What else decides requests and scores (few-shot, templates, profile): part of the results. */
  readonly settings: JsonObject;
  readonly metrics: readonly MetricSpec[];
  /** What questions show beside text (default: nothing). */
  readonly shows?: readonly Sense[];
  /** Few-shot examples before each question, where there are any. */
  readonly fewshot?: number;
  /** The tag whose items are not independent (variants of one question): standard errors know. */
  readonly cluster?: string;
  /** Tags whose groups get results of their own (default: all but `cluster`). */
  readonly groups?: readonly string[];
  /** How many items there are, where that is known: for the time that is left. */
  readonly size?: number;
  /** Items one by one, the same in every run; a hundred thousand need not be held. */
  items(): AsyncIterable<EvalItem> | Iterable<EvalItem>;
  /**
   * Asks the model about one item and scores it. Several run at a time.
   *
   * @throws Error for what cannot be scored; the item is counted as failed, and the run goes on
   */
  ask(item: EvalItem, context: ItemContext): Promise<ItemOutcome>;
  /**
   * Further results over all items that were scored, which no mean of single items gives (HellaSwag-
   * Pro's consistency over variants of a question). Keys become `name,none`.
   *
   * @param failed those without values
   */
  summarise?(
    records: readonly ScoredItem[],
    failed: readonly ScoredItem[],
  ): Readonly<Record<string, number>>;
}

/** What `summarise` sees of an item: small, since all of them are held. */
export interface ScoredItem {
  readonly id: string;
  /** Those of the item and of its outcome. */
  readonly tags: Readonly<Record<string, string>>;
  readonly values: ItemOutcome["values"];
}

/** A line of the journal: an item that is done, scored or failed. */
export type ItemRecord = {
  readonly id: string;
  /** Place among the task's items, from 0. */
  readonly index: number;
  readonly doc: JsonObject;
  readonly tags: Readonly<Record<string, string>>;
} & (
  | ({ readonly status: "scored" } & Omit<ItemOutcome, "tags">)
  | {
      readonly status: "failed";
      /** One sentence. */
      readonly error: string;
    }
);
