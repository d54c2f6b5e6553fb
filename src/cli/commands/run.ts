/** `onefold run [MODEL] [PROMPT]`: one answer, a chat in the terminal, or prompts from a pipe. */

import { existsSync } from "node:fs";
import type { Command } from "commander";
import { resolveModel } from "../../checkpoint/index.ts";
import { type Chat, createChat } from "../../generate/index.ts";
import type { Answerer } from "../answer.ts";
import { answerLines, answerOnce, chat as chatAtTerminal } from "../chat.ts";
import { UsageError } from "../errors.ts";
import type { Io } from "../io.ts";
import { defaultModelFolder } from "../package-root.ts";
import { quantization, showChoice } from "../quant-options.ts";
import { addRunOptions, type RunFlags } from "../run-options.ts";
import { answerQuestion } from "../task/question.ts";

export function define(command: Command, io: Io): void {
  command
    .argument(
      "[model]",
      "folder, or ORG/NAME in the cache (default: the model shipped with onefold)",
    )
    .argument("[prompt]", "answer this and end; without it, chat or read prompts, one a line");
  addRunOptions(command)
    .option("--adapter <dir>", "add the change of a LoRA adapter (a folder of PEFT's files)")
    .option("--image <file>", "ask about an image; without a prompt: what it shows")
    .option("--audio <file>", "ask about a recording; without a prompt: what is said")
    .option("--video <file>", "ask about a video; without a prompt: what happens")
    .option("--out <file>", "where a drawing, an animation, or an image with boxes goes")
    .option("--explain", "say which instruction a question about a file was taken for")
    .action(
      async (
        model: string | undefined,
        prompt: string | undefined,
        flags: RunFlags,
        self: Command,
      ) => {
        const asked = chooseModel(model, prompt);
        if (prompt === undefined) await checkWord(asked.model);
        const json = self.optsWithGlobals().json === true;
        const given = { ...flags, json };
        if (!(await answerQuestion(io, asked, given))) await run(io, asked, given);
      },
    )
    .addHelpText("after", examples);
}

const examples = `
Sampling that is not given comes from the model's generation_config.json.

With a model made for tasks, --image, --audio and --video take one file: "where is …" and "find …"
give a box, any other words an answer. "draw …" and "animate …" write a file.

Examples:
  onefold run
  onefold run Qwen/Qwen3-0.6B "What is 12 + 30?" --no-think
  onefold run "Which is larger, 9.9 or 9.11?" --seed 1
  onefold run --image scene.png "how many circles are there?"
  onefold run --image scene.png "where is the red circle?" --out found.png
  onefold run --audio voice.wav
  onefold run "draw a red circle" --out circle.png
  cat prompts.txt | onefold run ./my-model --json > answers.jsonl`;

export interface Asked {
  readonly model: string;
  readonly prompt: string | undefined;
}

/** A single argument with a space in it is a prompt: no model is named like that. */
export function chooseModel(model: string | undefined, prompt: string | undefined): Asked {
  if (prompt?.trim() === "") throw new UsageError("the prompt is empty");
  if (model !== undefined && prompt === undefined && /\s/.test(model) && !existsSync(model)) {
    return { model: shippedModel(), prompt: model };
  }
  return { model: model ?? shippedModel(), prompt };
}

/** One word is taken for a model; where there is none, it may have been meant as a prompt. */
async function checkWord(model: string): Promise<void> {
  if (/[/\\]/.test(model)) return;
  await resolveModel(model).catch((error: Error) => {
    const advice = `a prompt of one word needs its model before it: \`onefold run MODEL ${model}\``;
    throw new Error(`${error.message}; ${advice}`, { cause: error });
  });
}

function shippedModel(): string {
  const folder = defaultModelFolder();
  if (existsSync(folder)) return folder;
  throw new Error(
    `${folder}: the model that ships with onefold is not there; name another, ` +
      "as in `onefold run ./folder` or `onefold run Qwen/Qwen3-0.6B`",
  );
}

export async function run(
  io: Io,
  { model, prompt }: Asked,
  flags: RunFlags & { readonly json: boolean },
): Promise<void> {
  const { system, think, json, raw } = flags;
  if (raw && system) throw new UsageError("--raw uses no chat template, so --system has no place");
  using chat = await createChat(model, {
    quant: quantization(flags),
    onChoice: showChoice(io),
    temperature: flags.temperature,
    topK: flags.topK,
    topP: flags.topP,
    minP: flags.minP,
    repetitionPenalty: flags.repetitionPenalty,
    presencePenalty: flags.presencePenalty,
    frequencyPenalty: flags.frequencyPenalty,
    seed: flags.seed,
    maxTokens: flags.maxTokens,
    thinkingBudget: flags.thinkingBudget,
    stop: flags.stop,
    kvCache: flags.kvCache,
    adapter: flags.adapter,
  });
  const answerer = createAnswerer(chat, flags);
  const options = { system, thinking: think, json };
  if (prompt === undefined && io.stdin.isTTY) {
    await chatAtTerminal(io, answerer, options);
    return;
  }
  if (prompt === undefined) await answerLines(io, answerer, options);
  else await answerOnce(io, answerer, prompt, options);
  io.interruptible().throwIfAborted(); // what was said is printed; the exit code tells the rest
}

/** A chat as the command line's loops see it. */
export function createAnswerer(
  chat: Chat,
  { raw, hideThinking }: Pick<RunFlags, "raw" | "hideThinking">,
): Answerer {
  return {
    async *answer({ messages, thinking, signal }) {
      const stream = raw
        ? chat.complete(messages.at(-1)?.content ?? "", { signal })
        : chat.send(
            messages.map((message) => ({ ...message })),
            { signal, thinking },
          );
      for await (const { type, text } of stream) {
        if (type === "content") yield { kind: "text", text };
        else if (!hideThinking) yield { kind: "thinking", text };
      }
      const { finishReason, usage, seconds } = await stream.result();
      const { promptTokens, completionTokens: tokens } = usage;
      yield { kind: "end", finishReason, promptTokens, tokens, seconds };
    },
  };
}
