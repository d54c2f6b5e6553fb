/** The messages that are shown, and the field below them. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Attachment } from "./attachment.ts";
import { Composer } from "./composer.tsx";
import { choose, siblingsOf, type Turn } from "./conversation.ts";
import { Icon } from "./icons.tsx";
import { Message } from "./message.tsx";
import type { Settings } from "./settings.ts";
import type { ModelStatus } from "./status.ts";
import type { useChat } from "./use-chat.ts";
import { Welcome } from "./welcome.tsx";

interface Props {
  readonly chat: ReturnType<typeof useChat>;
  readonly shown: readonly Turn[];
  readonly model: ModelStatus | undefined;
  readonly settings: Settings;
  readonly editing: number | undefined;
  readonly onEditing: (id: number | undefined) => void;
  readonly onSettings: (change: Partial<Settings>) => void;
  readonly onAsk: (parent: number, text: string, file?: Attachment) => void;
  readonly onRegenerate: (turn: Turn) => void;
  readonly onResults: (turn: Turn, results: readonly string[]) => void;
  readonly onEditLast: () => void;
}

export function Chat(props: Props) {
  const { chat, shown, model, settings, editing } = props;
  const { conversation, streaming } = chat;
  const { list, isAtEnd, toEnd, onScroll } = useEnd(shown);
  const last = shown.at(-1);
  const ask = (text: string, file?: Attachment): void => {
    toEnd();
    props.onAsk(last?.id ?? 0, text, file);
  };
  return (
    <main class="chat">
      <div ref={list} class="turns" onScroll={onScroll}>
        {shown.length === 0 && <Welcome model={model} onAsk={ask} />}
        {shown.map((turn) => (
          <Message
            key={turn.id}
            turn={turn}
            siblings={siblingsOf(conversation, turn)}
            isStreaming={streaming === turn.id}
            isLast={turn === last}
            isEditing={editing === turn.id}
            onChoose={(other) => chat.setConversation(choose(conversation, other))}
            onRegenerate={() => props.onRegenerate(turn)}
            onEditing={(isEditing) => props.onEditing(isEditing ? turn.id : undefined)}
            onEdit={(text) => props.onAsk(turn.parent, text, turn.file)}
            onResults={(results) => props.onResults(turn, results)}
          />
        ))}
      </div>
      {!isAtEnd && (
        <button type="button" class="to-end" aria-label="To the end" onClick={toEnd}>
          <Icon name="down" />
        </button>
      )}
      <Announcer turn={last} isStreaming={streaming !== undefined} />
      <Composer
        model={model?.id ?? ""}
        isStreaming={streaming !== undefined}
        canThink={model?.can_think ?? false}
        takesFiles={model?.takes_files ?? false}
        settings={settings}
        rate={chat.rate}
        onSettings={props.onSettings}
        onSend={ask}
        onStop={chat.stop}
        onEditLast={props.onEditLast}
      />
    </main>
  );
}

/** Keeps the end of the list in sight, unless the reader has scrolled away from it. */
function useEnd(shown: readonly Turn[]) {
  const list = useRef<HTMLDivElement>(null);
  const [isAtEnd, setAtEnd] = useState(true);
  const toEnd = (): void => setAtEnd(true);
  useLayoutEffect(() => {
    const { current } = list;
    if (current && isAtEnd && shown.length > 0) current.scrollTop = current.scrollHeight;
  }, [shown, isAtEnd]);
  const onScroll = ({ currentTarget: box }: { readonly currentTarget: HTMLElement }): void =>
    setAtEnd(box.scrollHeight - box.scrollTop - box.clientHeight < 60);
  return { list, isAtEnd, toEnd, onScroll };
}

interface AnnouncerProps {
  readonly turn: Turn | undefined;
  readonly isStreaming: boolean;
}

/** Tells screen readers that an answer is under way, and the answer once it is whole. */
function Announcer({ turn, isStreaming }: AnnouncerProps) {
  const [text, setText] = useState("");
  const wasStreaming = useRef(false);
  useEffect(() => {
    if (isStreaming) setText("Answering…");
    else if (wasStreaming.current) setText(`Answer: ${turn?.content.slice(0, 1000)}`);
    wasStreaming.current = isStreaming;
  }, [isStreaming]);
  return (
    <p class="unseen" role="status">
      {text}
    </p>
  );
}
