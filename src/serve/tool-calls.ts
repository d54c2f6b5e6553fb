/** Calls of functions in OpenAI's form. */

import { createId } from "./ids.ts";

export interface ToolCall {
  readonly id: string;
  readonly type: "function";
  readonly function: { readonly name: string; readonly arguments: string };
}

/** The calls of one answer, as their arguments grow. */
export class ToolCalls {
  readonly all: ToolCall[] = [];

  begin(name: string): ToolCall {
    const call: ToolCall = {
      id: createId("call_"),
      type: "function",
      function: { name, arguments: "" },
    };
    this.all.push(call);
    return call;
  }

  extend(index: number, text: string): void {
    const call = this.all[index];
    if (!call) throw new Error(`arguments for call ${index}, which has not begun`);
    const { name, arguments: before } = call.function;
    this.all[index] = { ...call, function: { name, arguments: before + text } };
  }
}
