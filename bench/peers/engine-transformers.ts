/** transformers.js on its own ONNX Runtime binding, through `generate`, as its users call it. */

import { basename, dirname } from "node:path";
import { clock } from "./clock.ts";
import type { EngineSpec, OpenOptions, PeerEngine } from "./types.ts";

export async function openTransformers(
  { type }: EngineSpec,
  { path, threads }: OpenOptions,
): Promise<PeerEngine> {
  const { AutoModelForCausalLM, BaseStreamer, env, Tensor } = await import(
    "@huggingface/transformers"
  );
  env.allowRemoteModels = false;
  env.localModelPath = dirname(path);
  const model = await AutoModelForCausalLM.from_pretrained(basename(path), {
    dtype: type === "q4" ? "q4" : "int8",
    device: "cpu",
    session_options: { intraOpNumThreads: threads },
  });
  const held: number[] = [];
  let cache: unknown;

  /** Calls back with each token; the cache then lacks the last of them. */
  class Clock extends BaseStreamer {
    readonly times: number[] = [];
    override put(tokens: bigint[][]) {
      this.times.push(clock());
      if (this.times.length > 1) held.push(Number(tokens[0]!.at(-1)));
    }
    override end() {}
  }

  const generate = async (count: number): Promise<number[]> => {
    const ids = BigInt64Array.from(held, BigInt);
    const ticks = new Clock(); // its first call gets the prompt
    const result = (await model.generate({
      inputs: new Tensor("int64", ids, [1, ids.length]),
      attention_mask: new Tensor(
        "int64",
        ids.map(() => 1n),
        [1, ids.length],
      ),
      past_key_values: cache,
      max_new_tokens: count,
      do_sample: false,
      return_dict_in_generate: true,
      streamer: ticks,
    } as never)) as unknown as { past_key_values: unknown }; // its types lack the cache
    cache = result.past_key_values;
    const { times } = ticks;
    if (times.length !== count + 1) throw new Error("transformers.js stopped generating");
    return times.slice(1).map((time, i) => time - times[i]!);
  };

  return {
    async reset() {
      held.length = 0;
      cache = undefined;
    },
    async feed(tokens) {
      held.push(...tokens);
      await generate(1);
    },
    steps: generate,
  };
}
