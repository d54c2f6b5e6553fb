/**
 * A checkpoint as a GGUF file that llama.cpp reads.
 * Source of names and of which tensor gets which type: llama.cpp, convert_hf_to_gguf.py.
 */

import { basename, join, resolve } from "node:path";
import { type Checkpoint, openCheckpoint } from "../checkpoint/checkpoint.ts";
import { readConfigJson, readGenerationJson } from "../checkpoint/companions.ts";
import { type GgmlType, ggmlType } from "../checkpoint/gguf/block-types.ts";
import { samplingKeys } from "../checkpoint/gguf/config.ts";
import type { GgufMetadata, GgufValue } from "../checkpoint/gguf/metadata.ts";
import { expertStack, ggmlName } from "../checkpoint/gguf/names.ts";
import { type GgufSource, saveGguf } from "../checkpoint/gguf/write.ts";
import { checkOutputFile } from "../checkpoint/output-path.ts";
import { type ResolveOptions, resolveModel } from "../checkpoint/resolve.ts";
import { loadChatTemplate } from "../media/text/chat/template.ts";
import { ggufTokenizerMetadata } from "../media/text/gguf.ts";
import { readTokenizerFiles } from "../media/text/load-tokenizer.ts";
import type { DecoderConfig } from "./decoder.ts";
import { readModelConfig } from "./families.ts";
import { refuseQuantized } from "./quantization.ts";

/** Types of the written matrices; norms and biases are always F32, as llama.cpp expects. */
export const ggufTypes = ["f32", "f16", "bf16", "q8_0", "q4_0", "q4_k"] as const;

export type GgufType = (typeof ggufTypes)[number];

/** general.file_type (llama_ftype) of each. */
const fileTypes: Readonly<Record<GgufType, number>> = {
  f32: 0,
  f16: 1,
  bf16: 32,
  q8_0: 7,
  q4_0: 2,
  q4_k: 14, // "mostly Q4_K - Small"
};

/** general.architecture by model_type. */
const architectures: ReadonlyMap<string, string> = new Map([
  ["qwen2", "qwen2"],
  ["qwen3", "qwen3"],
  ["qwen3_moe", "qwen3moe"],
]);

export interface ExportGgufOptions extends ResolveOptions {
  /** Of the matrices (default f16). */
  readonly type?: GgufType;
  /**
   * Of the table that makes the logits, which 4 bits hurt most (default q8_0 where `type` is
   * of 4 bits, else `type`). The embedding is that table where the two are tied.
   */
  readonly headType?: GgufType;
}

/**
 * Writes a model as one GGUF file: metadata, tokenizer, chat template and weights. Rows that the
 * blocks do not divide are Q8_0 (those that 256 does not divide) or F16.
 *
 * @param model folder, hub id that was pulled before, or GGUF file
 * @throws Error of one sentence where the format cannot say what the model needs
 * @example
 * await exportGguf("models/onefold-mini", "mini.gguf", { type: "q8_0" });
 */
export async function exportGguf(
  model: string,
  out: string,
  { type = "f16", headType = defaultHead(type), ...where }: ExportGgufOptions = {},
): Promise<void> {
  const source = await resolveModel(model, where);
  await checkOutputFile(out, [source]);
  const { file, values } = await readConfigJson(source);
  const config = readModelConfig(file, values);
  refuseQuantized(file, values);
  using checkpoint = await openCheckpoint(source);
  const tied = config.tiedHead && !(checkpoint.has(HEAD) && checkpoint.has(EMBEDDING));
  const chooseType = (name: string): GgmlType => {
    const isHead = name === "output.weight" || (tied && name === "token_embd.weight");
    return ggmlType((isHead ? headType : type).toUpperCase());
  };
  const metadata = new Map([
    ...modelMetadata(file, config, basename(resolve(source)), type),
    ...(await samplingMetadata(source)),
    ...(await tokenizerMetadata(source, config.vocabSize)),
  ]);
  await saveGguf(out, metadata, plan(source, config, checkpoint, chooseType));
}

const defaultHead = (type: GgufType): GgufType => (type.startsWith("q4") ? "q8_0" : type);

const text = (value: string): GgufValue => ({ type: "string", value });
const u32 = (value: number): GgufValue => ({ type: "u32", value });
const f32 = (value: number): GgufValue => ({ type: "f32", value });

