/** Variants sampled from a generator, for items of a split. */

import type { VariantRow } from "../../src/evaluate/sage/index.ts";
import { createEngine } from "../../src/generate/index.ts";
import type { WeightSource } from "../../src/graph/program.ts";
import type { Tokenizer } from "../../src/media/text/index.ts";
import type { DecoderConfig } from "../../src/models/index.ts";
import { createRandom } from "../../src/nn/index.ts";
import { rollOut } from "../../src/train/rl/roll-out.ts";
import { notation } from "./notation.ts";
import { variantTypes } from "./variant-types.ts";
import type { Split, World } from "./world.ts";

/** Longest variant in tokens, its end included; a right one has 9. */
export const MAX_TOKENS = 12;

export interface Generator {
  readonly config: DecoderConfig;
  readonly weights: WeightSource;
  readonly tokenizer: Tokenizer;
}

interface Asked {
  readonly world: World;
  readonly split: Split;
  /** Each is asked for every type. */
  readonly items: number;
  /** Samples for each item and type. */
  readonly candidates: number;
  readonly seed: number;
  readonly signal: AbortSignal;
}

export interface Group {
  readonly row: VariantRow;
  readonly answers: readonly { readonly text: string; readonly tokens: readonly number[] }[];
}

/** One group for each item and type. */
export async function sampleVariants(
  { config, weights, tokenizer }: Generator,
  { world, split, items, candidates, seed, signal }: Asked,
): Promise<Group[]> {
  const random = createRandom(seed, `asked ${split}`);
  const rows = Array.from({ length: items }, () => world.item(random, split)).flatMap((source) =>
    variantTypes.map((type): VariantRow => ({ type, source })),
  );
  using engine = await createEngine({ config, weights }, tokenizer, {
    slots: 64,
    queue: 64 + candidates,
    context: 64,
    prefixCache: false,
    engine: { threads: 1 },
  });
  const answers = await rollOut(
    engine,
    rows.map(({ type, source }) => tokenizer.encode(notation.ask(type, source) as string)),
    {
      answers: candidates,
      temperature: 1,
      maxTokens: MAX_TOKENS,
      stopTokens: [tokenizer.eosId!],
      seed,
      signal,
    },
  );
  return rows.map((row, i) => ({ row, answers: answers[i]! }));
}
