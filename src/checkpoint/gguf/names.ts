/**
 * Tensor names of llama.cpp and of Hugging Face checkpoints, for the Qwen decoders.
 * Source: llama.cpp, src/llama-arch.cpp (LLM_TENSOR_NAMES).
 */

/** Outside the layers: llama.cpp's module, ours. */
const outer: readonly (readonly [string, string])[] = [
  ["token_embd", "model.embed_tokens"],
  ["output_norm", "model.norm"],
  ["output", "lm_head"],
];

/** Within `blk.N` and `model.layers.N`. */
const inner: readonly (readonly [string, string])[] = [
  ["attn_norm", "input_layernorm"],
  ["attn_q", "self_attn.q_proj"],
  ["attn_k", "self_attn.k_proj"],
  ["attn_v", "self_attn.v_proj"],
  ["attn_output", "self_attn.o_proj"],
  ["attn_q_norm", "self_attn.q_norm"],
  ["attn_k_norm", "self_attn.k_norm"],
  ["ffn_norm", "post_attention_layernorm"],
  ["ffn_gate", "mlp.gate_proj"],
  ["ffn_up", "mlp.up_proj"],
  ["ffn_down", "mlp.down_proj"],
  ["ffn_gate_inp", "mlp.gate"],
];

/** Stacked experts [experts, out, in]: one tensor an expert in Hugging Face's layout. */
const stacked: ReadonlyMap<string, string> = new Map([
  ["ffn_gate_exps", "gate_proj"],
  ["ffn_up_exps", "up_proj"],
  ["ffn_down_exps", "down_proj"],
]);

const toOurs = new Map([...outer, ...inner]);
const toTheirs = new Map([...outer, ...inner].map(([theirs, ours]) => [ours, theirs]));

/** Where a tensor of a GGUF file goes. */
export type Destination =
  | { readonly kind: "one"; readonly name: string }
  /** The first dimension counts experts; `nameOf` names the tensor of one. */
  | { readonly kind: "experts"; readonly nameOf: (expert: number) => string };

/** The Hugging Face name of a llama.cpp name; a name of neither kind stays as it is. */
export function huggingFaceName(name: string): Destination {
  const match = /^(?:blk\.(\d+)\.)?(\w+)\.(weight|bias)$/.exec(name);
  if (!match) return { kind: "one", name };
  const [, layer, module, part] = match;
  const prefix = layer === undefined ? "" : `model.layers.${Number(layer)}.`;
  const expert = layer === undefined ? undefined : stacked.get(module!);
  if (expert) {
    return { kind: "experts", nameOf: (i) => `${prefix}mlp.experts.${i}.${expert}.${part}` };
  }
  const ours = toOurs.get(module!);
  const isOuter = outer.some(([theirs]) => theirs === module);
  const fits = ours !== undefined && isOuter === (layer === undefined);
  return { kind: "one", name: fits ? `${prefix}${ours}.${part}` : name };
}

/** One expert's matrix: its number, the stack's llama.cpp name, and the names of the others. */
export function expertStack(
  name: string,
):
  | { readonly expert: number; readonly name: string; readonly nameOf: (i: number) => string }
  | undefined {
  const match = /^(model\.layers\.(\d+)\.mlp\.experts\.)(\d+)\.(gate|up|down)_proj\.weight$/.exec(
    name,
  );
  if (!match) return undefined;
  const [, prefix, layer, expert, kind] = match;
  return {
    expert: Number(expert),
    name: `blk.${layer}.ffn_${kind}_exps.weight`,
    nameOf: (i) => `${prefix}${i}.${kind}_proj.weight`,
  };
}

/** The llama.cpp name of a Hugging Face name, or undefined where the format has none. */
export function ggmlName(name: string): string | undefined {
  const match = /^(?:model\.layers\.(\d+)\.)?(.+)\.(weight|bias)$/.exec(name);
  const [, layer, module, part] = match ?? [];
  const theirs = toTheirs.get(module ?? "");
  if (theirs === undefined || outer.some(([o]) => o === theirs) !== (layer === undefined)) {
    return undefined;
  }
  return `${layer === undefined ? "" : `blk.${layer}.`}${theirs}.${part}`;
}
