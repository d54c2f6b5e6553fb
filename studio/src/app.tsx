import { useEffect, useRef, useState } from "preact/hooks";
import { Composer } from "./composer.tsx";
import {
  addTokens,
  addTurn,
  type Conversation,
  changeTurn,
  choose,
  emptyConversation,
  messagesOf,
  pathTo,
  shownTurns,
  siblingsOf,
} from "./conversation.ts";
import { Message } from "./message.tsx";
import { listModels, rememberKey, streamAnswer } from "./server.ts";
import { loadSettings, SettingsPanel, saveSettings } from "./settings.tsx";
import { StatusPage } from "./status-page.tsx";
import { addToolCalls, ServerError } from "./stream.ts";

export function App() {
  const [models, setModels] = useState<readonly string[]>([]);
  const [model, setModel] = useState("");
  const [problem, setProblem] = useState<string>();
  const [settings, setSettings] = useState(loadSettings);
  const [conversation, setConversation] = useState<Conversation>(emptyConversation);
  const [streaming, setStreaming] = useState<number>();
  const [rate, setRate] = useState("");
  const [page, setPage] = useState<"chat" | "status">("chat");
  const [isPanelOpen, setPanelOpen] = useState(false);
  const stop = useRef<AbortController>(undefined);
  const end = useRef<HTMLDivElement>(null);

  const connect = () =>
    listModels().then(
      (ids) => {
        setModels(ids);
        setModel((chosen) => (ids.includes(chosen) ? chosen : (ids[0] ?? "")));
        setProblem(undefined);
      },
      (error: Error) => {
        if (error instanceof ServerError && error.status === 401) {
          const key = prompt("This server asks for an API key:");
          if (key) {
            rememberKey(key);
            void connect();
            return;
          }
        }
        setProblem(error.message);
      },
    );
  useEffect(() => void connect(), []);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => event.key === "Escape" && stop.current?.abort();
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  useEffect(() => end.current?.scrollIntoView({ block: "end" }), [conversation]);

  /** Asks for an answer below `parent` and shows it as it comes. */
  const answer = async (from: Conversation, parent: number) => {
    const messages = messagesOf(pathTo(from, parent), settings.system);
    const [next, id] = addTurn(from, parent, "assistant");
    setConversation(next);
    setStreaming(id);
    const controller = new AbortController();
    stop.current = controller;
    const started = performance.now();
    let first: number | undefined;
    let count = 0;
    const change = (f: Parameters<typeof changeTurn>[2]) =>
      setConversation((current) => changeTurn(current, id, f));
    try {
      const request = {
        model,
        messages,
        temperature: settings.temperature,
        top_p: settings.topP,
        max_tokens: settings.maxTokens,
        seed: settings.seed === "" ? undefined : Number(settings.seed),
        thinking: settings.thinking,
        probabilities: settings.probabilities,
      };
      for await (const piece of streamAnswer(request, controller.signal)) {
        if (piece.content || piece.reasoning) {
          count++;
          first ??= performance.now();
          const seconds = (performance.now() - first) / 1000;
          if (count > 1 && seconds > 0) setRate(`${((count - 1) / seconds).toFixed(1)} tokens/s`);
        }
        change((turn) => ({
          content: turn.content + (piece.content ?? ""),
          reasoning: turn.reasoning + (piece.reasoning ?? ""),
          toolCalls: piece.toolCalls
            ? addToolCalls(turn.toolCalls, piece.toolCalls)
            : turn.toolCalls,
          // Probabilities are shown of the answer, not of the thinking.
          tokens:
            piece.tokens && !piece.reasoning ? addTokens(turn.tokens, piece.tokens) : turn.tokens,
          ...(piece.finish === "length" ? { problem: "Cut off at the most tokens." } : {}),
        }));
        if (piece.usage) {
          const wait = ((first ?? performance.now()) - started) / 1000;
          const { prompt_tokens, completion_tokens } = piece.usage;
          const stats = `${prompt_tokens} + ${completion_tokens} tokens, first after ${wait.toFixed(2)} s`;
          change(() => ({ stats }));
        }
      }
    } catch (error) {
      const text = (error as Error).message;
      change(() => ({ problem: controller.signal.aborted ? "Stopped." : text }));
    } finally {
      setStreaming(undefined);
      stop.current = undefined;
    }
  };

  /** A user's message below `parent`, and its answer. */
  const ask = (parent: number, text: string) => {
    const [next, id] = addTurn(conversation, parent, "user", text);
    void answer(next, id);
  };

  const shown = shownTurns(conversation);
  return (
    <div class="studio">
      <header>
        <b>onefold</b>
        <select
          aria-label="Model"
          value={model}
          onChange={(event) => setModel(event.currentTarget.value)}
        >
          {models.map((id) => (
            <option key={id}>{id}</option>
          ))}
        </select>
        <output class="rate" aria-label="Throughput">
          {rate}
        </output>
        <nav>
          <button type="button" onClick={() => setConversation(emptyConversation)}>
            New chat
          </button>
          <button
            type="button"
            aria-pressed={page === "status"}
            onClick={() => setPage(page === "chat" ? "status" : "chat")}
          >
            Server
          </button>
          <button
            type="button"
            aria-expanded={isPanelOpen}
            onClick={() => setPanelOpen(!isPanelOpen)}
          >
            Settings
          </button>
        </nav>
      </header>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <div class="body">
        {page === "status" ? (
          <StatusPage models={models} />
        ) : (
          <main class="chat">
            <div class="turns">
              {shown.map((turn) => (
                <Message
                  key={turn.id}
                  turn={turn}
                  siblings={siblingsOf(conversation, turn)}
                  isStreaming={streaming === turn.id}
                  onChoose={(other) => setConversation(choose(conversation, other))}
                  onRegenerate={() => void answer(conversation, turn.parent)}
                  onEdit={(text) => ask(turn.parent, text)}
                />
              ))}
              <div ref={end} />
            </div>
            <Composer
              isStreaming={streaming !== undefined}
              onSend={(text) => ask(shown.at(-1)?.id ?? 0, text)}
              onStop={() => stop.current?.abort()}
            />
          </main>
        )}
        {isPanelOpen && (
          <SettingsPanel
            settings={settings}
            onChange={(next) => {
              setSettings(next);
              saveSettings(next);
            }}
          />
        )}
      </div>
    </div>
  );
}
