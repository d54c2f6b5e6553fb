/** `onefold tokenize MODEL`: text to token ids, from an argument, files or standard input. */

import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { resolveModel } from "../../checkpoint/index.ts";
import { loadTokenizer } from "../../media/text/index.ts";
import { UsageError } from "../errors.ts";
import { type Io, readStdin, writeLine } from "../io.ts";
import { collect } from "../options.ts";

interface TokenizeFlags {
  readonly file?: string[];
  /** False for --no-specials. */
  readonly specials: boolean;
}

export function define(command: Command, io: Io): void {
  command
    .argument("<model>", "folder, or ORG/NAME in the cache")
    .argument("[text]", "text to tokenize; without it and --file, standard input is read")
    .option("--file <path>", "file to tokenize, - for standard input (repeatable)", collect)
    .option("--no-specials", "treat <|im_start|> and the like as plain text")
    .action(
      async (
        model: string,
        text: string | undefined,
        { file: files = [], specials }: TokenizeFlags,
        self: Command,
      ) => {
        if (text !== undefined && files.length > 0) {
          throw new UsageError("give a text or --file, not both");
        }
        const tokenizer = await loadTokenizer(await resolveModel(model));
        const texts = text !== undefined ? [text] : await readTexts(io, files);
        const lists = texts.map((each) => tokenizer.encode(each, { specials }));
        // [[ids of the first text], [ids of the second]]: one JSON array however many there are.
        if (self.optsWithGlobals().json) {
          await writeLine(io, `[${lists.map((ids) => `[${ids.join(",")}]`).join(",")}]`);
        } else {
          for (const ids of lists) await writeLine(io, ids.join(" "));
        }
      },
    )
    .addHelpText("after", "\n--json prints [[ids...],[ids...]], a list for each text.");
}

function readTexts(io: Io, files: readonly string[]): Promise<string[]> {
  if (files.length === 0) return Promise.all([readStdin(io)]);
  return Promise.all(files.map((path) => (path === "-" ? readStdin(io) : readFile(path, "utf8"))));
}
