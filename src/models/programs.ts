/** The programs a decoder is run by: whole sequences at once, or steps over a cache. */

import { lower } from "../graph/onnx/lowering.ts";
import { flattenRows, gather } from "../graph/ops/gather.ts";
import { slice } from "../graph/ops/join.ts";
import { input } from "../graph/ops/leaf.ts";
import { argMax } from "../graph/ops/reduce.ts";
import { reshape, squeeze } from "../graph/ops/reshape.ts";
import { logSoftmax } from "../graph/ops/softmax.ts";
import type { Program } from "../graph/program.ts";
import { dim } from "../graph/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type DecoderConfig, decoder, type LayerState, lmHead } from "./decoder.ts";
import { decoderParameters } from "./decoder-parameters.ts";
import { layerState, stateDType, stateShape } from "./state.ts";

/**
 * Logits of every position. Input `tokens` i64 [batch, seq]; output `logits` [batch, seq, vocab].
 */
export function forwardProgram(c: DecoderConfig, { fuse = true } = {}): Program {
  const { root } = decoderParameters(c);
  const tokens = input("tokens", "i64", [dim("batch"), dim("seq")]);
  const { hidden } = decoder(root, c, { tokens });
  return lower({ inputs: [tokens], outputs: { logits: lmHead(root, c, hidden) }, fuse });
}

interface StepProgramOptions {
  readonly fuse?: boolean;
  readonly everyLogit?: boolean;
  readonly withHidden?: boolean;
  readonly columnsFrom?: number;
}

/**
 * Logits of the last position after `seq` new tokens behind a cache: one program for prompts and
 * steps. Inputs `tokens` i64 [batch, seq], `past` i32 [batch] and the state arrays of
 * `decoderState` (for an attention layer i `key.i` and `value.i`, [batch, kvHeads, capacity,
 * headDim]); outputs `logits` [batch, vocab] and for each state array `present_…`, to be bound to
 * the same memory as the input. Tokens of -1 leave a row's recurrent state as it is.
 *
 * @param options `everyLogit`: `logits` are those of every new token, [batch, seq, vocab];
 *   `withHidden`: another output `hidden` [batch, seq, hiddenSize], what the head is given;
 *   `columnsFrom`: size of weights that are multiplied from the left, see `lower`
 */
export function stepProgram(
  c: DecoderConfig,
  { fuse = true, everyLogit = false, withHidden = false, columnsFrom }: StepProgramOptions = {},
): Program {
  const { root, inputs, hidden, present } = traceStep(c);
  const scored = everyLogit ? hidden : squeeze(slice(hidden, 1, -1), [1]);
  const outputs: Record<string, Tensor> = { logits: lmHead(root, c, scored) };
  if (withHidden) outputs.hidden = hidden;
  return lower({ inputs, outputs: { ...outputs, ...present }, fuse, columnsFrom });
}

/**
 * As `stepProgram`, but what leaves it is how likely given tokens are. Further inputs: `picked`
 * i64 [rows], positions among the run's tokens (those of all sequences, one after the other), and
 * `targets` i64 [targets], row * vocab + token for a token that may follow the row's position.
 * Outputs: `logprobs` f32 [targets], and `best` i64 [rows], the likeliest token behind each.
 *
 * @param options `isTree`: inputs `positions` i64 [batch, seq] and `bias` f32 [batch, 1, seq,
 *   capacity] say where each token stands and (by 0 or -Infinity) which slots of the cache it sees
 */
export function scoreProgram(
  c: DecoderConfig,
  {
    isTree = false,
    columnsFrom,
  }: Pick<StepProgramOptions, "columnsFrom"> & { readonly isTree?: boolean } = {},
): Program {
  const { root, inputs, hidden, present } = traceStep(c, isTree);
  const [picked, targets] = ["picked", "targets"].map((name) => input(name, "i64", [dim(name)]));
  const logits = lmHead(root, c, gather(flattenRows(hidden), picked!)); // [rows, vocab]
  // As one kernel: the engine's ReduceLogSumExp takes seven times as long (measured).
  const logprobs = gather(reshape(logSoftmax(logits), [-1]), targets!);
  const outputs = { logprobs, best: argMax(logits, 1), ...present };
  return lower({ inputs: [...inputs, picked!, targets!], outputs, columnsFrom });
}

/** What all steps share: tokens and a cache go in, hidden states and the new cache come out. */
function traceStep(c: DecoderConfig, isTree = false) {
  const { root } = decoderParameters(c);
  const batch = dim("batch");
  const capacity = dim("capacity");
  const tokens = input("tokens", "i64", [batch, dim("seq")]);
  const past = input("past", "i32", [batch]);
  const layers: LayerState[] = Array.from({ length: c.layers }, (_, i) =>
    mapEntries(layerState(c, i), (name, array) =>
      input(`${name}.${i}`, stateDType(array), stateShape(array, batch, capacity)),
    ),
  );
  const tree = {
    positions: input("positions", "i64", tokens.shape),
    bias: input("bias", "f32", [batch, 1, dim("seq"), capacity]),
  };
  const given = { tokens, cache: { layers, past }, ...(isTree ? tree : {}) };
  const { hidden, cache } = decoder(root, c, given);
  const present: Record<string, Tensor> = {};
  cache.forEach((layer, i) => {
    for (const [name, array] of Object.entries(layer)) present[`present_${name}.${i}`] = array;
  });
  const states = layers.flatMap((layer) => Object.values(layer));
  const inputs = [tokens, past, ...(isTree ? Object.values(tree) : []), ...states];
  return { root, inputs, hidden, present };
}

const mapEntries = <A, B>(of: Readonly<Record<string, A>>, f: (name: string, value: A) => B) =>
  Object.fromEntries(Object.entries(of).map(([name, value]) => [name, f(name, value)]));
