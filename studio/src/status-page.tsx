/** What the server holds and does: its models and its metrics, every two seconds. */

import { useEffect, useState } from "preact/hooks";
import { readMetrics } from "./server.ts";
import type { Metric } from "./stream.ts";

export function StatusPage({ models }: { readonly models: readonly string[] }) {
  const [metrics, setMetrics] = useState<readonly Metric[]>([]);
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    const read = () =>
      readMetrics().then(
        (all) => {
          setMetrics(all);
          setProblem(undefined);
        },
        (error: Error) => setProblem(error.message),
      );
    read();
    const timer = setInterval(read, 2000);
    return () => clearInterval(timer);
  }, []);
  return (
    <main class="status">
      <h1>Models</h1>
      <ul>
        {models.map((id) => (
          <li key={id}>{id}</li>
        ))}
      </ul>
      <h1>Server</h1>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <table>
        <tbody>
          {metrics.map(({ name, labels, value, help }) => (
            <tr key={`${name}{${labels}}`}>
              <th scope="row" title={name}>
                {help || name}
                {labels && <small> {labels}</small>}
              </th>
              <td>{formatValue(name, value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </main>
  );
}

/** Bytes as MiB, counts with separators, all else to three digits. */
export function formatValue(name: string, value: number): string {
  if (name.endsWith("_bytes")) return `${(value / 2 ** 20).toFixed(1)} MiB`;
  return Number.isInteger(value) ? value.toLocaleString("en") : value.toPrecision(3);
}
