/** POST /tokenize and /detokenize. */

import { checkCounts } from "../generate/encode-prompt.ts";
import { renderPrompt } from "../generate/prompt.ts";
import { parseToolArguments } from "../media/text/index.ts";
import { readBody } from "./body.ts";
import type { Call } from "./call.ts";
import { toMessage } from "./chat-plan.ts";
import { checked, HttpError } from "./errors.ts";
import { detokenizeBody, tokenizeBody } from "./schemas/tokens.ts";

/** Ids of a text, or of the prompt that a conversation becomes. */
export async function tokenize(call: Call): Promise<Response> {
  const body = await readBody(call.request, tokenizeBody, call.options.bodyLimit);
  const { tokenizer, template, engine } = await call.acquire(body.model);
  let text: string;
  if ("prompt" in body) {
    text = body.prompt;
  } else {
    if (!template)
      throw new HttpError(400, "the model has no chat template", { param: "messages" });
    checked(() => checkCounts(body, engine.contextLimit), "messages");
    const { messages } = parseToolArguments({ messages: body.messages.map(toMessage) });
    const { tools, chat_template_kwargs: variables } = body;
    text = checked(() => renderPrompt(template, messages, { tools, variables }), "messages");
  }
  const tokens = Array.from(tokenizer.encode(text));
  return Response.json({ tokens, count: tokens.length, max_model_len: engine.contextLimit });
}

export async function detokenize(call: Call): Promise<Response> {
  const { model, tokens } = await readBody(call.request, detokenizeBody, call.options.bodyLimit);
  const { tokenizer } = await call.acquire(model);
  return Response.json({ prompt: checked(() => tokenizer.decode(tokens), "tokens") });
}
