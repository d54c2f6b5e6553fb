/** The conversation on the screen, and the answer that is coming in. */

import { useEffect, useRef, useState } from "preact/hooks";
import { createClock } from "./clock.ts";
import {
  addTokens,
  addTurn,
  type Conversation,
  changeTurn,
  emptyConversation,
  fromQuestion,
  fromText,
  messagesOf,
  pathTo,
  saveText,
  type Turn,
} from "./conversation.ts";
import { streamAnswer } from "./server.ts";
import { fieldsForFile, requestFields, type Settings } from "./settings.ts";
import { type AnswerPiece, addToolCalls } from "./stream.ts";

const KEY = "onefold-conversation";

/** Pieces that come faster than this, in milliseconds, are shown together. */
const FRAME = 33;

export interface Asking {
  readonly model: string;
  readonly settings: Settings;
  /** Instead of the settings' temperature. */
  readonly temperature?: number;
}

export function useChat() {
  const [conversation, setConversation] = useState<Conversation>(() =>
    fromText(localStorage.getItem(KEY)),
  );
  const [streaming, setStreaming] = useState<number>();
  const [rate, setRate] = useState("");
  const controller = useRef<AbortController>(undefined);

  useEffect(() => {
    if (streaming !== undefined) return;
    try {
      localStorage.setItem(KEY, saveText(conversation));
    } catch {
      // The browser's room is used up: the chat lives as long as the page.
    }
  }, [conversation, streaming]);

  /** Asks for an answer below `parent` and shows it as it comes. */
  const answer = async (from: Conversation, parent: number, asking: Asking): Promise<void> => {
    const { model, settings } = asking;
    controller.current?.abort();
    const [next, id] = addTurn(from, parent, "assistant", "", { model });
    setConversation(next);
    setStreaming(id);
    const mine = new AbortController();
    controller.current = mine;
    const clock = createClock();
    const show = (f: (turn: Turn) => Partial<Turn>): void =>
      setConversation((current) => changeTurn(current, id, f));
    const pieces = createBuffer((batch) => {
      setRate(clock.rate());
      show((turn) => {
        let grown = turn;
        for (const piece of batch) grown = { ...grown, ...add(grown, piece) };
        return grown;
      });
    });
    try {
      const fields = requestFields(settings);
      const { temperature = fields.temperature } = asking;
      const path = pathTo(from, parent);
      const sent = settings.history ? path : fromQuestion(path);
      const messages = messagesOf(sent, settings.system);
      const hasFile = sent.some(({ file }) => file !== undefined);
      const taken = hasFile ? fieldsForFile(fields) : fields;
      const request = { ...taken, temperature, model, messages };
      for await (const piece of streamAnswer(request, mine.signal)) {
        clock.take(piece);
        pieces.push(piece);
      }
      pieces.flush();
      setRate(clock.rate());
      const note = asking.temperature === undefined ? "" : `temperature ${asking.temperature}`;
      show(() => ({ stats: clock.summary(note) }));
    } catch (error) {
      pieces.flush();
      const isStopped = mine.signal.aborted;
      show(() => ({ problem: isStopped ? "Stopped." : (error as Error).message }));
    } finally {
      show(() => ({ thinkingSeconds: clock.thinkingSeconds() }));
      if (controller.current === mine) {
        controller.current = undefined;
        setStreaming(undefined);
      }
    }
  };

  return {
    conversation,
    streaming,
    rate,
    setConversation,
    answer,
    stop: () => controller.current?.abort(),
    clear() {
      controller.current?.abort();
      setConversation(emptyConversation);
      setRate("");
    },
  };
}

/** A turn's fields after one more piece. */
function add(turn: Turn, piece: AnswerPiece): Partial<Turn> {
  const { content = "", reasoning = "", toolCalls, tokens, finish } = piece;
  return {
    content: turn.content + content,
    reasoning: turn.reasoning + reasoning,
    toolCalls: toolCalls ? addToolCalls(turn.toolCalls, toolCalls) : turn.toolCalls,
    // Probabilities are shown of the answer, not of the thinking.
    tokens: tokens && !reasoning ? addTokens(turn.tokens, tokens) : turn.tokens,
    ...(finish === "length" ? { problem: "Cut off: the most tokens were reached." } : {}),
  };
}

/** Gathers pieces for as long as a frame lasts: long answers would redraw all too often. */
function createBuffer(show: (pieces: readonly AnswerPiece[]) => void) {
  let held: AnswerPiece[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (held.length > 0) show(held);
    held = [];
  };
  return {
    flush,
    push(piece: AnswerPiece): void {
      held.push(piece);
      timer ??= setTimeout(flush, FRAME);
    },
  };
}
