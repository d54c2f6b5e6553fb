/** `onefold merge BASE ADAPTER`: an adapter worked into the weights of its base. */

import type { Command } from "commander";
import { mergeAdapter } from "../../models/index.ts";
import { UsageError } from "../errors.ts";
import { type Io, writeJson, writeLine } from "../io.ts";

interface MergeFlags {
  readonly out: string;
  readonly dtype?: string;
}

const dtypes = ["f32", "f16", "bf16"] as const;

export function define(command: Command, io: Io): void {
  command
    .argument("<base>", "folder, or ORG/NAME in the cache")
    .argument("<adapter>", "folder of a PEFT adapter (LoRA, rsLoRA, DoRA)")
    .requiredOption("--out <folder>", "folder to write; a model that is there is replaced")
    .option("--dtype <name>", "f32, f16 or bf16 (default: as the base stores each weight)")
    .action(async (base: string, adapter: string, flags: MergeFlags, self: Command) => {
      const dtype = dtypes.find((each) => each === flags.dtype);
      if (flags.dtype !== undefined && !dtype) {
        throw new UsageError(`--dtype ${flags.dtype}: expected ${dtypes.join(", ")}`);
      }
      const changed = await mergeAdapter(base, adapter, flags.out, { dtype });
      if (self.optsWithGlobals().json) await writeJson(io, { model: flags.out, changed });
      else await writeLine(io, `${flags.out} (${changed} weights changed)`);
    })
    .addHelpText("after", notes);
}

const notes = `
The merged model needs no adapter and runs at the base's speed. With weights in bf16 a small change
is partly rounded away; --dtype f32 keeps all of it.

Example:
  onefold merge Qwen/Qwen3-0.6B runs/support/final --out models/support`;
