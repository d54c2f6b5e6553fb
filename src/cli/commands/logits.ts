/** `onefold logits MODEL --tokens 1,2,3 --out FILE`: what a model computes, to check ports with. */

import type { Command } from "commander";
import { saveSafetensors } from "../../checkpoint/index.ts";
import { checkContext, checkTokens, contextLimit } from "../../generate/index.ts";
import { fromValues, ndarray } from "../../graph/ndarray.ts";
import { forwardProgram, loadModel } from "../../models/index.ts";
import { createSession } from "../../runtime/index.ts";
import { type Io, writeJson, writeLine } from "../io.ts";
import { tokenIds } from "../options.ts";

interface LogitsFlags {
  readonly tokens: number[];
  readonly out: string;
}

export function define(command: Command, io: Io): void {
  command
    .argument("<model>", "folder, or ORG/NAME in the cache")
    .requiredOption("--tokens <ids>", "token ids separated by commas", tokenIds)
    .requiredOption("--out <file>", "safetensors file to write")
    .action(async (spec: string, { tokens, out }: LogitsFlags, self: Command) => {
      using model = await loadModel(spec);
      const { config } = model;
      checkTokens(tokens, config.vocabSize);
      checkContext(tokens.length, contextLimit(config));
      const signal = io.interruptible();
      using session = await createSession(forwardProgram(config), {
        weights: model.weights,
        prepack: false, // the weights are used once: no second copy
        signal,
      });
      const ids = fromValues("i64", [1, tokens.length], tokens);
      const { logits } = await session.run({ tokens: ids }, { signal });
      const shape = [tokens.length, config.vocabSize];
      await saveSafetensors(out, [{ name: "logits", array: ndarray("f32", shape, logits!.data) }]);
      if (self.optsWithGlobals().json) await writeJson(io, { out, shape, dtype: "f32" });
      else await writeLine(io, `${out}: logits f32 [${shape.join(", ")}]`);
    })
    .addHelpText("after", "\nThe file holds f32 logits [tokens, vocabulary] as `logits`.");
}
