/** `onefold pull ORG/NAME`: download a model into the Hugging Face cache. */

import type { Command } from "commander";
import { pull } from "../../checkpoint/index.ts";
import { type Io, writeJson, writeLine } from "../io.ts";
import { collect } from "../options.ts";
import { createStatusLine } from "../progress.ts";
import { describePull } from "../pull-progress.ts";
import { formatBytes } from "../render.ts";

interface PullFlags {
  readonly revision?: string;
  readonly include?: string[];
  readonly offline?: boolean;
}

export function define(command: Command, io: Io): void {
  command
    .argument("<model>", "ORG/NAME on the hub")
    .option("--revision <name>", "branch, tag or commit (default: main)")
    .option("--include <pattern>", "files to take, such as '*.json' (repeatable)", collect)
    .option("--offline", "use the cache only, as HF_HUB_OFFLINE=1 does")
    .action(async (model: string, flags: PullFlags, self: Command) => {
      const status = createStatusLine(io.stderr);
      let bytes = 0;
      try {
        const folder = await pull(model, {
          ...flags,
          signal: io.interruptible(),
          onProgress(progress) {
            bytes = progress.bytesTotal;
            status.show(describePull(progress));
          },
        });
        status.finish(bytes > 0 ? `${model}: ${formatBytes(bytes)} in the cache` : undefined);
        if (self.optsWithGlobals().json) await writeJson(io, { model, folder });
        else await writeLine(io, folder);
      } catch (error) {
        status.finish();
        throw error;
      }
    })
    .addHelpText("after", "\nPrints the model's folder. HF_HOME, HF_TOKEN and HF_ENDPOINT count.");
}
