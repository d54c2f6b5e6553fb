/** Where an instruction is written, and what is wrong with it. */

import { useRef } from "preact/hooks";
import type { Problem } from "./api.ts";

interface Props {
  readonly text: string;
  readonly problem: Problem | undefined;
  readonly onText: (text: string) => void;
  /** Ctrl+Enter. */
  readonly onRun: () => void;
}

export function InstructionField({ text, problem, onText, onRun }: Props) {
  const field = useRef<HTMLTextAreaElement>(null);
  const goTo = (position: number): void => {
    field.current?.focus();
    field.current?.setSelectionRange(position, Math.min(text.length, position + 1));
  };
  return (
    <div class="instruction">
      <label for="instruction">Instruction</label>
      <textarea
        ref={field}
        id="instruction"
        class="code"
        rows={2}
        spellcheck={false}
        value={text}
        aria-invalid={problem !== undefined}
        aria-describedby={problem ? "instruction-problem" : "instruction-note"}
        onInput={(event) => onText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            onRun();
          }
        }}
      />
      {problem ? (
        <div class="wrong" id="instruction-problem" role="status">
          <Place text={text} position={problem.position} />
          <span class="problem">{problem.message}</span>
          <button type="button" class="quiet" onClick={() => goTo(problem.position)}>
            Go there
          </button>
        </div>
      ) : (
        <small id="instruction-note">
          What is read {"->"} what is written. Ctrl+Enter runs it.
        </small>
      )}
    </div>
  );
}

/** Characters shown on either side of the place. */
const AROUND = 24;

/** A stretch of the instruction with a caret below the place. */
function Place({ text, position }: { readonly text: string; readonly position: number }) {
  const start = Math.max(0, position - AROUND);
  const cut = start > 0 ? "…" : "";
  const line = text.slice(start, position + AROUND).replaceAll(/\s/g, " ");
  return (
    <pre aria-hidden="true">
      {cut}
      {line}
      {"\n"}
      <b>{`${" ".repeat(cut.length + position - start)}^`}</b>
    </pre>
  );
}
