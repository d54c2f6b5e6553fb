/** `onefold sage`: robustness tests out of any multiple-choice set. */

import type { Command } from "commander";
import type { Io } from "../io.ts";
import { defineAgreement } from "./sage/agreement.ts";
import { defineBuild } from "./sage/build.ts";
import { defineLabel } from "./sage/label.ts";
import { defineTrainGen } from "./sage/train-gen.ts";
import { defineTrainQual } from "./sage/train-qual.ts";
import { defineTypes } from "./sage/types.ts";

export function define(command: Command, io: Io): void {
  const subcommands = [
    defineTypes,
    defineBuild,
    defineTrainQual,
    defineTrainGen,
    defineLabel,
    defineAgreement,
  ];
  for (const defineOne of subcommands) {
    defineOne(command, io)
      .option("--json", "print machine-readable JSON")
      .configureHelp({ showGlobalOptions: false });
  }
  command.addHelpText("after", examples);
}

const examples = `
Examples:
  onefold sage types --domain events
  onefold sage build --in items.jsonl --gen ./gen --qual ./qual --out variants.jsonl
  onefold sage train-qual --seed labels.jsonl --base Qwen/Qwen3-0.6B --lora 16 --out qual
  onefold sage label --in variants.jsonl --out labels.jsonl
  onefold sage agreement labels.jsonl`;
