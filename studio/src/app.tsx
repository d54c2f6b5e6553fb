import { useEffect, useState } from "preact/hooks";
import type { Attachment } from "./attachment.ts";
import { Chat } from "./chat.tsx";
import { FIELD } from "./composer.tsx";
import { addTurn, choose, shownTurns, siblingsOf, type Turn } from "./conversation.ts";
import { Icon, Logo } from "./icons.tsx";
import { KeyForm } from "./key-form.tsx";
import { LabelsPage } from "./labels/labels-page.tsx";
import { ModelPage } from "./model-page.tsx";
import { PlayPage } from "./play/play-page.tsx";
import { ReportsPage } from "./reports/reports-page.tsx";
import { RunsPage } from "./runs/runs-page.tsx";
import type { Settings } from "./settings.ts";
import { SettingsPanel } from "./settings-panel.tsx";
import { loadSettings, saveSettings } from "./settings-store.ts";
import { type Action, ShortcutList, useShortcuts } from "./shortcuts.tsx";
import { TasksPage } from "./tasks/tasks-page.tsx";
import { useChat } from "./use-chat.ts";
import { useModels } from "./use-models.ts";
import { useRoute } from "./use-route.ts";

/** For another try where the model's own settings would give the same answer again. */
const LIVELY = 0.8;

/** Pages beside the chat, as the header offers them. */
const PAGES = [
  { page: "tasks", icon: "tasks", label: "Tasks", title: "Tasks", key: "k" },
  { page: "model", icon: "gauge", label: "Model and memory", title: "Model", key: "m" },
  { page: "runs", icon: "curve", label: "Training runs", title: "Runs", key: "t" },
  { page: "play", icon: "play", label: "Games", title: "Play", key: "p" },
  { page: "reports", icon: "report", label: "Evaluations", title: "Reports", key: "v" },
  { page: "labels", icon: "labels", label: "Variants to label", title: "Labels", key: "l" },
] as const;

