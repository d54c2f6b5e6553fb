/** Task files in the form of lm-evaluation-harness: the subset that docs/evaluate.md lists. */

import { readFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { z } from "zod";
import { exactMatchOf, f1Of } from "../score/answers.ts";
import { choiceMetrics } from "../score/choices.ts";
import type { EvalTask, JsonObject, MetricSpec } from "../types.ts";
import { referencesOf } from "./ask-generation.ts";
import { defineTask, type Target } from "./define-task.ts";
import {
  choiceFilter,
  type Filter,
  type FilterPipeline,
  lowercaseFilter,
  majorityVote,
  mapFilter,
  regexFilter,
  removeThinking,
  takeFirst,
  takeFirstK,
  trimFilter,
  uppercaseFilter,
} from "./filters.ts";
import { readDocuments } from "./read-documents.ts";
import { compileField, parseList } from "./template.ts";

const texts = z.union([z.string(), z.array(z.string())]);
const field = z.union([z.string(), z.number()]);
const choiceField = z.union([z.string(), z.array(z.union([z.string(), z.number()]))]);

const schema = z.strictObject({
  task: z.string(),
  task_alias: z.string().optional(),
  tag: texts.optional(),
  dataset_path: z.string().optional(),
  dataset_kwargs: z
    .strictObject({
      data_files: z.union([texts, z.record(z.string(), texts)]).optional(),
      data_dir: z.string().optional(),
    })
    .optional(),
  training_split: z.string().nullish(),
  validation_split: z.string().nullish(),
  test_split: z.string().nullish(),
  fewshot_split: z.string().nullish(),
  output_type: z
    .enum(["multiple_choice", "loglikelihood", "loglikelihood_rolling", "generate_until"])
    .default("generate_until"),
  doc_to_text: field.default(""),
  doc_to_target: z.union([field, z.array(z.string())]),
  doc_to_choice: choiceField.optional(),
  gen_prefix: z.string().nullish(),
  description: z.string().default(""),
  target_delimiter: z.string().default(" "),
  fewshot_delimiter: z.string().default("\n\n"),
  fewshot_config: z
    .strictObject({
      sampler: z.enum(["default", "first_n"]).optional(),
      samples: z.array(z.record(z.string(), z.json())).optional(),
      split: z.string().optional(),
    })
    .optional(),
  num_fewshot: z.number().int().min(0).nullish(),
  generation_kwargs: z
    .strictObject({
      until: texts.optional(),
      max_gen_toks: z.number().int().positive().optional(),
      do_sample: z.boolean().optional(),
      temperature: z.coerce.number().min(0).optional(),
      top_p: z.number().optional(),
      top_k: z.number().int().optional(),
    })
    .optional(),
  repeats: z.number().int().positive().default(1),
  filter_list: z
    .array(z.strictObject({ name: z.string(), filter: z.array(z.record(z.string(), z.json())) }))
    .nullish(),
  metric_list: z
    .array(
      z.strictObject({
        metric: z.string(),
        aggregation: z.string().optional(),
        higher_is_better: z.boolean().optional(),
        ignore_case: z.boolean().optional(),
        ignore_punctuation: z.boolean().optional(),
        ignore_numbers: z.boolean().optional(),
        regexes_to_ignore: z.array(z.string()).optional(),
      }),
    )
    .optional(),
  should_decontaminate: z.literal(false).optional(),
  metadata: z.record(z.string(), z.json()).optional(),
});
type Config = z.output<typeof schema>;

export interface LoadTaskOptions {
  /** In place of the file's `num_fewshot`. */
  readonly fewshot?: number;
}

/**
 * @param file YAML; `include` names a file beside it whose entries this one's replace
 * @throws Error naming file and key of what is not supported, `!function` and `process_docs` among it
 */
export async function loadTask(file: string, options: LoadTaskOptions = {}): Promise<EvalTask> {
  const config = parseConfig(file, await readYaml(file));
  const kind = config.output_type;
  const at = (key: string): string => `${basename(file)}: ${key}`;
  const fieldOf = (key: "doc_to_text" | "doc_to_target"): ((doc: JsonObject) => unknown) => {
    const value = config[key];
    return typeof value === "string" ? compileField(value, at(key)) : () => value;
  };
  const [text, target] = [fieldOf("doc_to_text"), fieldOf("doc_to_target")];
  const hasChoices = config.doc_to_choice !== undefined;
  const splits = splitFiles(file, config);
  const tested = config.test_split ?? config.validation_split ?? firstKey(splits);
  const examples = config.fewshot_config?.split ?? config.fewshot_split ?? config.training_split;
  const fewshotSplit = examples ?? config.validation_split ?? tested;
  const filesOf = (split: string): readonly string[] => {
    const files = splits[split];
    if (files) return files;
    throw new Error(`${file}: no files for the split "${split}"; name them in data_files`);
  };
  const items = filesOf(tested);
  const count = options.fewshot ?? config.num_fewshot ?? 0;
  const samples = config.fewshot_config?.samples as JsonObject[] | undefined;
  const fewshotFiles = count > 0 && !samples ? filesOf(fewshotSplit) : [];
  const { until, max_gen_toks, do_sample, temperature, top_p, top_k } =
    config.generation_kwargs ?? {};
  const filters = config.filter_list?.map(
    ({ name, filter }): FilterPipeline => ({
      name,
      steps: filter.map((each) => filterOf(each, at(`filter_list ${name}`))),
    }),
  );
  const choices = hasChoices ? choicesOf(config, at("doc_to_choice")) : undefined;
  const toTarget = (doc: JsonObject): Target => targetOf(target(doc), hasChoices);
  const scorers = answerScorers(config);
  return defineTask({
    name: config.task,
    version: String(config.metadata?.version ?? 1),
    kind,
    items: () => readDocuments(items),
    text(doc) {
      const value = text(doc);
      const isIndex = hasChoices && /^\d+$/.test(String(value));
      return kind === "multiple_choice" && isIndex ? Number(value) : String(value ?? "");
    },
    target: toTarget,
    choices,
    prefix: config.gen_prefix
      ? (doc) => String(compileField(config.gen_prefix!, at("gen_prefix"))(doc))
      : undefined,
    style: {
      description: config.description,
      targetDelimiter: config.target_delimiter,
      fewshotDelimiter: config.fewshot_delimiter,
    },
    fewshot: {
      count,
      sampler: config.fewshot_config?.sampler === "first_n" || samples ? "first" : "random",
      isSameSplit: !samples && fewshotSplit === tested,
      docs: () => samples ?? docsOf(fewshotFiles),
    },
    metrics: metricsOf(config, file),
    filters,
    until: until === undefined ? undefined : [until].flat(),
    maxTokens: max_gen_toks,
    temperature: do_sample === false ? 0 : temperature,
    topP: top_p,
    topK: top_k,
    repeats: config.repeats,
    score: (answer, doc) => {
      const references = referencesOf(toTarget(doc), choices?.(doc));
      return Object.fromEntries(scorers.map(([name, score]) => [name, score(answer, references)]));
    },
    settings: { config: config as unknown as JsonObject }, // parsed from YAML: JSON
  });
}

async function* docsOf(files: readonly string[]): AsyncGenerator<JsonObject> {
  for await (const { doc, problem } of readDocuments(files)) {
    if (problem !== undefined) throw new Error(`an example cannot be read: ${problem}`);
    yield doc;
  }
}

const firstKey = (of: object): string => Object.keys(of)[0] ?? "test";

async function readYaml(file: string, depth = 0): Promise<Record<string, unknown>> {
  const { parseDocument } = await import("yaml");
  const document = parseDocument(await readFile(file, "utf8"), { logLevel: "silent" });
  const [problem] = [...document.errors, ...document.warnings];
  if (problem) {
    const isFunction = /!function/.test(problem.message);
    const hint = "is Python, which is not run here; write the task in TypeScript with defineTask";
    throw new Error(
      `${file}: ${isFunction ? `!function ${hint}` : problem.message.split("\n")[0]}`,
    );
  }
  const { include, ...own } = (document.toJS({ maxAliasCount: 100 }) ?? {}) as {
    include?: unknown;
    [key: string]: unknown;
  };
  if (typeof include !== "string") return own;
  if (depth > 8) throw new Error(`${file}: include goes in a circle`);
  return { ...(await readYaml(resolve(dirname(file), include), depth + 1)), ...own };
}

function parseConfig(file: string, value: unknown): Config {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  const issue = error.issues[0]!;
  const key = [...issue.path, ...(issue.code === "unrecognized_keys" ? issue.keys : [])].join(".");
  const problem = issue.code === "unrecognized_keys" ? "is not supported" : issue.message;
  throw new Error(`${file}: ${key} ${problem}; docs/evaluate.md lists what is`);
}

/** Files of each split, relative to the task's file. */
function splitFiles(file: string, config: Config): Record<string, readonly string[]> {
  const folder = resolve(dirname(file), config.dataset_kwargs?.data_dir ?? ".");
  const full = (names: string | readonly string[]) =>
    [names].flat().map((name) => resolve(folder, name));
  const named = config.dataset_kwargs?.data_files;
  const split = config.test_split ?? config.validation_split ?? "test";
  if (typeof named === "string" || Array.isArray(named)) return { [split]: full(named) };
  if (named) return Object.fromEntries(Object.entries(named).map(([k, v]) => [k, full(v)]));
  if (config.dataset_path && /\.(jsonl?|ndjson|csv|tsv|parquet)$/.test(config.dataset_path)) {
    return { [split]: full(config.dataset_path) };
  }
  throw new Error(
    `${file}: dataset_path ${JSON.stringify(config.dataset_path ?? null)} is no local file; ` +
      "nothing is downloaded: name a .json, .jsonl, .csv, .tsv or .parquet file",
  );
}

function choicesOf({ doc_to_choice: given }: Config, where: string) {
  if (Array.isArray(given)) return () => given.map(String);
  const compiled = compileField(given!, where);
  return (doc: JsonObject): string[] => {
    const value = compiled(doc);
    const list = Array.isArray(value) ? value : parseList(String(value));
    if (list) return list.map(String);
    throw new Error(`${where}: expected a list, found ${JSON.stringify(value).slice(0, 80)}`);
  };
}

function targetOf(value: unknown, hasChoices: boolean): Target {
  if (Array.isArray(value)) return value as Target;
  if (typeof value === "number") return value;
  const text = String(value ?? "");
  if (hasChoices && /^\d+$/.test(text)) return Number(text);
  return (parseList(text) as Target | undefined) ?? text;
}

function filterOf(given: Record<string, unknown>, where: string): Filter {
  const { function: name, ...rest } = given;
  const options = rest as Record<string, string | number | boolean | string[] | undefined>;
  const pattern = (text: unknown): RegExp => {
    // Python's inline flags at the start.
    const [, flags = "", body = ""] = /^(?:\(\?([ims]+)\))?([\s\S]*)$/.exec(String(text)) ?? [];
    try {
      return new RegExp(body, flags);
    } catch {
      throw new Error(`${where}: the pattern ${String(text)} is none that JavaScript reads`);
    }
  };
  const regex = {
    pattern: options.regex_pattern === undefined ? undefined : pattern(options.regex_pattern),
    select: options.group_select as number | undefined,
    fallback: options.fallback as string | undefined,
  };
  switch (name) {
    case "regex":
      return regexFilter(regex);
    case "multi_choice_regex":
      return choiceFilter({
        ...regex,
        ignoreCase: options.ignore_case === true,
        ignorePunctuation: options.ignore_punctuation === true,
        ignore: ((options.regexes_to_ignore as string[] | undefined) ?? []).map(pattern),
      });
    case "remove_whitespace":
      return trimFilter;
    case "lowercase":
      return lowercaseFilter;
    case "uppercase":
      return uppercaseFilter;
    case "take_first":
      return takeFirst;
    case "take_first_k":
      return takeFirstK(Number(options.k));
    case "majority_vote":
      return majorityVote;
    case "remove_thinking":
      return removeThinking();
    case "map": {
      const table = (rest as { mapping_dict?: Record<string, unknown> }).mapping_dict ?? {};
      const entries = Object.entries(table).map(([key, value]) => [key, String(value)]);
      return mapFilter(Object.fromEntries(entries), String(options.default_value ?? "None"));
    }
    default:
      throw new Error(`${where}: the filter ${JSON.stringify(name)} is not supported`);
  }
}

const likelihoodMetrics = ["perplexity", "acc"];
const rollingMetrics = ["word_perplexity", "byte_perplexity", "bits_per_byte"];
const answerMetrics = ["exact_match", "f1"];
const isLowerBetter = /perplexity|bits_per_byte|brier/;

/** @throws Error for a metric that the kind of task has not */
function metricsOf(config: Config, file: string): readonly MetricSpec[] | undefined {
  const kind = config.output_type;
  const known = {
    multiple_choice: choiceMetrics,
    loglikelihood: likelihoodMetrics,
    loglikelihood_rolling: rollingMetrics,
    generate_until: answerMetrics,
  }[kind] as readonly string[];
  const given = config.metric_list?.map(({ metric }) => metric);
  const defaults = { multiple_choice: ["acc", "acc_norm"], generate_until: ["exact_match"] };
  const names = given ?? defaults[kind as keyof typeof defaults] ?? known;
  const filters = config.filter_list?.map(({ name }) => name) ?? ["none"];
  return names.flatMap((name) => {
    if (!known.includes(name)) {
      throw new Error(
        `${file}: metric_list: "${name}" is not supported for ${kind}; ${known.join(", ")} are`,
      );
    }
    const perplexity = name.includes("perplexity") ? ("perplexity" as const) : undefined;
    const aggregation = name === "bits_per_byte" ? ("bits_per_byte" as const) : perplexity;
    const spec = { name, isHigherBetter: !isLowerBetter.test(name), aggregation };
    return kind === "generate_until" ? filters.map((filter) => ({ ...spec, filter })) : [spec];
  });
}

type Scorer = (answer: string, references: readonly string[]) => number;

function answerScorers(config: Config): [string, Scorer][] {
  const exact = config.metric_list?.find(({ metric }) => metric === "exact_match");
  const options = {
    ignoreCase: exact?.ignore_case,
    ignorePunctuation: exact?.ignore_punctuation,
    ignoreNumbers: exact?.ignore_numbers,
    ignore: exact?.regexes_to_ignore?.map((text) => new RegExp(text)),
  };
  return [
    ["exact_match", (answer, references) => exactMatchOf(answer, references, options)],
    ["f1", f1Of],
  ];
}