function modelMetadata(
  file: string,
  c: DecoderConfig,
  name: string,
  type: GgufType,
): [string, GgufValue][] {
  const arch = architectures.get(c.modelType);
  const cannot = (what: string): Error =>
    new Error(`${file}: GGUF cannot say ${what}; export to safetensors instead`);
  if (!arch) throw cannot(`model_type "${c.modelType}", only ${[...architectures.keys()]}`);
  if (c.gate || !(c.qkNorm || arch === "qwen2")) throw cannot("gates of attention");
  if (c.windows.some((window) => window > 0)) throw cannot("the sliding windows of this family");
  if (c.rope.type === "dynamic") throw cannot('rope scaling of the type "dynamic"');
  const { moe } = c;
  if (moe && !(moe.layers.every(Boolean) && moe.normalise && moe.sharedInner === 0)) {
    throw cannot("layers without experts, or experts' weights that do not add up to 1");
  }
  const key = (name: string): string => `${arch}.${name}`;
  return [
    ["general.architecture", text(arch)],
    ["general.type", text("model")],
    ["general.name", text(name)],
    ["general.file_type", u32(fileTypes[type])],
    ["general.quantization_version", u32(2)],
    [key("block_count"), u32(c.layers)],
    [key("context_length"), u32(c.maxPositions)],
    [key("embedding_length"), u32(c.hiddenSize)],
    [key("feed_forward_length"), u32(c.intermediateSize)],
    [key("attention.head_count"), u32(c.heads)],
    [key("attention.head_count_kv"), u32(c.kvHeads)],
    [key("attention.key_length"), u32(c.headDim)],
    [key("attention.value_length"), u32(c.headDim)],
    [key("attention.layer_norm_rms_epsilon"), f32(c.normEpsilon)],
    ...ropeMetadata(c).map(([name, value]): [string, GgufValue] => [key(name), value]),
    ...(moe
      ? ([
          [key("expert_count"), u32(moe.experts)],
          [key("expert_used_count"), u32(moe.topK)],
          [key("expert_feed_forward_length"), u32(moe.inner)],
        ] satisfies [string, GgufValue][])
      : []),
  ];
}

function ropeMetadata({ rope, headDim }: DecoderConfig): [string, GgufValue][] {
  const entries: [string, GgufValue][] = [["rope.freq_base", f32(rope.theta)]];
  if (rope.width !== headDim) entries.push(["rope.dimension_count", u32(rope.width)]);
  if (rope.type === "default") return entries;
  entries.push(["rope.scaling.type", text(rope.type)], ["rope.scaling.factor", f32(rope.factor)]);
  if (rope.type !== "yarn") return entries;
  entries.push(
    ["rope.scaling.original_context_length", u32(rope.originalLength)],
    ["rope.scaling.yarn_beta_fast", f32(rope.betaFast)],
    ["rope.scaling.yarn_beta_slow", f32(rope.betaSlow)],
  );
  return entries;
}

async function samplingMetadata(source: string): Promise<[string, GgufValue][]> {
  const values = (await readGenerationJson(source))?.values ?? {};
  return samplingKeys.flatMap(([key, name]): [string, GgufValue][] => {
    const value = values[name];
    if (typeof value !== "number" || values.do_sample !== true) return [];
    return [[key, name === "top_k" ? { type: "i32", value } : f32(value)]];
  });
}

async function tokenizerMetadata(source: string, vocabSize: number): Promise<GgufMetadata> {
  const files = await readTokenizerFiles(source);
  const template = await loadChatTemplate(source).catch(() => undefined); // base models have none
  const name = join(source, "tokenizer.json");
  return ggufTokenizerMetadata(files, template?.sources.get("default"), vocabSize, name);
}

const EMBEDDING = "model.embed_tokens.weight";
const HEAD = "lm_head.weight";

/** Tensors in llama.cpp's names, experts stacked; in the checkpoint's order. */
function plan(
  source: string,
  config: DecoderConfig,
  checkpoint: Checkpoint,
  chooseType: (name: string) => GgmlType,
): GgufSource[] {
  const planned: GgufSource[] = [];
  const typeOf = (name: string, shape: readonly number[]): GgmlType => {
    // Routers stay whole: llama.cpp's converter never quantises them.
    if (shape.length < 2 || name.endsWith("ffn_gate_inp.weight")) return ggmlType("F32");
    const type = chooseType(name);
    const choices = type.dtype ? [type] : [type, ggmlType("Q8_0")];
    const width = shape.at(-1) ?? 1;
    return choices.find(({ size }) => width % size === 0) ?? ggmlType("F16");
  };
  for (const name of checkpoint.names) {
    const stack = expertStack(name);
    if (stack && stack.expert > 0) continue; // written with the first of its stack
    // A tied checkpoint may store its one table under the head's name alone.
    const isTable = config.tiedHead && name === HEAD && !checkpoint.has(EMBEDDING);
    const ggml = stack?.name ?? ggmlName(isTable ? EMBEDDING : name);
    if (ggml === undefined) {
      throw new Error(
        `${source}: tensor "${name}" has no name in GGUF files of ${config.modelType}; ` +
          "export to safetensors instead",
      );
    }
    const experts = config.moe?.experts ?? 0;
    const names = stack ? Array.from({ length: experts }, (_, i) => stack.nameOf(i)) : [name];
    const inner = checkpoint.info(name).shape;
    const shape = stack ? [experts, ...inner] : inner;
    planned.push({
      name: ggml,
      type: typeOf(ggml, shape),
      shape,
      *parts() {
        for (const each of names) {
          yield checkpoint.read(each);
          checkpoint.release(each); // written once: the pages need not stay
        }
      },
    });
  }
  return planned;
}
