/** Opens the method of a config: what it trains, and on what. */

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { hashFiles } from "../data/read-records.ts";
import { toSamples } from "../data/supervise.ts";
import { decoderModel, nextTokenLoss } from "../language-model.ts";
import { Scorer } from "../rl/scorer.ts";
import { Trainer } from "../trainer.ts";
import { balanced } from "./balance-of.ts";
import {
  createJobSource,
  learnable,
  ofKinds,
  type SourceOptions,
  superviseOptions,
} from "./data-source.ts";
import { distillSource } from "./distill-source.ts";
import { type PlannedWork, planMemory } from "./memory.ts";
import { isPreference, isRl } from "./method-names.ts";
import { type MethodSetup, type OpenedMethod, openTeacher, trainedNames } from "./method-setup.ts";
import { updatesOf } from "./optimizer-of.ts";
import { preferenceSource } from "./preference-source.ts";
import { locateModel } from "./prepare.ts";
import { openDistiller, openPolicy } from "./sampling-methods.ts";
import type { PlannedSource } from "./sources.ts";
import { storedTop } from "./teacher.ts";

export function openMethod(setup: MethodSetup): Promise<OpenedMethod> {
  const { method, distill } = setup.config;
  if (isRl(method)) return openPolicy(setup);
  return distill?.mode === "on-policy" ? openDistiller(setup) : openLoss(setup);
}

/** Methods whose loss is on given rows. */
async function openLoss(setup: MethodSetup): Promise<OpenedMethod> {
  const { file, config, model } = setup;
  const updates = updatesOf(config.train, trainedNames(model), file);
  const { job, training } = balanced(await lossSource(setup), model, config, updates);
  const trainer = await Trainer.create({
    config: model.config,
    weights: model.weights,
    ...updates,
    ...training,
  });
  return {
    ...job,
    trainer,
    work: { source: job.source, accumulate: config.train.accumulate },
    [Symbol.dispose]: () => trainer.dispose(),
  };
}

async function lossSource(setup: MethodSetup): Promise<PlannedSource> {
  const { file, config, data, tokenizer, template, model, maxLength, signal } = setup;
  const { method, distill } = config;
  const options: SourceOptions = {
    file,
    config,
    tokenizer,
    template,
    model: model.config,
    maxLength,
    signal,
  };
  const { rows = [], heldOut } = data;
  const tokens = decoderModel(model.config);
  const plan = (work: PlannedWork) => planMemory(setup, work);
  const supervise = superviseOptions(options);
  if (isPreference(method)) {
    const { threads, batch_tokens: most } = config.train;
    const preferred = (of: typeof rows) => ofKinds(of, "preference", "unpaired");
    return preferenceSource(tokens, preferred(rows), heldOut && preferred(heldOut), {
      method,
      config,
      supervise,
      hash: await hashFiles(data.files, signal),
      plan,
      // A fresh adapter changes nothing: the base is where training starts.
      async reference(sequences) {
        const formats = model.config.quantized;
        using scorer = await Scorer.create(
          tokens,
          { fixed: model.weights },
          { threads, tokens: most, formats },
        );
        return await scorer.sums(sequences, signal);
      },
    });
  }
  if (!distill) {
    const made = await createJobSource(data, options);
    const held = config.data.streaming ? config.data.shuffle_buffer / made.samples : 1;
    const packed = config.data.packing !== "none";
    const memory = plan({
      loss: (of) => nextTokenLoss(of, { packed, weighted: true }),
      largest: made.largest,
      tokens: Math.min(1, held) * made.tokens,
    });
    return { ...made, memory };
  }
  const samples = toSamples(learnable(rows), supervise);
  const held = heldOut && toSamples(learnable(heldOut), supervise);
  return distillSource(tokens, samples, held, {
    config,
    distill,
    hash: await hashFiles(data.files, signal),
    plan,
    topOf: async (sequences, part) =>
      storedTop(sequences, () => openTeacher(setup, distill.teacher), {
        file: join(setup.output, `${part}.safetensors`),
        k: distill.k,
        source: await identityOf(await locateModel(setup.folder, distill.teacher)),
        tokens: config.train.batch_tokens,
        signal,
      }),
  });
}

/** Tells one checkpoint from another without reading its weights. */
async function identityOf(dir: string): Promise<string> {
  const { size, mtimeMs } = await stat(join(dir, "config.json"));
  return `${dir} ${size} ${mtimeMs}`;
}
