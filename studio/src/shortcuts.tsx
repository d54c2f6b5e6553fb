/** The keyboard: what keys do, and the list of them. */

import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

/** Single keys, outside of text fields; can be switched off in the settings. */
export type Action =
  | "write"
  | "new"
  | "model"
  | "runs"
  | "tasks"
  | "play"
  | "reports"
  | "labels"
  | "settings"
  | "regenerate"
  | "edit"
  | "previous"
  | "next"
  | "help";

const keys: Readonly<Record<string, readonly [action: Action, says: string]>> = {
  "/": ["write", "Write a message"],
  n: ["new", "New chat"],
  r: ["regenerate", "Regenerate the last answer"],
  e: ["edit", "Edit the last message"],
  "[": ["previous", "Previous version of the last answer"],
  "]": ["next", "Next version of the last answer"],
  m: ["model", "Model and memory"],
  t: ["runs", "Training runs"],
  k: ["tasks", "Tasks"],
  p: ["play", "Games of MTR-Bench"],
  v: ["reports", "Evaluations"],
  l: ["labels", "Variants to label"],
  s: ["settings", "Settings"],
  "?": ["help", "This list"],
};

const always: readonly (readonly [keys: string, says: string])[] = [
  ["Enter", "Send"],
  ["Shift Enter", "New line"],
  ["↑", "Edit the last message, from the empty field"],
  ["Esc", "Stop the answer; close a panel; leave the field"],
  ["← →", "Step through tokens, where probabilities are shown"],
];

/** Calls `onAction` for single keys and `onEscape` for Escape. */
export function useShortcuts(
  isOn: boolean,
  onAction: (action: Action) => void,
  onEscape: () => void,
): void {
  const latest = useRef({ isOn, onAction, onEscape });
  latest.current = { isOn, onAction, onEscape };
  // Together with the focus of the field: no key falls between.
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const { target, key, isComposing } = event;
      if (event.defaultPrevented || isComposing || document.querySelector("dialog[open]")) return;
      if (key === "Escape") {
        latest.current.onEscape();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || !latest.current.isOn) return;
      if (target instanceof Element && target.closest("input, textarea, select")) return;
      const action = Object.hasOwn(keys, key) ? keys[key] : undefined;
      if (!action) return;
      event.preventDefault();
      latest.current.onAction(action[0]);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}

interface Props {
  readonly onClose: () => void;
}

export function ShortcutList({ onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const all = [...always, ...Object.entries(keys).map(([key, [, says]]) => [key, says] as const)];
  return (
    <dialog ref={dialog} class="shortcuts" aria-label="Keyboard" onClose={onClose}>
      <h2>Keyboard</h2>
      <dl>
        {all.map(([names, says]) => (
          <div key={names}>
            <dt>
              {names.split(" ").map((name) => (
                <kbd key={name}>{name}</kbd>
              ))}
            </dt>
            <dd>{says}</dd>
          </div>
        ))}
      </dl>
      <p class="note">Single keys work outside of text fields: press Esc first.</p>
      <form method="dialog">
        <button type="submit" class="primary">
          Close
        </button>
      </form>
    </dialog>
  );
}
