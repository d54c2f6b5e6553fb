/** A decoder as the body of tasks: the source sentence stands before the target in one sequence. */

import { cumsum } from "../graph/ops/cumsum.ts";
import {
  add,
  cast,
  equal,
  greaterEqual,
  less,
  lessEqual,
  logicalOr,
  maximum,
  sub,
  where,
} from "../graph/ops/elementwise.ts";
import { concat, slice } from "../graph/ops/join.ts";
import { dimSize, full as filled, iota, scalar } from "../graph/ops/leaf.ts";
import { broadcastTo, expandDims } from "../graph/ops/reshape.ts";
import { type Dim, dim, dimAdd, dimSub } from "../graph/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import {
  type DecoderConfig,
  decoder,
  type LayerState,
  lmHead,
  tokenEmbeddings,
} from "./decoder.ts";
import type { BodyState, Embedded, SequenceBody, StatePort } from "./sequence-body.ts";
import { layerState, stateShape } from "./state.ts";

/** Low enough that its exponent is zero, and far from overflowing beside the causal mask. */
const APART = -1e30;

/**
 * The body of decoder-only models.
 *
 * @param options `fullSource`: positions of the source see all of it, as in M6 and UniLM
 *   (default: those up to themselves, as a language model is used to)
 * @throws Error for a decoder with recurrent state, which cannot be cut or shared
 */
export function decoderBody(
  c: DecoderConfig,
  { fullSource = false }: { readonly fullSource?: boolean | undefined } = {},
): SequenceBody {
  const layers = Array.from({ length: c.layers }, (_, i) => layerState(c, i));
  if (layers.some((arrays) => Object.values(arrays).some(({ kind }) => kind !== "kv"))) {
    throw new Error(`decoderBody: a ${c.modelType} model has recurrent state; expected attention`);
  }
  const cacheOf = (state: BodyState): LayerState[] =>
    layers.map((arrays, i) =>
      Object.fromEntries(Object.keys(arrays).map((name) => [name, state[`${name}.${i}`]])),
    );
  const stateOf = (cache: readonly LayerState[]): BodyState =>
    Object.fromEntries(
      cache.flatMap((arrays, i) =>
        Object.entries(arrays).map(([name, array]) => [`${name}.${i}`, array]),
      ),
    );
  const forwardBoth: SequenceBody["forwardBoth"] = (
    p,
    source,
    target,
    { full: isFull = false } = {},
  ) => {
    const { embeds, valid } = joined([...source, target]);
    const total = embeds.shape[1];
    const sourceLength = dimSub(total, target.embed.shape[1]);
    const padding = valid && apart(valid);
    const isCausal = !isFull && !fullSource;
    const sees = { source: fullSource, target: isFull };
    const order = isCausal ? undefined : orderOf(total, sourceLength, sees);
    const { hidden } = decoder(p, c, {
      embeds,
      causal: isCausal,
      positions: valid && placesOf(valid),
      bias: padding && order ? add(padding, order) : (padding ?? order),
    });
    return {
      source: slice(hidden, 1, 0, sourceLength),
      target: slice(hidden, 1, sourceLength, total),
    };
  };
  return {
    width: c.hiddenSize,
    vocabSize: c.vocabSize,
    embedTokens: (p, ids) => tokenEmbeddings(p, c, ids),
    head: (p, hidden) => lmHead(p, c, hidden),
    forward: (...of) => forwardBoth(...of).target,
    forwardBoth,
    statePorts(sourceLength, capacity) {
      // Programs cannot tell two unknown lengths from their sum.
      const isKnown = typeof sourceLength === "number" && typeof capacity === "number";
      const total = isKnown ? sourceLength + capacity : dim("positions");
      const held = layers.flatMap((arrays, i) =>
        Object.entries(arrays).map(([name, array]): StatePort => {
          const shape = stateShape<Dim>(array, 1, total).slice(1);
          const port = { name: `${name}.${i}`, dtype: "f32", shape } as const;
          return { ...port, isWritten: true, isBehindSource: true };
        }),
      );
      return [...held, { name: "sourceLength", dtype: "i32", shape: [], isWritten: false }];
    },
    begin(p, source, capacity) {
      const { embeds } = joined(source);
      const [batch, length] = embeds.shape;
      const total = dimAdd(length, capacity);
      const empty = layers.map((arrays) =>
        Object.fromEntries(
          Object.entries(arrays).map(([name, array]) => [
            name,
            filled(stateShape(array, batch, total), 0),
          ]),
        ),
      );
      const past = filled([batch], 0, "i32");
      const { cache } = decoder(p, c, {
        embeds,
        cache: { layers: empty, past },
        ...(fullSource && { causal: false, bias: onlyFirst(length, total) }),
      });
      const sourceLength = broadcastTo(dimSize([length], "i32"), [batch]);
      return { ...stateOf(cache), sourceLength };
    },
    step(p, target, state, past, { full: isFull = false } = {}) {
      const held = { layers: cacheOf(state), past: add(past, state.sourceLength) };
      const { hidden, cache } = decoder(p, c, {
        embeds: target.embed,
        causal: !isFull,
        cache: held,
      });
      return { hidden, state: stateOf(cache) };
    },
  };
}

/** Segments one behind the other; `valid` where one of them has padding. */
function joined(segments: readonly Embedded[]): { embeds: Tensor; valid?: Tensor } {
  const embeds = concat(
    segments.map(({ embed }) => embed),
    1,
  );
  if (segments.every(({ valid }) => valid === undefined)) return { embeds };
  const valid = segments.map(
    (segment) => segment.valid ?? filled(segment.embed.shape.slice(0, 2), 1, "bool"),
  );
  return { embeds, valid: concat(valid, 1) };
}

/** i64 [batch, length]: positions as if padding were not there. */
const placesOf = (valid: Tensor): Tensor => maximum(sub(cumsum(cast(valid, "i64"), 1), 1), 0);

/** f32 [batch, 1, length, length]: what counts sees what counts, padding sees padding. */
const apart = (valid: Tensor): Tensor =>
  expandDims(
    where(
      equal(expandDims(valid, 2), expandDims(valid, 1)),
      scalar(0, "f32"),
      scalar(APART, "f32"),
    ),
    1,
  );

/**
 * f32 [1, 1, length, length]: each position sees what stands before, as when `begin` reads the
 * source alone; where `whole` says so, source positions see all of the source, target positions
 * everything.
 */
function orderOf(
  length: Dim,
  sourceLength: Dim,
  whole: { readonly source: boolean; readonly target: boolean },
): Tensor {
  const places = iota(length);
  const [query, key] = [expandDims(places, 1), expandDims(places, 0)];
  const start = dimSize([sourceLength], "i64");
  let isSeen = lessEqual(key, query);
  if (whole.source) isSeen = logicalOr(isSeen, less(key, start));
  if (whole.target) isSeen = logicalOr(isSeen, greaterEqual(query, start));
  return hiding(isSeen);
}

/** f32 [1, 1, length, keys]: of a cache, the first `length` keys are seen. */
function onlyFirst(length: Dim, keys: Dim): Tensor {
  const isSeen = less(iota(keys), dimSize([length], "i64"));
  return hiding(broadcastTo(expandDims(isSeen, 0), [length, keys]));
}

/** bool [queries, keys] -> f32 [1, 1, queries, keys], to be added to scores. */
const hiding = (isSeen: Tensor): Tensor =>
  expandDims(expandDims(where(isSeen, scalar(0, "f32"), scalar(APART, "f32")), 0), 0);
