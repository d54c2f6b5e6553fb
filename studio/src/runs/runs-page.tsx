/** Training runs: live curves, samples, and what runs have in common and do not. */

import { useEffect, useMemo, useRef } from "preact/hooks";
import { Icon } from "../icons.tsx";
import { MOST_RUNS, type Route, smoothings } from "../route.ts";
import { Swatch } from "./chart.tsx";
import { Charts } from "./charts.tsx";
import { type LineStyle, lineStyles } from "./colours.ts";
import type { Along } from "./curves.ts";
import { groupMeasures, HELD } from "./measures.ts";
import { RunChooser, RunName, StateMark } from "./run-list.tsx";
import { Samples } from "./samples.tsx";
import { FinalTable, SettingsTable } from "./tables.tsx";
import { useRuns } from "./use-runs.ts";
import type { RunWatcher } from "./watcher.ts";

interface Props {
  readonly route: Route;
  readonly onRoute: (change: Partial<Route>) => void;
}

export function RunsPage({ route, onRoute }: Props) {
  const watcher = useRuns(route.runs);
  const styles = useStyles(route.runs);
  const { list, problem } = watcher;
  const newest = list?.data[0]?.name;
  const isAsked = useRef(route.runs.length > 0);
  useEffect(() => {
    if (isAsked.current || newest === undefined) return;
    isAsked.current = true;
    onRoute({ runs: [newest] });
  }, [newest]);
  const toggle = (name: string): void => {
    const { runs } = route;
    const isChosen = runs.includes(name);
    onRoute({
      runs: isChosen ? runs.filter((each) => each !== name) : [...runs, name].slice(0, MOST_RUNS),
    });
  };
  return (
    <main class="runs">
      {problem && (
        <p class="problem top" role="alert">
          {problem}
        </p>
      )}
      {list && list.data.length === 0 && <NoRuns folder={list.folder} />}
      {list && list.data.length > 0 && (
        <>
          <Chooser watcher={watcher} styles={styles} onToggle={toggle} />
          <div class="curves">
            <Toolbar route={route} onRoute={onRoute} />
            <Legend watcher={watcher} styles={styles} onRemove={toggle} />
            <Comparison watcher={watcher} styles={styles} route={route} />
          </div>
        </>
      )}
    </main>
  );
}

/** A run keeps its colour while others come and go. */
function useStyles(runs: readonly string[]): ReadonlyMap<string, LineStyle> {
  const known = useRef(new Map<string, number>());
  const taken = new Map([...known.current].filter(([name]) => runs.includes(name)));
  for (const name of runs) {
    if (taken.has(name)) continue;
    const used = new Set(taken.values());
    taken.set(
      name,
      lineStyles.findIndex((_, i) => !used.has(i)),
    );
  }
  known.current = taken;
  return new Map(runs.map((name) => [name, lineStyles[taken.get(name)!]!]));
}

function NoRuns({ folder }: { readonly folder: string | null }) {
  return (
    <div class="no-runs">
      <h1>No training runs yet</h1>
      {folder === null ? (
        <p>
          This server shows no runs. Start it with <code>--runs DIR</code>, the folder that the
          outputs of your runs are in.
        </p>
      ) : (
        <p>
          This page looks into <code>{folder}</code>. Start a run with{" "}
          <code>onefold train config.yaml</code> and <code>output: {folder}/NAME</code>: its curves
          appear here with its first step.
        </p>
      )}
    </div>
  );
}

interface ShownProps {
  readonly watcher: RunWatcher;
  readonly styles: ReadonlyMap<string, LineStyle>;
}

/** Beside the curves; folded away above them at phone width. */
function Chooser({
  watcher,
  styles,
  onToggle,
}: ShownProps & { readonly onToggle: (name: string) => void }) {
  const isNarrow = useMemo(() => matchMedia("(max-width: 760px)").matches, []);
  return (
    <details class="chooser" open={!isNarrow}>
      <summary>
        Runs <small>{styles.size} shown</small>
      </summary>
      <RunChooser list={watcher.list!} styles={styles} onToggle={onToggle} />
    </details>
  );
}

const axes: readonly (readonly [Along, string])[] = [
  ["steps", "Steps"],
  ["tokens", "Tokens"],
  ["time", "Time"],
];

function Toolbar({ route: { along, smoothing }, onRoute }: Props) {
  return (
    <div class="toolbar">
      <fieldset class="segments">
        <legend class="unseen">Horizontal axis</legend>
        {axes.map(([value, label]) => (
          <label key={value}>
            <input
              type="radio"
              name="along"
              checked={along === value}
              onChange={() => onRoute({ along: value })}
            />
            <span class="segment">{label}</span>
          </label>
        ))}
      </fieldset>
      <label class="smoothing">
        Smoothing
        <input
          type="range"
          min={0}
          max={smoothings.length - 1}
          value={smoothings.indexOf(smoothing)}
          aria-valuetext={smoothing === 1 ? "off" : `${smoothing} steps`}
          onInput={(event) =>
            onRoute({ smoothing: smoothings[event.currentTarget.valueAsNumber]! })
          }
        />
        <output>{smoothing === 1 ? "off" : `${smoothing} steps`}</output>
      </label>
    </div>
  );
}

function Legend({
  watcher,
  styles,
  onRemove,
}: ShownProps & { readonly onRemove: (name: string) => void }) {
  const summaries = new Map(watcher.list?.data.map((run) => [run.name, run]));
  return (
    <ul class="legend" aria-label="Shown runs">
      {Array.from(styles, ([name, style]) => {
        const run = watcher.runs.get(name);
        const summary = summaries.get(name);
        return (
          <li key={name}>
            <Swatch style={style} />
            <RunName name={name} />
            {summary && <StateMark state={summary.state} />}
            {run?.isLoading && <small>reading…</small>}
            {run?.isMissing && <small class="problem">there is no such run</small>}
            <button
              type="button"
              class="quiet"
              aria-label={`Remove ${name}`}
              onClick={() => onRemove(name)}
            >
              <Icon name="close" />
            </button>
          </li>
        );
      })}
      {styles.size === 0 && <li class="note">Choose runs from the list to see their curves.</li>}
    </ul>
  );
}

function Comparison({ watcher, styles, route }: ShownProps & { readonly route: Route }) {
  const runs = route.runs.flatMap((name) => watcher.runs.get(name) ?? []);
  const found = runs.filter(({ isMissing }) => !isMissing);
  const names = found.flatMap(({ metrics, held }) => [
    ...metrics.names,
    ...Array.from(held.names, (name) => HELD + name),
  ]);
  const groups = groupMeasures(names);
  const compared = groups.filter(({ isFolded }) => !isFolded).flatMap(({ measures }) => measures);
  return (
    <>
      <Charts groups={groups} runs={found} styles={styles} route={route} />
      <Samples runs={found} styles={styles} />
      {found.length > 0 && (
        <section class="comparison" aria-label="Comparison">
          <FinalTable runs={found} styles={styles} measures={compared} />
          <SettingsTable key={found.length > 1 ? "many" : "one"} runs={found} styles={styles} />
        </section>
      )}
    </>
  );
}
