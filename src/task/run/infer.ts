/** From a plan and a record to the values that its target names. */

import { type BinOptions, binsToBox } from "../../media/index.ts";
import type { Box } from "../../media/types.ts";
import type { Slot } from "../grammar/ast.ts";
import type { Piece, Plan, TargetPlan } from "../plan.ts";
import { closedTrie } from "../prepare/closed-set.ts";
import { need, type PrepareContext } from "../prepare/context.ts";
import { prefixIds, prepareSource } from "../prepare/prepare.ts";
import { binOptions } from "../prepare/slot-ids.ts";
import { generateTokens, onlyTokens } from "./generate-tokens.ts";
import { GENERATE_DEFAULTS, type GenerateOptions } from "./options.ts";
import { BOX, type ReadBox, readItems, readValues } from "./read-answer.ts";
import type { TaskEngine } from "./task-engine.ts";

type TokenTarget = Extract<TargetPlan, { kind: "tokens" }>;

/** Answers in tokens, by the names of the target's slots. */
export async function inferTokens(
  engine: TaskEngine,
  plan: Plan & { readonly target: TokenTarget },
  context: PrepareContext,
  options: GenerateOptions,
): Promise<Record<string, unknown>> {
  const { vocabulary } = context;
  const { target } = plan;
  const groups = await prepareSource(plan, context);
  const prefix = prefixIds(target, context);
  const [slot] = target.generated;
  const only = target.generated.length === 1 && !target.repeated ? slot : undefined;
  const isBox = only?.modality === "BOX";
  const trie = target.isClosed
    ? closedTrie(options.closedSet ?? [], vocabulary, prefix.length === 0)
    : undefined;
  const maxLength = trie?.depth ?? (isBox ? BOX : lengthOf(only, options));
  const constraint =
    trie ?? (isBox ? onlyTokens(need(vocabulary.bins, "BOX"), vocabulary) : undefined);
  const ids = await generateTokens(
    engine,
    vocabulary,
    {
      groups,
      prefix,
      maxLength,
      minLength: isBox ? BOX : Math.min(options.minLength ?? 1, maxLength),
      constraint,
    },
    options,
  );
  const box = boxReader(context);
  if (target.repeated) return { items: readItems(ids, target.repeated, vocabulary, box) };
  const pieces = target.generated.map((slot): Piece => ({ kind: "slot", slot }));
  return readValues(ids, pieces, vocabulary, box).values;
}

function lengthOf(slot: Slot | undefined, { maxLength }: GenerateOptions): number {
  const { max_length: most } = slot?.attributes ?? {};
  return maxLength ?? (typeof most === "number" ? most : GENERATE_DEFAULTS.maxLength);
}

/** Boxes in pixels of the record's image. */
function boxReader({ images, vocabulary }: PrepareContext): ReadBox {
  return (ids) => {
    const { start, count } = need(vocabulary.bins, "BOX");
    const [image] = images.values();
    const over: BinOptions = image ? binOptions(image, count) : { size: count - 1, bins: count };
    return binsToBox(ids.map((id) => id - start) as unknown as Box, over); // of four
  };
}
