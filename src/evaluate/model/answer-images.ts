/** Questions with images, answered by a task model: the question becomes an instruction. */

import type { ChatMessage } from "../../media/text/index.ts";
import { parseInstruction } from "../../task/grammar/parse.ts";
import { planOf } from "../../task/plan.ts";
import { openRecord, prepareSource } from "../../task/prepare/prepare.ts";
import { generateTokens } from "../../task/run/generate-tokens.ts";
import type { TaskModel } from "../../task/run/task-model.ts";
import { imageOf, openImage } from "../image.ts";
import type { GenerateRequest, Generation } from "../types.ts";

/**
 * Text and images are the slots of an instruction, in the order of the message.
 *
 * @param maxTokens the default
 * @throws Error for a conversation of several messages, which instructions have no words for
 */
export async function answerImages(
  model: TaskModel,
  request: GenerateRequest,
  maxTokens: number,
  signal: AbortSignal | undefined,
): Promise<Generation> {
  const { temperature, topP, topK, seed, until = [], maxTokens: maxLength = maxTokens } = request;
  const { plan, record } = await instructionOf(request.prompt as readonly ChatMessage[]);
  const context = await openRecord(plan, record, model.preparation);
  const groups = await prepareSource(plan, context);
  const asked = { groups, prefix: [], maxLength };
  const drawing = { beam: 1, noRepeatNgram: 0, temperature, topP, topK, seed, signal };
  const ids = await generateTokens(model.engine, model.vocabulary, asked, drawing);
  const text = model.vocabulary.decode(ids);
  const read = groups.flatMap((group) => (group.kind === "text" ? group.ids : []));
  return {
    text: until.filter(Boolean).reduce((left, stop) => left.split(stop, 1)[0]!, text),
    finishReason: ids.length >= maxLength ? "length" : "stop",
    promptTokens: read.length, // those of the text
    completionTokens: ids.length,
  };
}

async function instructionOf(messages: readonly ChatMessage[]) {
  const [message] = messages;
  const { content } = message ?? {};
  if (messages.length !== 1 || !Array.isArray(content)) {
    throw new Error(
      `a task model answers a single question with images, and this has ${messages.length} messages`,
    );
  }
  const slots: string[] = [];
  const record: Record<string, unknown> = {};
  for (const [i, part] of content.entries()) {
    const image = imageOf(part);
    const name = `part${i}`;
    slots.push(`[${image ? "IMAGE" : "TEXT"}:${name}]`);
    record[name] = image ? await openImage(image) : String(part.text);
  }
  return { plan: planOf(parseInstruction(`${slots.join(" ")} -> [TEXT:answer]`)), record };
}
