/** A model and its adapters, each a model of its own to clients: "base" and "base:adapter". */

import { createLanguageModel, type LanguageModelOptions } from "../generate/language-model.ts";
import { openAdapter } from "../models/adapter.ts";
import { shareBase } from "../models/shared-base.ts";
import type { ModelSource } from "./model-pool.ts";

export interface AdaptedBase {
  /** What clients call the base. */
  readonly name: string;
  /** A folder, or a hub id that was pulled. */
  readonly spec: string;
  /** Folders of PEFT adapters, by what clients add to the base's name. */
  readonly adapters: ReadonlyMap<string, string>;
}

/**
 * Sources of a base and of its adapters, which share the base's weights in memory. Each has a cache
 * and a queue of its own, and is loaded when first asked for.
 *
 * @throws Error where an adapter cannot be read, or is for another base
 * @example
 * const adapters = new Map([["sums", "runs/sums/final"]]);
 * const base = { name: "mini", spec: "models/onefold-mini", adapters };
 * const pool = createModelPool(await adaptedSources(base)); // serves "mini" and "mini:sums"
 */
export async function adaptedSources(
  { name, spec, adapters }: AdaptedBase,
  options: LanguageModelOptions = {},
): Promise<ModelSource[]> {
  const shared = shareBase(spec, options);
  using base = await shared.open();
  for (const [adapter, dir] of adapters) {
    using opened = await openAdapter(dir, base.config);
    const trainedOn = opened.base;
    if (trainedOn && isHubId(trainedOn) && isHubId(spec) && trainedOn !== spec) {
      const warn = options.onWarning ?? process.emitWarning;
      warn(`adapter ${adapter} (${dir}) says that it was trained on ${trainedOn}, not on ${spec}`);
    }
  }
  const source = (own: string, dir?: string): ModelSource => ({
    name: own,
    load: async () => createLanguageModel(await shared.open(dir), { ...options, name: own }),
  });
  return [source(name), ...Array.from(adapters, ([end, dir]) => source(`${name}:${end}`, dir))];
}

const isHubId = (text: string): boolean => /^\w[\w.-]*\/[\w.-]+$/.test(text);
