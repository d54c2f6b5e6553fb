/** Labels: people judge variants on the rubric's three axes, a key each. */

import { useEffect, useRef } from "preact/hooks";
import { axes } from "../../../src/evaluate/sage/axes.ts";
import { questions } from "../../../src/evaluate/sage/judging.ts";
import type { Route } from "../route.ts";
import { AgreementTable } from "./agreement-table.tsx";
import type { Content } from "./api.ts";
import { labelledBy } from "./order.ts";
import { type Sitting, useLabels } from "./use-labels.ts";

interface Props {
  readonly route: Route;
  readonly onRoute: (change: Partial<Route>) => void;
  /** Whether single keys do something. */
  readonly hasKeys: boolean;
}

export function LabelsPage({ route, onRoute, hasKeys }: Props) {
  const sitting = useLabels(route.file);
  const { files, opened, variant, problem } = sitting;
  useKeys(hasKeys, sitting);
  if (files && files.data.length === 0 && route.file === "")
    return <NoFiles folder={files.folder} />;
  return (
    <main class="labels">
      <form class="sitting" onSubmit={(event) => event.preventDefault()}>
        <label>
          Variants
          <select
            aria-label="File of variants"
            value={route.file}
            onChange={(event) => onRoute({ file: event.currentTarget.value })}
          >
            <option value="">choose a file</option>
            {files?.data.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          Your name
          <input
            value={sitting.annotator}
            maxLength={100}
            onChange={(event) => sitting.rename(event.currentTarget.value.trim())}
          />
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={sitting.showsAnswers}
            onChange={(event) => sitting.setShown(event.currentTarget.checked)}
          />
          Show claimed answers
        </label>
      </form>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {opened && <ProgressLine sitting={sitting} />}
      {opened && variant && <Judge sitting={sitting} />}
      {opened && opened.agreement.length > 0 && <AgreementTable rows={opened.agreement} />}
    </main>
  );
}

function NoFiles({ folder }: { readonly folder: string | null }) {
  return (
    <main class="labels">
      <div class="no-files">
        <h1>No variants to label</h1>
        {folder === null ? (
          <p>
            This server shows no files. Start it with <code>--work DIR</code>, the folder that your
            variants are in.
          </p>
        ) : (
          <p>
            This page looks into <code>{folder}</code> for <code>.jsonl</code> files of variants, as{" "}
            <code>onefold sage build</code> writes them.
          </p>
        )}
      </div>
    </main>
  );
}

function ProgressLine({ sitting: { opened, annotator, variant } }: { readonly sitting: Sitting }) {
  const { variants, labels } = opened!;
  const done = labelledBy(opened!, annotator).size;
  return (
    <>
      <progress aria-label="Labelled" max={Math.max(1, variants.length)} value={done} />
      <p role="status">
        {done} of {variants.length} labelled
        {annotator && ` by ${annotator}`}, kept in {labels}.
        {!variant && done === variants.length && " All done."}
      </p>
    </>
  );
}

/** Source and variant side by side, and the axes below them. */
function Judge({ sitting }: { readonly sitting: Sitting }) {
  const { variant, judging, note, press, skip } = sitting;
  const { given, isAnswerShown } = judging!;
  return (
    <>
      <div class="pair">
        <Item title="Source" content={variant!.source} marked="right" />
        <Item
          title={`Variant: ${variant!.type}`}
          content={variant!}
          marked={isAnswerShown ? "claimed" : undefined}
        />
      </div>
      <ol class="axes" aria-label="Axes">
        {axes.map((axis, i) => (
          <li key={axis} aria-current={i === given.length ? "step" : undefined}>
            <span>{questions[axis]}</span>
            {axis === "type" && variant!.definition && <small>{variant!.definition}</small>}
            {i < given.length && <b>{given[i] ? "yes" : "no"}</b>}
            {i === given.length && (
              <span>
                <button type="button" onClick={() => press("y")}>
                  Yes <kbd>y</kbd>
                </button>
                <button type="button" onClick={() => press("n")}>
                  No <kbd>n</kbd>
                </button>
              </span>
            )}
          </li>
        ))}
      </ol>
      <p class="note" aria-live="polite">
        {note}
      </p>
      <div class="tools">
        <button type="button" disabled={isAnswerShown} onClick={() => press("c")}>
          Claimed answer <kbd>c</kbd>
        </button>
        <button type="button" onClick={() => press("u")}>
          Undo <kbd>u</kbd>
        </button>
        <button type="button" onClick={() => void skip()}>
          Skip <kbd>s</kbd>
        </button>
      </div>
    </>
  );
}

interface ItemProps {
  readonly title: string;
  readonly content: Content;
  /** What the labelled choice is called; undefined: it is not shown. */
  readonly marked: string | undefined;
}

function Item({ title, content: { question, choices, label }, marked }: ItemProps) {
  return (
    <section class="card" aria-label={title}>
      <h2>{title}</h2>
      <p class="question">{question}</p>
      <ol type="A">
        {choices.map((choice, i) => (
          <li key={i} class={marked && i === label ? "marked" : undefined}>
            {choice} {marked && i === label && <small>{marked}</small>}
          </li>
        ))}
      </ol>
    </section>
  );
}

/** Before the studio's own keys: n and s mean something else here. */
function useKeys(isOn: boolean, sitting: Sitting): void {
  const latest = useRef(sitting);
  latest.current = sitting;
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const { target, key, isComposing } = event;
      if (!isOn || isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.repeat || document.querySelector("dialog[open]")) return;
      if (target instanceof Element && target.closest("input, textarea, select")) return;
      const { opened, press, skip } = latest.current;
      if (!opened) return;
      if (key === "s") void skip();
      else if (key === "y" || key === "n" || key === "c" || key === "u") press(key);
      else return;
      event.preventDefault();
    };
    document.addEventListener("keydown", onKey, { capture: true });
    return () => document.removeEventListener("keydown", onKey, { capture: true });
  }, [isOn]);
}
