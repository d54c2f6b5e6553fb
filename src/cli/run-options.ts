/** Options of `onefold run`, as the user gives them; what is absent comes from the checkpoint. */

import { type Command, Option } from "commander";
import { collect, integer, number } from "./options.ts";
import { addQuantOptions, type QuantFlags } from "./quant-options.ts";

export interface RunFlags extends QuantFlags {
  readonly system?: string;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
  readonly repetitionPenalty?: number;
  readonly presencePenalty?: number;
  readonly frequencyPenalty?: number;
  readonly seed?: number;
  readonly maxTokens?: number;
  /** True for --think, false for --no-think, undefined for the chat template's default. */
  readonly think?: boolean;
  readonly thinkingBudget?: number;
  readonly stop?: string[];
  readonly raw?: boolean;
  readonly hideThinking?: boolean;
  readonly kvCache?: "int8";
  /** Of `onefold run` alone. */
  readonly adapter?: string;
  readonly image?: string;
  readonly audio?: string;
  readonly video?: string;
  readonly out?: string;
  readonly explain?: boolean;
}

/** How keys and values of earlier tokens are held. */
export const kvCacheOption = (): Option =>
  new Option("--kv-cache <kind>", "hold the tokens read in 8 bits (default: f32)").choices([
    "int8",
  ]);

/** Adds the options of {@link RunFlags} to a command. */
export function addRunOptions(command: Command): Command {
  return addQuantOptions(command)
    .option("--system <text>", "system message")
    .option("--temperature <t>", "randomness; 0 always takes the likeliest", number({ min: 0 }))
    .option("--top-k <n>", "sample among the n likeliest tokens; 0 for all", integer({ min: 0 }))
    .option("--top-p <p>", "sample among tokens of total probability p", number({ min: 0, max: 1 }))
    .option("--min-p <p>", "drop tokens below p x the likeliest", number({ min: 0, max: 1 }))
    .option("--repetition-penalty <r>", "1 for none", number({ min: 0 }))
    .option("--presence-penalty <p>", "for tokens said before; 0 for none", number())
    .option("--frequency-penalty <p>", "for each time a token was said; 0 for none", number())
    .option("--seed <n>", "same seed, same answer", integer({ min: 0 }))
    .option("--max-tokens <n>", "most tokens of one answer", integer({ min: 1 }))
    .option("--think", "let the model think before it answers")
    .option("--no-think", "answer at once")
    .option("--thinking-budget <n>", "most tokens of thinking", integer({ min: 0 }))
    .option("--stop <text>", "end the answer before this text (repeatable)", collect)
    .option("--raw", "continue the prompt as it is, without a chat template")
    .option("--hide-thinking", "do not print the thinking")
    .addOption(kvCacheOption());
}
