/** A task from functions of a document: what most benchmarks are. */

import type { ChatMessage } from "../../media/text/index.ts";
import type {
  EvalItem,
  EvalModel,
  EvalTask,
  ItemContext,
  ItemOutcome,
  JsonObject,
  MetricSpec,
  MetricValue,
  Sense,
  TaskKind,
} from "../types.ts";
import { askChoices } from "./ask-choices.ts";
import { askGeneration } from "./ask-generation.ts";
import { askLikelihood } from "./ask-likelihood.ts";
import { type Fewshot, fewshotExamples } from "./fewshot.ts";
import type { FilterPipeline } from "./filters.ts";
import { chatPrompt, type PromptStyle, type Turn, textPrompt } from "./prompt.ts";

/** How a prompt reaches a model: as text, or through its chat template. */
export const chatModes = ["none", "single", "multiturn"] as const;
/**
 * "single": examples and question in one message; "multiturn": every example is a message and its
 * answer. Scores of different modes are not comparable.
 */
export type ChatMode = (typeof chatModes)[number];

/** The right answer: a choice's index or text, or texts of which any counts. */
export type Target = string | number | readonly string[] | readonly number[];

export interface TaskSpec<D extends JsonObject = JsonObject> {
  readonly name: string;
  /** Default "1". */
  readonly version?: string;
  readonly kind: Exclude<TaskKind, "interactive">;
  /** Documents with their ids; a malformed row is an item with a `problem`. */
  items(): AsyncIterable<EvalItem> | Iterable<EvalItem>;
  readonly size?: number;
  /** The question. A number: the question is that choice (WinoGrande), and the target follows it. */
  text(doc: D): string | number;
  target(doc: D): Target;
  /** Texts to choose from. */
  readonly choices?: (doc: D) => readonly string[];
  /** What an answer begins with, given to the model. */
  readonly prefix?: (doc: D) => string | undefined;
  readonly fewshot?: Fewshot<D>;
  /** Default: description "", " " before answers, an empty line behind examples. */
  readonly style?: Partial<PromptStyle>;
  /** In place of the style's description, where it depends on the question (its subject). */
  readonly description?: (doc: D) => string;
  readonly chat?: ChatMode;
  /** What items bring beside text: `["image"]` is for answers (generate_until) in a chat mode. */
  readonly shows?: readonly Sense[];
  /** Default: acc and acc_norm of choices, exact_match of answers, perplexities of texts. */
  readonly metrics?: readonly MetricSpec[];
  /** Scores one answer of a generation (default: exact match against the target). */
  score?(
    answer: string,
    doc: D,
    all: readonly string[],
  ): Readonly<Record<string, MetricValue>> | Promise<Readonly<Record<string, MetricValue>>>;
  readonly filters?: readonly FilterPipeline[];
  /** Of generations (default: the delimiter behind examples). */
  readonly until?: readonly string[];
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  /** Answers to each question (default 1), all of which filters see. */
  readonly repeats?: number;
  readonly cluster?: string;
  readonly groups?: readonly string[];
  readonly summarise?: EvalTask["summarise"];
  /** What else decides scores; functions are told apart by `version` alone. */
  readonly settings?: JsonObject;
}

/** What the askers of each kind work with. */
export interface Question {
  readonly spec: TaskSpec;
  readonly style: PromptStyle;
  /** The prompt of a turn behind the item's examples: text where likelihoods are asked for. */
  text(turn: Turn, model: EvalModel): string;
  prompt(turn: Turn): string | ChatMessage[];
  readonly isChat: boolean;
}

/**
 * @throws Error for a task of images that is not a chat to be answered
 * @example
 * const sums = defineTask({
 *   name: "sums",
 *   kind: "multiple_choice",
 *   items: () => [{ id: "0", doc: { a: 3, b: 4, options: ["7", "8"], answer: 0 } }],
 *   text: (doc) => `${doc.a} + ${doc.b} =`,
 *   choices: (doc) => doc.options as string[],
 *   target: (doc) => doc.answer as number,
 * });
 */
