/** Evaluations: every item of a run, or what differs between two. */

import { useEffect, useState } from "preact/hooks";
import type { Route } from "../route.ts";
import { RunName } from "../runs/run-list.tsx";
import { listReports, type Report, type ReportList, readPage } from "./api.ts";

interface Props {
  readonly route: Route;
  readonly onRoute: (change: Partial<Route>) => void;
}

export function ReportsPage({ route: { reports: chosen }, onRoute }: Props) {
  const [list, setList] = useState<ReportList>();
  const [page, setPage] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const tell = (error: Error): void => setProblem(error.message);
  useEffect(() => {
    listReports().then(setList).catch(tell);
  }, []);
  const key = chosen.join("\n");
  useEffect(() => {
    setPage(undefined);
    setProblem(undefined);
    if (chosen.length === 0) return;
    let isCurrent = true;
    readPage(chosen)
      .then((text) => isCurrent && setPage(text))
      .catch((error: Error) => isCurrent && tell(error));
    return () => {
      isCurrent = false;
    };
  }, [key]);
  const toggle = (name: string): void => {
    const others = chosen.filter((each) => each !== name);
    // A third takes the place of the second: the first is what runs are compared with.
    const [first] = others;
    const next = chosen.includes(name) ? others : first === undefined ? [name] : [first, name];
    onRoute({ reports: next });
  };
  if (list && list.data.length === 0) return <NoReports folder={list.folder} />;
  return (
    <main class="reports">
      <aside>
        <h1>Evaluations</h1>
        <p class="note">One shows its items; a second is compared with the first.</p>
        <ul aria-label="Evaluations">
          {list?.data.map((report) => (
            <li key={report.name}>
              <label>
                <input
                  type="checkbox"
                  checked={chosen.includes(report.name)}
                  onChange={() => toggle(report.name)}
                />
                <About report={report} />
              </label>
            </li>
          ))}
        </ul>
      </aside>
      <div class="report">
        {chosen.length === 2 && (
          <p>
            <b>{chosen[1]}</b> against <b>{chosen[0]}</b>{" "}
            <button
              type="button"
              class="quiet"
              onClick={() => onRoute({ reports: [...chosen].reverse() })}
            >
              The other way round
            </button>
          </p>
        )}
        {problem && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        {chosen.length > 0 && page === undefined && !problem && <p role="status">reading…</p>}
        {page !== undefined && (
          // What models wrote is in it: it runs apart, with an origin of its own that reaches nothing.
          <iframe
            title={chosen.length === 2 ? "What differs" : "Report"}
            sandbox="allow-scripts"
            srcdoc={page}
          />
        )}
      </div>
    </main>
  );
}

/** Metrics of a run in the list. */
const MOST_SHOWN = 3;

function About({
  report: { name, model, date, tasks, is_complete, metrics },
}: {
  readonly report: Report;
}) {
  const shown = metrics.slice(0, MOST_SHOWN);
  return (
    <span>
      <RunName name={name} />
      <small>
        {model ?? "not ended"} · {new Date(date * 1000).toLocaleString()}
      </small>
      <small>
        {tasks.slice(0, MOST_SHOWN).join(", ")}
        {tasks.length > MOST_SHOWN && ` and ${tasks.length - MOST_SHOWN} more`}
      </small>
      {shown.map(({ task, metric, value }) => (
        <small key={`${task} ${metric}`}>
          {tasks.length > 1 && `${task} `}
          {metric.replace(/,none$/, "")} {value?.toFixed(4) ?? "-"}
        </small>
      ))}
      {is_complete === false && <small class="problem">items failed</small>}
    </span>
  );
}

function NoReports({ folder }: { readonly folder: string | null }) {
  return (
    <main class="reports">
      <div class="no-reports">
        <h1>No evaluations yet</h1>
        {folder === null ? (
          <p>
            This server shows none. Start it with <code>--work DIR</code>, the folder that the
            outputs of <code>onefold eval</code> are in.
          </p>
        ) : (
          <p>
            This page looks into <code>{folder}</code> for what <code>onefold eval</code> writes,
            which is <code>runs/eval</code> unless <code>--out</code> says otherwise.
          </p>
        )}
      </div>
    </main>
  );
}
