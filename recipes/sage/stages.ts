/** The stages that arms share: a base that knows the facts, a generator by SFT, a verifier. */

import {
  createVariantQual,
  isValid,
  type LabelledVariant,
  type Prompt,
  type VariantQual,
  variantStretches,
  verdictStretches,
} from "../../src/evaluate/sage/index.ts";
import type { WeightSource } from "../../src/graph/program.ts";
import type { Tokenizer } from "../../src/media/text/index.ts";
import type { DecoderConfig } from "../../src/models/index.ts";
import { createRandom, pick } from "../../src/nn/random.ts";
import { people, ships, words } from "./domains.ts";
import { draftedVariants, type Labelling, writtenVariants } from "./labelled.ts";
import { decoderConfig, type Text, type TextTraining, trainOnTexts } from "./models.ts";
import { notation, write } from "./notation.ts";
import { scoringModel } from "./scoring-model.ts";
import { variantTypes } from "./variant-types.ts";
import { wordTokenizer } from "./word-tokenizer.ts";
import { type Split, World } from "./world.ts";

export interface StageSettings {
  readonly layers: number;
  readonly width: number;
  readonly baseSteps: number;
  /** Variants that careful writers wrote; the generator learns from the valid ones. */
  readonly written: number;
  /** Share of them that is spoiled. */
  readonly spoiled: number;
  readonly sftSteps: number;
  /** Variants that the generator wrote after SFT; the verifier learns from these and the written ones. */
  readonly drafted: number;
  readonly verifierSteps: number;
  /** Learning rates of the base, and of what is trained from it. */
  readonly baseRate: number;
  readonly tuningRate: number;
}

export interface Stages {
  /** Everything is trained in it. */
  readonly home: World;
  /** Only the base has read of it. */
  readonly away: World;
  readonly tokenizer: Tokenizer;
  readonly config: DecoderConfig;
  /** The base, asked as it is. */
  readonly untrained: VariantQual;
  readonly verifier: VariantQual;
  /** The generator after supervised training. */
  readonly sft: WeightSource;
  /** Labelled variants of other facts than those of training, half written and half drafted. */
  readonly labelled: (world: World, split: Split, count: number) => Promise<LabelledVariant[]>;
}

const TEXTS_OF_A_STEP = 64;
/** Of them, while tuning, are the base's, so that little is forgotten. */
const READ_AGAIN = TEXTS_OF_A_STEP / 2;

interface StageRun {
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly progress: (share: number, note: string) => void;
}

export async function prepareStages(s: StageSettings, run: StageRun): Promise<Stages> {
  const { seed, signal, progress } = run;
  const [home, away] = [new World(people, seed), new World(ships, seed)];
  const tokenizer = wordTokenizer(words);
  const config = decoderConfig(tokenizer.vocabSize, s.layers, s.width);
  const total = s.baseSteps + s.sftSteps + s.verifierSteps;
  let before = 0;
  const train = async (
    name: string,
    { steps, ...options }: Pick<TextTraining, "weights" | "texts" | "steps" | "learningRate">,
  ): Promise<WeightSource> => {
    const onStep = (step: number, loss: number) =>
      progress((before + step) / total, `${name}, loss ${loss.toFixed(3)}`);
    const learned = await trainOnTexts({
      ...{ config, tokenizer, seed, signal, steps, onStep },
      ...options,
    });
    before += steps;
    return learned;
  };
  const base = await train("base", {
    texts: (k) => baseTexts([home, away], seed, k),
    steps: s.baseSteps,
    learningRate: s.baseRate,
  });
  /** Goes on from the base. */
  const tune = (name: string, texts: readonly Text[], steps: number) =>
    train(name, {
      weights: base,
      texts: (k) => {
        const random = createRandom(seed, `${name} ${k}`);
        const read = baseTexts([home, away], seed, s.baseSteps + k).slice(0, READ_AGAIN);
        const count = TEXTS_OF_A_STEP - READ_AGAIN;
        return [...read, ...Array.from({ length: count }, () => pick(random, texts))];
      },
      steps,
      learningRate: s.tuningRate,
    });
  const training = { world: home, split: "train", seed } as const;
  const written = writtenVariants({ ...training, count: s.written }, s.spoiled);
  const sft = await tune(
    "SFT",
    written
      .filter(({ labels }) => isValid(labels))
      .map((each) => [...variantStretches(notation, each, asText), ["", true]]),
    s.sftSteps,
  );
  const drafts = (of: Labelling) =>
    draftedVariants({ config, weights: sft, tokenizer }, of, signal);
  const drafted = await drafts({ ...training, count: s.drafted });
  const verifier = await tune(
    "verifier",
    [...written, ...drafted].map((each) => verdictStretches(notation, each, asText)),
    s.verifierSteps,
  );
  const qual = async (name: string, weights: WeightSource): Promise<VariantQual> =>
    createVariantQual({ model: await scoringModel(name, config, weights, tokenizer), notation });
  return {
    home,
    away,
    tokenizer,
    config,
    untrained: await qual("base", base),
    verifier: await qual("verifier", verifier),
    sft,
    labelled: async (world, split, count) => {
      const half = { world, split, count: count / 2, seed: seed + 1 };
      return [...writtenVariants(half, s.spoiled), ...(await drafts(half))];
    },
  };
}

/**
 * What the base reads of both worlds: facts, words that are said twice, and items with variants
 * behind them. It has seen how those are written, but never an instruction or a verdict.
 */
function baseTexts(worlds: readonly World[], seed: number, k: number): Text[] {
  const random = createRandom(seed, `base ${k}`);
  return Array.from({ length: TEXTS_OF_A_STEP }, (): Text => {
    const world = pick(random, worlds);
    const kind = random.below(4);
    if (kind === 0) {
      return [[` ${world.statement(random)} ${world.statement(random)}`, true]];
    }
    if (kind === 1) {
      const said = Array.from({ length: 8 }, () => ` ${pick(random, words)}`).join("");
      return [
        [said, false],
        [said, true],
      ];
    }
    const first = world.item(random);
    return [[write(first) + write(world.variant(pick(random, variantTypes), first, random)), true]];
  });
}

/** This world's notation writes texts, no conversations. */
const asText = (prompt: Prompt): string => prompt as string;
