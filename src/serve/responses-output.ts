/** The output items of a response as they grow, and the events that tell of them. */

import type { AnswerDelta } from "../generate/parse/types.ts";
import type { ServerEvent } from "./event-stream.ts";
import { createId } from "./ids.ts";

type Status = "in_progress" | "completed" | "incomplete";

interface ReasoningItem {
  readonly type: "reasoning";
  readonly id: string;
  status: Status;
  readonly summary: readonly never[];
  readonly content: { type: "reasoning_text"; text: string }[];
}

interface MessageItem {
  readonly type: "message";
  readonly id: string;
  status: Status;
  readonly role: "assistant";
  readonly content: { type: "output_text"; text: string; annotations: []; logprobs: [] }[];
}

interface CallItem {
  readonly type: "function_call";
  readonly id: string;
  status: Status;
  readonly call_id: string;
  readonly name: string;
  arguments: string;
}

type Item = ReasoningItem | MessageItem | CallItem;

/** Numbers events. */
export class ResponseOutput {
  readonly items: Item[] = [];
  #sequence = 0;
  /** Place in `items` of each call. */
  readonly #calls: number[] = [];

  event(type: string, fields: object): ServerEvent {
    return { event: type, data: { type, sequence_number: this.#sequence++, ...fields } };
  }

  /** @returns the events of one part of the answer */
  take(part: AnswerDelta): ServerEvent[] {
    switch (part.type) {
      case "content":
        return this.#text("message", part.text);
      case "reasoning":
        return this.#text("reasoning", part.text);
      case "toolCall":
        return this.#call(part);
    }
  }

  /** Ends the last item. */
  close(status: "completed" | "incomplete"): ServerEvent[] {
    const output_index = this.items.length - 1;
    const item = this.items[output_index];
    if (item?.status !== "in_progress") return [];
    item.status = status;
    const events: ServerEvent[] = [];
    const at = { item_id: item.id, output_index };
    if (item.type === "function_call") {
      const fields = { ...at, name: item.name, arguments: item.arguments };
      events.push(this.event("response.function_call_arguments.done", fields));
    } else {
      const part = item.content[0]!;
      const name = part.type === "output_text" ? "output_text" : "reasoning_text";
      const more = part.type === "output_text" ? { logprobs: [] } : {};
      const fields = { ...at, content_index: 0 };
      events.push(this.event(`response.${name}.done`, { ...fields, text: part.text, ...more }));
      events.push(this.event("response.content_part.done", { ...fields, part }));
    }
    events.push(this.event("response.output_item.done", { output_index, item: { ...item } }));
    return events;
  }

  #begin(item: Item): ServerEvent[] {
    const before = this.close("completed");
    this.items.push(item);
    // As OpenAI's own: parts are added by events of their own.
    const shown = item.type === "function_call" ? { ...item } : { ...item, content: [] };
    const fields = { output_index: this.items.length - 1, item: shown };
    return [...before, this.event("response.output_item.added", fields)];
  }

  #call(part: Extract<AnswerDelta, { type: "toolCall" }>): ServerEvent[] {
    const events: ServerEvent[] = [];
    if (part.name !== undefined) {
      this.#calls[part.index] = this.items.length;
      const ids = { id: createId("fc_"), call_id: part.id ?? createId("call_") };
      const type = "function_call";
      const call: CallItem = {
        type,
        ...ids,
        status: "in_progress",
        name: part.name,
        arguments: "",
      };
      events.push(...this.#begin(call));
    }
    const output_index = this.#calls[part.index]!;
    const item = this.items[output_index];
    if (item?.type !== "function_call") throw new Error("arguments of a call that is none");
    item.arguments += part.arguments;
    const fields = { item_id: item.id, output_index, delta: part.arguments };
    if (part.arguments === "") return events;
    return [...events, this.event("response.function_call_arguments.delta", fields)];
  }

  #text(type: "message" | "reasoning", delta: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    const last = this.items.at(-1);
    const isOpen = last?.type === type && last.status === "in_progress";
    const item = isOpen ? last : createItem(type);
    if (!isOpen) events.push(...this.#begin(item));
    const at = { item_id: item.id, output_index: this.items.length - 1, content_index: 0 };
    if (!isOpen) {
      const part = { ...item.content[0]! };
      events.push(this.event("response.content_part.added", { ...at, part }));
    }
    item.content[0]!.text += delta;
    events.push(
      type === "message"
        ? this.event("response.output_text.delta", { ...at, delta, logprobs: [] })
        : this.event("response.reasoning_text.delta", { ...at, delta }),
    );
    return events;
  }
}

function createItem(type: "message" | "reasoning"): MessageItem | ReasoningItem {
  const status = "in_progress";
  if (type === "reasoning") {
    const content: ReasoningItem["content"] = [{ type: "reasoning_text", text: "" }];
    return { type, id: createId("rs_"), status, summary: [], content };
  }
  const content: MessageItem["content"] = [
    { type: "output_text", text: "", annotations: [], logprobs: [] },
  ];
  return { type, id: createId("msg_"), status, role: "assistant", content };
}
