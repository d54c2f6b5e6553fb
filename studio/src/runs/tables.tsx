/** Runs side by side: last and best values, and the settings in which they differ. */

import { useState } from "preact/hooks";
import { formatCount } from "../format.ts";
import { formatDuration, formatValue } from "./axis.ts";
import { Swatch } from "./chart.tsx";
import type { LineStyle } from "./colours.ts";
import type { Measure } from "./measures.ts";
import { HELD } from "./measures.ts";
import { RunName } from "./run-list.tsx";
import { settingRows } from "./settings-rows.ts";
import type { RunData } from "./watcher.ts";

interface Props {
  readonly runs: readonly RunData[];
  readonly styles: ReadonlyMap<string, LineStyle>;
}

const RunHead = ({ name, style }: { readonly name: string; readonly style: LineStyle }) => (
  <th scope="col">
    <Swatch style={style} />
    <RunName name={name} />
  </th>
);

function Heads({ runs, styles, label }: Props & { readonly label: string }) {
  return (
    <thead>
      <tr>
        <th scope="col">{label}</th>
        {runs.map(({ name }) => (
          <RunHead key={name} name={name} style={styles.get(name)!} />
        ))}
      </tr>
    </thead>
  );
}

/** Of each measure the last value; of held-out ones also the best. */
export function FinalTable({
  runs,
  styles,
  measures,
}: Props & { readonly measures: readonly Measure[] }) {
  const row = (label: string, cells: readonly string[]) => (
    <tr key={label}>
      <th scope="row">{label}</th>
      {cells.map((cell, i) => (
        <td key={runs[i]!.name}>{cell}</td>
      ))}
    </tr>
  );
  const totals = runs.map(({ metrics }) => metrics.totals);
  return (
    <section class="wide-table" aria-label="Last values">
      <table>
        <caption>Last values</caption>
        <Heads runs={runs} styles={styles} label="Measure" />
        <tbody>
          {row(
            "Step",
            totals.map(({ step }) => step.toLocaleString("en")),
          )}
          {row(
            "Tokens",
            totals.map(({ tokens }) => formatCount(tokens)),
          )}
          {row(
            "Time of steps",
            totals.map(({ seconds }) => formatDuration(seconds)),
          )}
          {measures.map(({ name, label }) =>
            row(
              label,
              runs.map((run) => lastAndBest(run, name)),
            ),
          )}
        </tbody>
      </table>
    </section>
  );
}

/** @example "0.1573 (best 0.1411 at 900)" */
function lastAndBest({ metrics, held }: RunData, name: string): string {
  const isHeld = name.startsWith(HELD);
  const points = isHeld
    ? held.series(name.slice(HELD.length), "steps")
    : metrics.series(name, "steps");
  const last = points.at(-1);
  if (!last) return "–";
  if (!isHeld) return formatValue(last.y);
  const sign = name === `${HELD}loss` ? -1 : 1;
  const best = points.reduce((most, each) => (sign * each.y > sign * most.y ? each : most));
  const isLast = best.y === last.y;
  const note = isLast ? "" : ` (best ${formatValue(best.y)} at ${best.step.toLocaleString("en")})`;
  return `${formatValue(last.y)}${note}`;
}

export function SettingsTable({ runs, styles }: Props) {
  const [isWhole, setWhole] = useState(runs.length < 2);
  const rows = settingRows(runs.map(({ settings }) => settings));
  if (rows.length === 0) return null;
  const shown = isWhole ? rows : rows.filter(({ differs }) => differs);
  return (
    <section class="wide-table" aria-label="Settings">
      <table>
        <caption>
          Settings
          {runs.length > 1 && (
            <label class="check">
              <input
                type="checkbox"
                checked={!isWhole}
                onInput={(event) => setWhole(!event.currentTarget.checked)}
              />
              only those that differ
            </label>
          )}
        </caption>
        <Heads runs={runs} styles={styles} label="Option" />
        <tbody>
          {shown.map(({ key, values, differs }) => (
            <tr key={key} class={differs && runs.length > 1 ? "differs" : ""}>
              <th scope="row">
                <code>{key}</code>
              </th>
              {values.map((value, i) => (
                <td key={runs[i]!.name}>{value}</td>
              ))}
            </tr>
          ))}
          {shown.length === 0 && (
            <tr>
              <td colSpan={runs.length + 1}>
                The runs that have a checkpoint have the same settings.
              </td>
            </tr>
          )}
        </tbody>
      </table>
    </section>
  );
}
