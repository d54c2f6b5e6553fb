/** Conversations with a model: template, thinking, streaming, and the cache kept over turns. */

import {
  type ChatMessage,
  type ChatTemplate,
  createChatTemplate,
  loadChatTemplate,
  loadTokenizer,
  type Tokenizer,
} from "../media/text/index.ts";
import { loadModel, type Model } from "../models/load.ts";
import { type Answer, answer } from "./answer.ts";
import {
  type ChatOptions,
  type ChatResult,
  overlay,
  resolveSampling,
  type SendOptions,
} from "./chat-options.ts";
import { createDecoderSession, type DecoderSession } from "./decoder-session.ts";
import { type GenerationDefaults, readGenerationDefaults } from "./generation-config.ts";
import { mayThink, renderPrompt } from "./prompt.ts";
import { type ChatPart, thinkingStart } from "./thinking.ts";

/** An answer on its way. Iterate it for its parts, or await `result()` alone. */
export interface ChatStream extends AsyncIterable<ChatPart> {
  /** The whole answer, after the last part. */
  result(): Promise<ChatResult>;
}

/**
 * Loads a model to talk to.
 *
 * @param model a folder, a hub id that was pulled, or an open model (which stays the caller's)
 * @example
 * using chat = await createChat("models/onefold-mini", { temperature: 0.6, seed: 1 });
 * for await (const { type, text } of chat.send("What is 12 + 30?")) {
 *   if (type === "content") process.stdout.write(text);
 * }
 * const { content } = await chat.send("And twice that?").result();
 */
export async function createChat(model: string | Model, options: ChatOptions = {}): Promise<Chat> {
  const isOwn = typeof model === "string";
  const { adapter, kvCache, quant, onChoice } = options;
  const opened = isOwn ? await loadModel(model, { adapter, kvCache, quant, onChoice }) : model;
  try {
    const tokenizer = await loadTokenizer(opened.dir);
    const defaults = await readGenerationDefaults(opened.dir);
    const session = await createDecoderSession(opened, options);
    return new Chat({ model: opened, isOwn, tokenizer, defaults, session }, options);
  } catch (error) {
    if (isOwn) opened[Symbol.dispose]();
    throw error;
  }
}

interface ChatParts {
  readonly model: Model;
  /** Whether disposing of the chat closes the model too. */
  readonly isOwn: boolean;
  readonly tokenizer: Tokenizer;
  readonly defaults: GenerationDefaults;
  readonly session: DecoderSession;
}

/** Made by {@link createChat}. One answer at a time. */
export class Chat implements Disposable {
  readonly model: Model;
  readonly tokenizer: Tokenizer;
  readonly session: DecoderSession;
  /** The conversation so far, as `send(text)` continues it. */
  readonly messages: ChatMessage[];
  readonly #options: ChatOptions;
  readonly #defaults: GenerationDefaults;
  readonly #isOwn: boolean;
  #template: Promise<ChatTemplate> | undefined;
  #isBusy = false;

  constructor({ model, isOwn, tokenizer, defaults, session }: ChatParts, options: ChatOptions) {
    this.model = model;
    this.tokenizer = tokenizer;
    this.session = session;
    this.#isOwn = isOwn;
    this.#defaults = defaults;
    const { signal: _loading, ...kept } = options;
    this.#options = kept;
    this.messages = [];
    this.reset();
  }

  /** Starts a new conversation. The cache stays: what the next prompt shares with it is reused. */
  reset(system = this.#options.system): void {
    const first = system ? [{ role: "system", content: system }] : [];
    this.messages.splice(0, this.messages.length, ...first);
  }

  /**
   * Answers. A text continues this chat's conversation (the answer is added to `messages`); a
   * list of messages is the whole conversation, and `messages` stay as they are.
   *
   * @throws (while iterating) Error where the template refuses the messages or they do not fit
   */
  send(input: string | readonly ChatMessage[], options: SendOptions = {}): ChatStream {
    const isText = typeof input === "string";
    const asked = isText ? { role: "user", content: input } : undefined;
    const messages = asked ? [...this.messages, asked] : (input as readonly ChatMessage[]);
    const settings = overlay(this.#options, options);
    return this.#stream(
      async () => this.#plan(await this.render(messages, settings), settings, true),
      ({ content, reasoning }) => {
        if (!asked) return;
        const thought = reasoning ? { reasoning_content: reasoning } : {};
        this.messages.push(asked, { role: "assistant", content, ...thought });
      },
    );
  }

  /** Continues a text as it is, without a template; everything is content. */
  complete(prompt: string, options: SendOptions = {}): ChatStream {
    const settings = overlay(this.#options, options);
    return this.#stream(
      async () => this.#plan(prompt, settings, false),
      () => {},
    );
  }

  /** The prompt that the template makes of a conversation. */
  async render(messages: readonly ChatMessage[], options: SendOptions = {}): Promise<string> {
    return renderPrompt(await this.#loadTemplate(), messages, options);
  }

  /** Closes the session, and the model where this chat opened it. */
  dispose(): void {
    this.session.dispose();
    if (this.#isOwn) this.model[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #loadTemplate(): Promise<ChatTemplate> {
    const { template } = this.#options;
    this.#template ??= template ? createChatTemplate(template) : loadChatTemplate(this.model.dir);
    return this.#template;
  }

  async #plan(prompt: string, settings: SendOptions, isChat: boolean): Promise<Answer> {
    const { tokenizer, session } = this;
    const start = isChat ? thinkingStart(prompt) : "closed";
    const isThinking = isChat && mayThink(await this.#loadTemplate(), start);
    const { eosId } = tokenizer;
    return {
      session,
      tokenizer,
      prompt: tokenizer.encode(prompt),
      start,
      thinkingBudget: isThinking ? settings.thinkingBudget : undefined,
      sampling: resolveSampling(settings, this.#defaults, isThinking),
      seed: settings.seed,
      maxTokens: settings.maxTokens ?? this.#defaults.maxTokens,
      stop: settings.stop ?? [],
      stopTokens: [...this.#defaults.stopTokens, ...(eosId === undefined ? [] : [eosId])],
      logprobs: settings.logprobs,
      signal: settings.signal,
    };
  }

  #stream(plan: () => Promise<Answer>, done: (result: ChatResult) => void): ChatStream {
    const parts = this.#run(plan, done);
    let result: ChatResult | undefined;
    const iterate = async function* (): AsyncGenerator<ChatPart, void> {
      result = yield* parts;
    };
    const iterator = iterate();
    return {
      [Symbol.asyncIterator]: () => iterator,
      async result() {
        for await (const _ of iterator);
        if (result) return result;
        throw new Error("the answer was given up before it was complete");
      },
    };
  }

  async *#run(
    plan: () => Promise<Answer>,
    done: (result: ChatResult) => void,
  ): AsyncGenerator<ChatPart, ChatResult> {
    if (this.#isBusy) {
      throw new Error(
        "this chat is answering; finish or cancel that first, or create a second one",
      );
    }
    this.#isBusy = true;
    try {
      const result = yield* answer(await plan());
      done(result);
      return result;
    } finally {
      this.#isBusy = false;
    }
  }
}
