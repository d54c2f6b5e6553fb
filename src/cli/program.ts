/** The commander program and the wording of its usage errors. */

import { Command, type CommanderError } from "commander";
import { nearest } from "../task/grammar/suggest.ts";
import { commands } from "./command.ts";
import type { Io } from "./io.ts";
import { packageVersion } from "./package-root.ts";

const examples = `
Examples:
  onefold pull Qwen/Qwen3-0.6B
  onefold info Qwen/Qwen3-0.6B
  onefold tokenize Qwen/Qwen3-0.6B "Hello" --json

A MODEL is a folder in Hugging Face layout or the ORG/NAME of one on the hub.
Set ONEFOLD_DEBUG=1 for stack traces, NO_COLOR=1 for plain output.`;

export function createProgram(io: Io): Command {
  const program = new Command("onefold")
    .description("Train, evaluate and serve models with Hugging Face checkpoints. No Python.")
    .usage("<command> [options]")
    .version(packageVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .option("--json", "print machine-readable JSON")
    .addHelpText("after", examples);
  // Both are inherited by the commands added later.
  program.exitOverride();
  program.configureOutput({
    writeOut: (text) => io.stdout.write(text),
    writeErr: () => {}, // main() words the error, in one sentence
    outputError: () => {},
  });
  program.showSuggestionAfterError(false);
  program.configureHelp({ subcommandTerm: (command) => command.name() });
  return program;
}

/** commander's error as one sentence with the nearest valid word and where to look. */
export function usageMessage(error: CommanderError, program: Command): string {
  const message = error.message
    .replace(/^error: /, "")
    .replace(/[.]$/, "")
    .replace(/ is invalid\. (\w)/, (_, first: string) => ` is invalid: ${first.toLowerCase()}`);
  const [first, second] = program.args;
  const outer = program.commands.find((c) => first === c.name());
  const inner = outer?.commands.find((c) => second === c.name());
  const command = inner ?? outer ?? program;
  const path = [outer, inner].flatMap((each) => each?.name() ?? []).join(" ");
  const help = outer ? `onefold ${path} --help` : "onefold --help";
  if (error.code === "commander.help" || error.code === "commander.unknownCommand") {
    const word = /'(.*)'/.exec(message)?.[1] ?? "";
    if (outer && outer.commands.length > 0) {
      const choices = outer.commands.map((each) => each.name()).join(" or ");
      return `onefold ${outer.name()} needs ${choices} after it, found ${word ? `'${word}'` : "nothing"}`;
    }
    const names = commands.map((command) => command.name);
    return `unknown command '${word}'; ${hint(word, names, "onefold --help")}`;
  }
  if (error.code === "commander.unknownOption") {
    const word = /'(.*)'/.exec(message)?.[1] ?? "";
    const names = command.options.flatMap((option) => [option.long, option.short]);
    return `${message}; ${hint(
      word,
      names.filter((name) => name != null),
      help,
    )}`;
  }
  return `${message}; see \`${help}\``;
}

function hint(word: string, choices: readonly string[], help: string): string {
  const choice = nearest(word, choices);
  return choice ? `did you mean ${choice}?` : `see \`${help}\``;
}
