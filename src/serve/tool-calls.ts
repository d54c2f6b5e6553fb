/** Calls of functions in OpenAI's form. */

import type { AnswerDelta } from "../generate/parse/types.ts";
import { createId } from "./ids.ts";

type CallDelta = Extract<AnswerDelta, { type: "toolCall" }>;

export interface ToolCall {
  readonly id: string;
  readonly type: "function";
  readonly function: { readonly name: string; readonly arguments: string };
}

/** The calls of one answer, as their arguments grow. */
export class ToolCalls {
  readonly all: ToolCall[] = [];

  /** @returns what a stream tells of the delta */
  take({ index, id, name, arguments: text }: CallDelta): object {
    if (name !== undefined) {
      const call: ToolCall = {
        id: id ?? createId("call_"),
        type: "function",
        function: { name, arguments: text },
      };
      this.all[index] = call;
      return { index, ...call };
    }
    const call = this.all[index];
    if (!call) throw new Error(`arguments for call ${index}, which has not begun`);
    const { name: own, arguments: before } = call.function;
    this.all[index] = { ...call, function: { name: own, arguments: before + text } };
    return { index, function: { arguments: text } };
  }
}