export function defineTask<D extends JsonObject>(given: TaskSpec<D>): EvalTask {
  const spec = given as unknown as TaskSpec; // its functions are only given its own documents
  const common = { description: "", targetDelimiter: " ", fewshotDelimiter: "\n\n", ...spec.style };
  const { chat = "none", kind, fewshot, shows } = spec;
  if (shows && (kind !== "generate_until" || chat === "none")) {
    throw new Error(
      `${spec.name}: images need generate_until and a chat mode, single or multiturn`,
    );
  }
  const metrics = spec.metrics ?? defaultMetrics[kind];
  const examplesFor = fewshotExamples(spec);
  const ask = askers[kind];
  return {
    name: spec.name,
    version: spec.version ?? "1",
    kind,
    metrics,
    shows,
    fewshot: fewshot?.count ?? 0,
    size: spec.size,
    cluster: spec.cluster,
    groups: spec.groups,
    settings: settingsOf(spec, common, metrics),
    items: () => spec.items(),
    async ask(item, context) {
      const examples = await examplesFor(item, context.seed);
      const isChat = chat !== "none";
      const description = spec.description?.(item.doc) ?? common.description;
      const style = { ...common, description };
      const messages = (turn: Turn) => chatPrompt(style, examples, turn, chat === "multiturn");
      const question: Question = {
        spec: { ...spec, metrics },
        style,
        isChat,
        prompt: (turn) => (isChat ? messages(turn) : textPrompt(style, examples, turn)),
        text(turn, model) {
          if (!isChat) return textPrompt(style, examples, turn);
          if (model.render) return model.render(messages(turn));
          throw new Error(`${model.name} has no chat template to write this prompt as text with`);
        },
      };
      return ask(question, item, context);
    },
    ...(spec.summarise ? { summarise: spec.summarise } : {}),
  };
}

const askers: Record<
  TaskSpec["kind"],
  (question: Question, item: EvalItem, context: ItemContext) => Promise<ItemOutcome>
> = {
  multiple_choice: askChoices,
  loglikelihood: askLikelihood,
  loglikelihood_rolling: askLikelihood,
  generate_until: askGeneration,
};

const higher = (name: string): MetricSpec => ({ name, isHigherBetter: true });

/** As lm-evaluation-harness where a task names none. */
const defaultMetrics: Record<TaskSpec["kind"], readonly MetricSpec[]> = {
  multiple_choice: [higher("acc"), higher("acc_norm")],
  loglikelihood: [
    { name: "perplexity", isHigherBetter: false, aggregation: "perplexity" },
    higher("acc"),
  ],
  loglikelihood_rolling: [
    { name: "word_perplexity", isHigherBetter: false, aggregation: "perplexity" },
    { name: "byte_perplexity", isHigherBetter: false, aggregation: "perplexity" },
    { name: "bits_per_byte", isHigherBetter: false, aggregation: "bits_per_byte" },
  ],
  generate_until: [higher("exact_match")],
};

function settingsOf(
  spec: TaskSpec,
  style: PromptStyle,
  metrics: readonly MetricSpec[],
): JsonObject {
  const { chat = "none", until, maxTokens, temperature, topP, topK, repeats, fewshot } = spec;
  const all = { chat, ...style, until, maxTokens, temperature, topP, topK, repeats };
  const given = Object.entries(all).filter(([, value]) => value !== undefined);
  return {
    ...Object.fromEntries(given),
    metrics: metrics.map(({ name, filter = "none" }) => `${name},${filter}`),
    filters: (spec.filters ?? []).map(({ name }) => name),
    sampler: fewshot ? (fewshot.sampler ?? "random") : null,
    ...spec.settings,
  } as JsonObject; // numbers, texts and lists of texts
}
