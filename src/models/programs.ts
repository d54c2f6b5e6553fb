/** The programs a decoder is run by: whole sequences at once, or steps over a cache. */

import { lower } from "../graph/onnx/lowering.ts";
import { sub } from "../graph/ops/elementwise.ts";
import { flattenRows, gather, gatherElements } from "../graph/ops/gather.ts";
import { slice } from "../graph/ops/join.ts";
import { input } from "../graph/ops/leaf.ts";
import { argMax, logSumExp } from "../graph/ops/reduce.ts";
import { expandDims, squeeze } from "../graph/ops/reshape.ts";
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
 * As `stepProgram`, but what leaves it is how likely given tokens are. Further inputs, both i64
 * [rows]: `picked`, positions among the run's tokens (those of all sequences, one after the other),
 * and `targets`, a token that may follow each. Outputs f32 [rows] `logprobs` of the targets, and
 * i64 [rows] `best`, the likeliest token there.
 */
export function scoreProgram(
  c: DecoderConfig,
  { columnsFrom }: Pick<StepProgramOptions, "columnsFrom"> = {},
): Program {
  const { root, inputs, hidden, present } = traceStep(c);
  const [picked, targets] = ["picked", "targets"].map((name) => input(name, "i64", [dim("rows")]));
  const logits = lmHead(root, c, gather(flattenRows(hidden), picked!)); // [rows, vocab]
  const chosen = squeeze(gatherElements(logits, expandDims(targets!, 1), 1), [1]);
  const logprobs = sub(chosen, logSumExp(logits, { axes: [1] }));
  const outputs = { logprobs, best: argMax(logits, 1), ...present };
  return lower({ inputs: [...inputs, picked!, targets!], outputs, columnsFrom });
}

/** What all steps share: tokens and a cache go in, hidden states and the new cache come out. */
function traceStep(c: DecoderConfig) {
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
  const { hidden, cache } = decoder(root, c, { tokens, cache: { layers, past } });
  const present: Record<string, Tensor> = {};
  cache.forEach((layer, i) => {
    for (const [name, array] of Object.entries(layer)) present[`present_${name}.${i}`] = array;
  });
  const inputs = [tokens, past, ...layers.flatMap((layer) => Object.values(layer))];
  return { root, inputs, hidden, present };
}

const mapEntries = <A, B>(of: Readonly<Record<string, A>>, f: (name: string, value: A) => B) =>
  Object.fromEntries(Object.entries(of).map(([name, value]) => [name, f(name, value)]));
