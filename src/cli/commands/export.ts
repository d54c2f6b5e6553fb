/** `onefold export MODEL --format F --out PATH`: a model in the form that other tools read. */

import { type Command, Option } from "commander";
import { resolveModel } from "../../checkpoint/index.ts";
import { checkOutputFile } from "../../checkpoint/output-path.ts";
import {
  exportGguf,
  exportOnnx,
  exportSafetensors,
  exportTransformersJs,
  type GgufType,
  ggufTypes,
  loadModel,
  type OnnxExport,
} from "../../models/index.ts";
import { noteAdaptors } from "../adaptors-note.ts";
import { UsageError } from "../errors.ts";
import { type Io, writeJson, writeLine } from "../io.ts";

const formats = ["safetensors", "gguf", "onnx", "transformers.js"] as const;
type Format = (typeof formats)[number];

const types: Readonly<Record<Format, readonly string[]>> = {
  safetensors: ["f32", "f16", "bf16"],
  gguf: ggufTypes,
  onnx: ["f32", "int8", "int4"],
  "transformers.js": ["f32", "int8", "int4"],
};

interface ExportFlags {
  readonly format: Format;
  readonly out: string;
  readonly type?: string;
  readonly weights?: "inline" | "external";
}

export function define(command: Command, io: Io): void {
  command
    .argument("<model>", "folder, GGUF file, or ORG/NAME in the cache")
    .addOption(
      new Option("--format <format>", "what to write").choices(formats).makeOptionMandatory(),
    )
    .requiredOption(
      "--out <path>",
      "file (gguf, onnx) or folder to write; what is there is replaced, a folder only if it holds a model",
    )
    .option("--type <type>", "type of the weights; see below")
    .addOption(
      new Option("--weights <place>", "of ONNX: in the model file or beside it").choices([
        "inline",
        "external",
      ]),
    )
    .action(async (model: string, flags: ExportFlags, self: Command) => {
      checkFlags(flags);
      if (flags.format !== "safetensors") await noteAdaptors(io, model);
      const written = await write(model, flags);
      const { format, out } = flags;
      const ports = written && {
        inputs: written.inputs.map(portText),
        outputs: written.outputs.map(portText),
        dataFiles: written.dataFiles,
      };
      if (self.optsWithGlobals().json) await writeJson(io, { format, out, ...ports });
      else await writeLine(io, `${out}: ${format}`);
    })
    .addHelpText("after", help);
}

const help = `
Types: safetensors f32, f16, bf16 (default: as stored); gguf f16 (default), f32, bf16, q8_0, q4_0,
q4_k; onnx and transformers.js f32 (default), int8, int4.
onnx is one step: tokens, past, key.N, value.N -> logits, present_key.N, present_value.N.
transformers.js: input_ids, attention_mask, position_ids, past_key_values.N.key, .value
-> logits, present.N.key, .value. With --json, all inputs and outputs are listed.

Examples:
  onefold export Qwen/Qwen3-0.6B --format gguf --type q8_0 --out qwen3.gguf
  onefold export ./my-model --format transformers.js --out web/my-model`;

function checkFlags({ format, type, weights }: ExportFlags): void {
  if (type !== undefined && !types[format].includes(type)) {
    throw new UsageError(
      `--type ${type} does not exist in ${format}; choose ${types[format].join(", ")}`,
    );
  }
  if (weights !== undefined && format !== "onnx" && format !== "transformers.js") {
    throw new UsageError(`--weights has no place in ${format}; it is for onnx, transformers.js`);
  }
}

async function write(
  model: string,
  { format, out, type, weights }: ExportFlags,
): Promise<OnnxExport | undefined> {
  // checkFlags has held `type` against the list of its format.
  switch (format) {
    case "gguf":
      await exportGguf(model, out, { type: type as GgufType | undefined });
      return undefined;
    case "safetensors":
      await exportSafetensors(model, out, { dtype: type as "f32" | "f16" | "bf16" | undefined });
      return undefined;
    case "transformers.js":
      return exportTransformersJs(model, out, { weights, quant: quantOf(type) });
    case "onnx": {
      await checkOutputFile(out, [await resolveModel(model)]);
      using opened = await loadModel(model, { quant: quantOf(type) });
      return await exportOnnx(opened, out, { weights });
    }
  }
}

const quantOf = (type: string | undefined) =>
  type === "int4" || type === "int8" ? type : undefined;

const portText = ({ name, dtype, shape }: OnnxExport["inputs"][number]) => ({
  name,
  dtype,
  shape: shape.map((d) => (typeof d === "number" ? d : `${d}`)),
});
