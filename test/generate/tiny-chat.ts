/** Chat models in a few kilobytes, made on the spot: random weights, or a chain of tokens. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { saveSafetensors } from "../../src/checkpoint/index.ts";
import type { NDArray } from "../../src/graph/ndarray.ts";
import { loadTokenizer, type Tokenizer, trainBpe } from "../../src/media/text/index.ts";
import { forwardProgram, readModelConfig } from "../../src/models/index.ts";
import { createRandom } from "../../src/nn/random.ts";

export interface TinyChat extends Disposable {
  readonly folder: string;
  readonly tokenizer: Tokenizer;
}

export interface TinyChatOptions {
  /** Text of tokens that follow one another; a token has one successor over all chains. */
  readonly chains?: readonly (readonly string[])[];
  readonly generationConfig?: object;
  readonly maxPositions?: number;
  readonly template?: string;
  /** Further special tokens. */
  readonly specials?: readonly string[];
}

const SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>"];
/** Rows of the embedding, a few more than the tokenizer has ids. */
const VOCAB = 288;
const HIDDEN = 128;

/** Turns end with `<|im_end|>`; the answer follows `<|im_start|>`, or an empty block's end. */
export const TEMPLATE =
  "{% for m in messages %}<|im_start|>{{ m.role }}:{{ m.content }}<|im_end|>{% endfor %}" +
  "<|im_start|>" +
  "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}";

export async function createTinyChat(options: TinyChatOptions = {}): Promise<TinyChat> {
  const { chains, generationConfig, maxPositions = 256, template = TEMPLATE } = options;
  const specialTokens = [...SPECIALS, ...(options.specials ?? [])];
  const folder = mkdtempSync(join(tmpdir(), "onefold-generate-"));
  const write = (name: string, value: unknown): void =>
    writeFileSync(join(folder, name), JSON.stringify(value));
  const config = {
    architectures: ["Qwen3ForCausalLM"],
    model_type: "qwen3",
    vocab_size: VOCAB,
    hidden_size: HIDDEN,
    intermediate_size: 16,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    head_dim: 8,
    max_position_embeddings: maxPositions,
    eos_token_id: 259,
  };
  write("config.json", config);
  const vocabulary = trainBpe(["\n\n \n\n \n\n"], {
    vocabSize: 257 + specialTokens.length,
    specialTokens,
  });
  write("tokenizer.json", vocabulary);
  write("tokenizer_config.json", { eos_token: "<|im_end|>", chat_template: template });
  if (generationConfig) write("generation_config.json", generationConfig);
  const tokenizer = await loadTokenizer(folder);
  const random = createRandom(5);
  const parameters = forwardProgram(readModelConfig("config.json", config)).weights;
  const tensors = parameters.map(({ name, shape: dims }) => {
    const shape = dims.map(Number); // weights have no symbolic dimensions
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    // Norms multiply by one; in a chain, layers add nothing to the embedding.
    const isNorm = name.includes("norm");
    const isSilent = chains !== undefined && /o_proj|down_proj|lm_head/.test(name);
    if (isNorm) data.fill(1);
    else if (!isSilent) for (let i = 0; i < data.length; i++) data[i] = random.normal() * 0.3;
    const array: NDArray = { dtype: "f32", shape, data };
    return { name, array };
  });
  if (chains) linkTokens(tensors, chains, tokenizer);
  await saveSafetensors(join(folder, "model.safetensors"), tensors);
  return {
    folder,
    tokenizer,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Makes the head's row of each token the embedding of those before it: a bigram model. */
function linkTokens(
  tensors: readonly { readonly name: string; readonly array: NDArray }[],
  chains: readonly (readonly string[])[],
  tokenizer: Tokenizer,
): void {
  const dataOf = (name: string): Float32Array =>
    tensors.find((tensor) => tensor.name === name)!.array.data as Float32Array;
  const table = dataOf("model.embed_tokens.weight");
  const head = dataOf("lm_head.weight");
  const random = createRandom(6);
  for (let i = 0; i < table.length; i++) table[i] = random.uniform() < 0.5 ? -1 : 1;
  const successors = new Map<number, number>();
  for (const chain of chains) {
    const ids = chain.flatMap((text) => Array.from(tokenizer.encode(text)));
    for (let i = 1; i < ids.length; i++) {
      const [from, to] = [ids[i - 1]!, ids[i]!];
      if (successors.has(from) && successors.get(from) !== to) {
        throw new Error(`token ${from} has two successors in the chains`);
      }
      if (successors.get(from) === to) continue;
      successors.set(from, to);
      for (let j = 0; j < HIDDEN; j++) head[to * HIDDEN + j]! += table[from * HIDDEN + j]!;
    }
  }
}