export function App() {
  const models = useModels();
  const chat = useChat();
  const [settings, setSettings] = useState(loadSettings);
  const [route, setRoute] = useRoute();
  const [isPanelOpen, setPanelOpen] = useState(false);
  const [isHelpOpen, setHelpOpen] = useState(false);
  const [editing, setEditing] = useState<number>();
  const { conversation, streaming } = chat;
  const { chosen: model } = models;
  const { page } = route;
  const turnTo = (other: typeof page) => setRoute({ page: page === other ? "chat" : other });
  const shown = shownTurns(conversation);

  // A model that was loaded by the first message now says more of itself.
  useEffect(() => {
    if (streaming === undefined) void models.connect();
  }, [streaming]);

  const change = (part: Partial<Settings>): void => {
    const next = { ...settings, ...part };
    setSettings(next);
    saveSettings(next);
  };
  const asking = { model: model?.id ?? "", settings };
  /** A user's message below `parent`, and its answer. */
  const ask = (parent: number, text: string, file?: Attachment): void => {
    const [next, id] = addTurn(conversation, parent, "user", text, file && { file });
    void chat.answer(next, id, asking);
  };
  const regenerate = (turn: Turn): void => {
    const isGreedy = (settings.temperature ?? model?.sampling?.temperature ?? 1) === 0;
    const isOpen = settings.temperature === undefined && settings.seed === "";
    const temperature = isGreedy && isOpen ? LIVELY : undefined;
    void chat.answer(conversation, turn.parent, { ...asking, temperature });
  };
  const sendResults = (turn: Turn, results: readonly string[]): void => {
    let [next, parent] = [conversation, turn.id];
    results.forEach((content, i) => {
      const callId = turn.toolCalls[i]!.id;
      [next, parent] = addTurn(next, parent, "tool", content, { callId });
    });
    void chat.answer(next, parent, asking);
  };
  const lastOf = (role: Turn["role"]) => shown.findLast((turn) => turn.role === role);
  const newChat = (): void => {
    setRoute({ page: "chat" });
    setEditing(undefined);
    chat.clear();
    document.getElementById(FIELD)?.focus();
  };
  const editLast = (): void => {
    if (streaming === undefined) setEditing(lastOf("user")?.id);
  };
  const turnVersion = (by: number): void => {
    const turn = lastOf("assistant");
    const siblings = turn ? siblingsOf(conversation, turn) : [];
    const other = siblings[siblings.findIndex(({ id }) => id === turn?.id) + by];
    if (other && streaming === undefined) chat.setConversation(choose(conversation, other));
  };
  const actions: Readonly<Record<Action, () => void>> = {
    write: () => document.getElementById(FIELD)?.focus(),
    new: newChat,
    model: () => turnTo("model"),
    runs: () => turnTo("runs"),
    tasks: () => turnTo("tasks"),
    play: () => turnTo("play"),
    reports: () => turnTo("reports"),
    labels: () => turnTo("labels"),
    settings: () => setPanelOpen(!isPanelOpen),
    regenerate() {
      const turn = lastOf("assistant");
      if (turn && streaming === undefined) regenerate(turn);
    },
    edit: editLast,
    previous: () => turnVersion(-1),
    next: () => turnVersion(1),
    help: () => setHelpOpen(true),
  };
  const onEscape = (): void => {
    if (streaming !== undefined) chat.stop();
    else if (isPanelOpen) setPanelOpen(false);
    else if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  };
  useShortcuts(settings.shortcuts, (action) => actions[action](), onEscape);

  return (
    <div class="studio">
      <header class="top">
        <Logo />
        <b>onefold</b>
        <select
          aria-label="Model"
          value={model?.id ?? ""}
          onChange={(event) => models.choose(event.currentTarget.value)}
        >
          {models.all.map(({ id }) => (
            <option key={id}>{id}</option>
          ))}
        </select>
        <nav aria-label="Studio">
          <button type="button" aria-label="New chat" title="New chat (n)" onClick={newChat}>
            <Icon name="plus" />
            <span>New chat</span>
          </button>
          {PAGES.map(({ page: each, icon, label, title, key }) => (
            <button
              key={each}
              type="button"
              aria-label={label}
              title={`${label} (${key})`}
              aria-pressed={page === each}
              onClick={actions[each]}
            >
              <Icon name={icon} />
              <span>{title}</span>
            </button>
          ))}
          <button
            type="button"
            aria-label="Settings"
            title="Settings (s)"
            aria-expanded={isPanelOpen}
            onClick={actions.settings}
          >
            <Icon name="sliders" />
            <span>Settings</span>
          </button>
          <button
            type="button"
            class="wide"
            aria-label="Keyboard"
            title="Keyboard (?)"
            onClick={actions.help}
          >
            <Icon name="keys" />
          </button>
        </nav>
      </header>
      {models.problem && (
        <p class="problem top" role="alert">
          {models.problem}
          <button type="button" onClick={() => void models.connect()}>
            Try again
          </button>
        </p>
      )}
      {models.needsKey ? (
        <KeyForm onKey={models.unlock} />
      ) : (
        <div class="body">
          {page === "model" && <ModelPage />}
          {page === "runs" && <RunsPage route={route} onRoute={setRoute} />}
          {page === "tasks" && <TasksPage model={model?.id ?? ""} />}
          {page === "play" && <PlayPage />}
          {page === "reports" && <ReportsPage route={route} onRoute={setRoute} />}
          {page === "labels" && (
            <LabelsPage route={route} onRoute={setRoute} hasKeys={settings.shortcuts} />
          )}
          {page === "chat" && (
            <Chat
              chat={chat}
              shown={shown}
              model={model}
              settings={settings}
              editing={editing}
              onEditing={setEditing}
              onSettings={change}
              onAsk={ask}
              onRegenerate={regenerate}
              onResults={sendResults}
              onEditLast={editLast}
            />
          )}
          {isPanelOpen && (
            <SettingsPanel
              settings={settings}
              model={model}
              onChange={change}
              onClose={() => setPanelOpen(false)}
            />
          )}
        </div>
      )}
      {isHelpOpen && <ShortcutList onClose={() => setHelpOpen(false)} />}
    </div>
  );
}
