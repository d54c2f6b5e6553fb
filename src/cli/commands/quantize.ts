/** `onefold quantize MODEL --quant KIND --out DIR`: a quantised model as a folder. */

import type { Command } from "commander";
import { saveQuantizedModel } from "../../models/index.ts";
import { noteAdaptors } from "../adaptors-note.ts";
import { UsageError } from "../errors.ts";
import { type Io, writeJson, writeLine } from "../io.ts";
import { addQuantOptions, type QuantFlags, quantization } from "../quant-options.ts";

interface QuantizeFlags extends QuantFlags {
  readonly out: string;
}

export function define(command: Command, io: Io): void {
  command.argument("<model>", "folder, or ORG/NAME in the cache");
  addQuantOptions(command)
    .requiredOption("--out <folder>", "folder to write; a model that is there is replaced")
    .action(async (spec: string, flags: QuantizeFlags, self: Command) => {
      const quant = quantization(flags);
      if (!quant || quant === "auto" || quant === "mixed") {
        throw new UsageError("give --quant int4 or --quant int8");
      }
      await noteAdaptors(io, spec);
      const weights = await saveQuantizedModel(spec, flags.out, quant);
      if (self.optsWithGlobals().json) await writeJson(io, { out: flags.out, weights });
      else await writeLine(io, `${flags.out}: ${weights} weights in ${flags.quant}`);
    })
    .addHelpText("after", notes);
}

const notes = `
The folder is read by every command that takes a MODEL. Its config.json says
"quant_method": "onefold": other tools do not read it.

Examples:
  onefold quantize Qwen/Qwen3-0.6B --quant int4 --out ./qwen3-int4
  onefold quantize ./my-model --quant int4 --block 128 --keep "*.layers.0.*" --out ./small`;
