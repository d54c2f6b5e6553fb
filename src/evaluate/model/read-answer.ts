/** What an endpoint sent as an answer: hostile until read. */

import { isObject } from "../../checkpoint/json.ts";
import type { Generation } from "../types.ts";

/** Longer answers than this are read no further: an endpoint may send without end. */
const MOST_BYTES = 32 * 2 ** 20;
const SHOWN = 80;

/**
 * The body as JSON.
 *
 * @throws Error with what was found in its place: a page, a stream, half an answer, too much
 */
export async function readJsonBody(response: Response): Promise<unknown> {
  const text = await readText(response);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    const start = text.replace(/\s+/g, " ").trim().slice(0, SHOWN);
    const found = start === "" ? "nothing" : `${JSON.stringify(start)} (${text.length} characters)`;
    throw new NotJsonError(`answered ${response.status} with no JSON but ${found}`);
  }
}

/** It came to its end, and is no answer; another try may get one. */
export class NotJsonError extends Error {}

async function readText(response: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of response.body ?? []) {
    size += piece.length;
    if (size > MOST_BYTES) {
      throw new NotJsonError(`answered with more than ${MOST_BYTES / 2 ** 20} MiB`);
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}

/**
 * The text of a completion or a chat's message. A model that thought until its tokens were used up
 * has said nothing: its text is "".
 *
 * @param until texts at which it is cut, be they in the request or not
 * @throws Error where there is no text
 */
export function readGeneration(
  answer: unknown,
  model: string,
  until: readonly string[],
): Generation {
  const choice: unknown =
    isObject(answer) && Array.isArray(answer.choices) ? answer.choices[0] : undefined;
  const message = isObject(choice) && isObject(choice.message) ? choice.message : undefined;
  const reasoning = message?.reasoning_content;
  const isCutOff = isObject(choice) && choice.finish_reason === "length";
  const given = message ? message.content : isObject(choice) ? choice.text : undefined;
  const isSilent = message !== undefined && given === null;
  const content = isSilent && (isCutOff || typeof reasoning === "string") ? "" : given;
  if (typeof content !== "string") {
    throw new Error(`${model} answered without a text in choices[0]${complaintOf(answer)}`);
  }
  return {
    text: until.filter(Boolean).reduce((left, stop) => left.split(stop, 1)[0]!, content),
    ...(typeof reasoning === "string" && reasoning ? { reasoning } : {}),
    finishReason: isCutOff ? "length" : "stop",
    ...tokenCounts(answer),
  };
}

/** Some proxies answer 200 and say in the body what went wrong. */
function complaintOf(answer: unknown): string {
  if (!isObject(answer) || answer.error === undefined) return "";
  const { error } = answer;
  const text = isObject(error) && typeof error.message === "string" ? error.message : error;
  return `: ${String(typeof text === "string" ? text : JSON.stringify(text)).slice(0, 200)}`;
}

export function tokenCounts(
  answer: unknown,
): Pick<Generation, "promptTokens" | "completionTokens" | "cachedTokens"> {
  const counts = isObject(answer) && isObject(answer.usage) ? answer.usage : {};
  const count = (value: unknown): number => (typeof value === "number" ? value : 0);
  const details = isObject(counts.prompt_tokens_details) ? counts.prompt_tokens_details : {};
  const cachedTokens = count(details.cached_tokens);
  return {
    promptTokens: count(counts.prompt_tokens),
    completionTokens: count(counts.completion_tokens),
    ...(cachedTokens > 0 ? { cachedTokens } : {}),
  };
}
