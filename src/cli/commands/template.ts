/** `onefold template MODEL`: the prompt that the checkpoint's own template makes. */

import type { Command } from "commander";
import { readJson, resolveModel } from "../../checkpoint/index.ts";
import { type Conversation, loadChatTemplate, parseConversation } from "../../media/text/index.ts";
import { describeError } from "../errors.ts";
import { type Io, readStdin, writeJson } from "../io.ts";

interface TemplateFlags {
  readonly conversation: string;
}

export function define(command: Command, io: Io): void {
  command
    .argument("<model>", "folder, or ORG/NAME in the cache")
    .option(
      "--conversation <file>",
      "JSON with messages, and optionally tools and enable_thinking; - for standard input",
      "-",
    )
    .action(async (model: string, { conversation: file }: TemplateFlags, self: Command) => {
      const template = await loadChatTemplate(await resolveModel(model));
      const prompt = template.render(await readConversation(io, file));
      if (self.optsWithGlobals().json) await writeJson(io, { prompt });
      // A pipe gets the prompt exactly, so that `| onefold tokenize` sees what a model would.
      else io.stdout.write(io.stdout.isTTY && !prompt.endsWith("\n") ? `${prompt}\n` : prompt);
    })
    .addHelpText("after", '\nThe file: {"messages": [{"role": "user", "content": "Hello"}]}');
}

async function readConversation(io: Io, file: string): Promise<Conversation> {
  if (file !== "-") return parseConversation(await readJson(file), file);
  const name = "standard input";
  try {
    return parseConversation(JSON.parse(await readStdin(io)), name);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new Error(`${name}: invalid JSON: ${describeError(error)}`, { cause: error });
  }
}
