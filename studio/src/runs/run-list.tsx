/** All runs that the server finds, to choose from. */

import { useState } from "preact/hooks";
import { MOST_RUNS } from "../route.ts";
import type { RunList, RunSummary } from "./api.ts";
import { formatValue } from "./axis.ts";
import { Swatch } from "./chart.tsx";
import type { LineStyle } from "./colours.ts";

interface Props {
  readonly list: RunList;
  readonly styles: ReadonlyMap<string, LineStyle>;
  readonly onToggle: (name: string) => void;
}

/** Shown before the filter is used. */
const MOST_SHOWN = 200;

export function RunChooser({ list: { data, now }, styles, onToggle }: Props) {
  const [filter, setFilter] = useState("");
  const words = filter.toLowerCase().split(/\s+/);
  const found = data.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
  const isFull = styles.size >= MOST_RUNS;
  return (
    <>
      <input
        type="search"
        aria-label="Filter runs"
        placeholder={data.length === 1 ? "Filter" : `Filter ${data.length} runs`}
        value={filter}
        onInput={(event) => setFilter(event.currentTarget.value)}
      />
      <ul aria-label="Runs">
        {found.slice(0, MOST_SHOWN).map((run) => {
          const style = styles.get(run.name);
          return (
            <li key={run.name}>
              <label class={style ? "chosen" : ""}>
                <input
                  type="checkbox"
                  checked={style !== undefined}
                  disabled={isFull && !style}
                  onChange={() => onToggle(run.name)}
                />
                <span>
                  <RunName name={run.name} />
                  <small>
                    <StateMark state={run.state} /> · {ageOf(now - run.modified)} ago
                  </small>
                  <small>{about(run)}</small>
                </span>
                {style && <Swatch style={style} />}
              </label>
            </li>
          );
        })}
      </ul>
      {found.length === 0 && <p class="note">No run has that in its name.</p>}
      {found.length > MOST_SHOWN && (
        <p class="note">{found.length - MOST_SHOWN} more: filter them.</p>
      )}
      {isFull && <p class="note">{MOST_RUNS} runs are compared at most.</p>}
    </>
  );
}

/** The folders above it in small. */
export function RunName({ name }: { readonly name: string }) {
  const cut = name.lastIndexOf("/") + 1;
  return (
    <span class="name">
      {cut > 0 && <i>{name.slice(0, cut)}</i>}
      <b>{name.slice(cut)}</b>
    </span>
  );
}

export function StateMark({ state }: { readonly state: RunSummary["state"] }) {
  return <span class={`state ${state}`}>{state}</span>;
}

function about({ step, loss }: RunSummary): string {
  const parts = [
    ...(step === null ? [] : [`step ${step.toLocaleString("en")}`]),
    ...(loss === null ? [] : [`loss ${formatValue(loss)}`]),
  ];
  return parts.join(" · ");
}

/** @example ageOf(4000) // "1 h" */
function ageOf(seconds: number): string {
  const units = [
    [86_400, "d"],
    [3600, "h"],
    [60, "min"],
  ] as const;
  const [size, unit] = units.find(([each]) => seconds >= each) ?? [1, "s"];
  return `${Math.max(0, Math.floor(seconds / size))} ${unit}`;
}
