/** `onefold inspect MODEL`: what a model does with a text, inside. */

import type { Command } from "commander";
import { UsageError } from "../errors.ts";
import { type ExpertFlags, inspectExperts } from "../inspect/experts.ts";
import { inspectSinks } from "../inspect/sinks.ts";
import type { Io } from "../io.ts";
import { collect } from "../options.ts";

interface InspectFlags extends ExpertFlags {
  readonly sinks?: boolean;
  readonly experts?: boolean;
}

export function define(command: Command, io: Io): void {
  command
    .argument("<model>", "folder, or ORG/NAME in the cache")
    .option("--sinks", "attention sinks, residual sinks and massive activations, by layer")
    .option("--experts", "load, specialisation and entropy of routers, by layer")
    .option("--text <file>", "UTF-8 text to read (default: a page shipped with onefold)")
    .option("--domain <name=file>", "with --experts: text of a domain (repeatable)", collect)
    .option("--out <folder>", "write heat maps there, by layer and head or expert")
    .action(async (spec: string, flags: InspectFlags, self: Command) => {
      const { sinks = false, experts = false, domain } = flags;
      if (sinks === experts) throw new UsageError("say what to inspect: --sinks or --experts");
      if (sinks && domain) throw new UsageError("--domain goes with --experts, not with --sinks");
      const json = self.optsWithGlobals().json === true;
      await (sinks ? inspectSinks : inspectExperts)(io, spec, flags, json);
    })
    .addHelpText("after", notes);
}

const notes = `
--sinks: the text is read once, as one sequence. First-token attention is the mean over the later
tokens' queries, and over the heads of a layer; beside it stands what equal attention to all that a
query sees would give. A head above 0.3 is a sink head. The largest activation is that of the
residual stream after the layer; it is massive above 100 and above 1,000 times the median. The
residual sink is the mean size of the largest channel, of all tokens but the first, over that of
the median one.

--experts: texts are read in pieces of 1,024 tokens; nothing is dropped. MaxVio is the largest load
over the mean one, less 1; variation is the deviation of loads over their mean; dead experts are
those that no token chose; entropy is that of a token's gates, in nats. With several domains, each
of the same weight: how much an expert tells of the domain (mutual information in bits), and the
largest share of a domain's tokens that go through one expert.

Examples:
  onefold inspect Qwen/Qwen3-0.6B --sinks
  onefold inspect ./my-model --sinks --text sample.txt --out sinks
  onefold inspect ./my-mixture --experts --domain code=main.ts --domain prose=book.txt --out experts`;
