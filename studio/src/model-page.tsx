/** What the server and its models hold and do, read every second. */

import { useEffect, useRef, useState } from "preact/hooks";
import { contextsUpTo, formatBytes, formatCount, formatNumber, formatTime } from "./format.ts";
import { readStatus } from "./server.ts";
import { Sparkline } from "./sparkline.tsx";
import type { ModelStatus, ServerStatus } from "./status.ts";

/** Seconds of throughput that are drawn. */
const HISTORY = 60;

export function ModelPage() {
  const [status, setStatus] = useState<ServerStatus>();
  const [problem, setProblem] = useState<string>();
  const rates = useRates(status);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    let isGone = false;
    const read = async (): Promise<void> => {
      try {
        if (!document.hidden) setStatus(await readStatus());
        setProblem(undefined);
      } catch (error) {
        setProblem((error as Error).message);
      }
      if (!isGone) timer = setTimeout(read, 1000);
    };
    void read();
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, []);
  return (
    <main class="status">
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {status && (
        <section class="tiles" aria-label="Server">
          <Tile label="Resident memory" value={formatBytes(status.memory.resident_bytes)}>
            <Meter
              label={`${percent(status.memory)} % of this machine's`}
              part={status.memory.resident_bytes / status.memory.total_bytes}
            />
          </Tile>
          <Tile label="Free memory" value={formatBytes(status.memory.free_bytes)}>
            of {formatBytes(status.memory.total_bytes)}
          </Tile>
          <Tile label="Requests now" value={formatNumber(status.active_requests)} />
          <Tile label="Running for" value={formatTime(status.uptime_seconds)} />
        </section>
      )}
      {status?.models.map((model) => (
        <ModelCard key={model.id} model={model} rates={rates.get(model.id) ?? []} />
      ))}
    </main>
  );
}

const percent = (memory: ServerStatus["memory"]): string =>
  ((100 * memory.resident_bytes) / memory.total_bytes).toFixed(1);

/** Tokens a second of each model, newest last. */
function useRates(status: ServerStatus | undefined): ReadonlyMap<string, readonly number[]> {
  const last = useRef(new Map<string, { readonly at: number; readonly tokens: number }>());
  const [rates, setRates] = useState<ReadonlyMap<string, readonly number[]>>(new Map());
  useEffect(() => {
    if (!status) return;
    const at = performance.now();
    setRates((known) => {
      const next = new Map(known);
      for (const { id, tokens } of status.models) {
        if (!tokens) continue;
        const before = last.current.get(id);
        last.current.set(id, { at, tokens: tokens.generated });
        if (!before) continue;
        const rate = (1000 * (tokens.generated - before.tokens)) / (at - before.at);
        next.set(id, [...(known.get(id) ?? []), Math.max(rate, 0)].slice(-HISTORY));
      }
      return next;
    });
  }, [status]);
  return rates;
}

interface CardProps {
  readonly model: ModelStatus;
  readonly rates: readonly number[];
}

function ModelCard({ model, rates }: CardProps) {
  const { id, loaded, cache, tokens, slots = 0, running = 0, waiting = 0 } = model;
  return (
    <section class="card" aria-label={id}>
      <h2>
        {id}
        <small class={loaded ? "badge on" : "badge"}>{loaded ? "loaded" : "not loaded"}</small>
      </h2>
      {loaded && cache && tokens ? (
        <>
          <p class="facts">{factsOf(model).join(" · ")}</p>
          <div class="tiles">
            <Tile label="Throughput" value={`${(rates.at(-1) ?? 0).toFixed(1)} tokens/s`}>
              <Sparkline values={rates} length={HISTORY} />
            </Tile>
            <Tile label="Slots in use" value={`${running} of ${slots}`}>
              <span class="slots" aria-hidden="true">
                {Array.from({ length: Math.min(slots, 64) }, (_, i) => (
                  <i key={i} class={i < running ? "busy" : ""} />
                ))}
              </span>
              {waiting > 0 && `${waiting} waiting`}
            </Tile>
            <Tile label="KV cache" value={formatBytes(cache.bytes)}>
              <Meter
                label={`${formatNumber(cache.tokens)} of ${formatNumber(cache.capacity_tokens)} tokens`}
                part={cache.capacity_tokens > 0 ? cache.tokens / cache.capacity_tokens : 0}
              />
            </Tile>
            <Tile label="Tokens generated" value={formatNumber(tokens.generated)}>
              {formatNumber(tokens.prompt)} read, {formatNumber(tokens.reused)} from the cache
            </Tile>
          </div>
          <div class="tables">
            <WeightTable model={model} />
            <CacheTable model={model} />
          </div>
        </>
      ) : (
        <p class="facts">It loads with the first request for it.</p>
      )}
    </section>
  );
}

const factsOf = ({ model_type, parameters, layers, hidden_size, ...rest }: ModelStatus) => [
  ...(model_type ? [model_type] : []),
  ...(parameters ? [`${formatCount(parameters)} parameters`] : []),
  ...(layers ? [`${layers} layers`] : []),
  ...(hidden_size ? [`width ${formatNumber(hidden_size)}`] : []),
  ...(rest.vocabulary ? [`vocabulary ${formatNumber(rest.vocabulary)}`] : []),
  ...(rest.context_length ? [`context ${formatNumber(rest.context_length)}`] : []),
];

function WeightTable({ model: { weights = [] } }: { readonly model: ModelStatus }) {
  const largest = Math.max(...weights.map(({ bytes }) => bytes), 1);
  // Parameters that are widened when they are read.
  const isShort = ({ dtype }: { readonly dtype: string }) => /^b?f16$/.test(dtype);
  const short = weights.filter(isShort).reduce((sum, group) => sum + group.parameters, 0);
  return (
    <table>
      <caption>Weights, as stored</caption>
      <thead>
        <tr>
          <th scope="col">Type</th>
          <th scope="col">Parameters</th>
          <th scope="col">Memory</th>
        </tr>
      </thead>
      <tbody>
        {weights.map(({ dtype, parameters, bytes }) => (
          <tr key={dtype} style={{ "--part": bytes / largest }}>
            <th scope="row">{dtype}</th>
            <td>{formatCount(parameters)}</td>
            <td>{formatBytes(bytes)}</td>
          </tr>
        ))}
      </tbody>
      {short > 0 && (
        <tfoot>
          <tr>
            <td colSpan={3}>
              Floats are computed in f32: {formatBytes(4 * short)} while the model is loaded
            </td>
          </tr>
        </tfoot>
      )}
    </table>
  );
}

function CacheTable({
  model: { cache, context_length: limit = 0, slots = 1 },
}: {
  readonly model: ModelStatus;
}) {
  if (!cache || cache.capacity_tokens === 0) return null;
  const perToken = cache.bytes / cache.capacity_tokens;
  return (
    <table>
      <caption>KV cache by context ({formatBytes(perToken)} a token)</caption>
      <thead>
        <tr>
          <th scope="col">Tokens</th>
          <th scope="col">One answer</th>
          <th scope="col">{slots} slots</th>
        </tr>
      </thead>
      <tbody>
        {contextsUpTo(limit).map((length) => (
          <tr key={length} style={{ "--part": length / limit }}>
            <th scope="row">{formatNumber(length)}</th>
            <td>{formatBytes(perToken * length)}</td>
            <td>{formatBytes(perToken * length * slots)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface TileProps {
  readonly label: string;
  readonly value: string;
  readonly children?: preact.ComponentChildren;
}

function Tile({ label, value, children }: TileProps) {
  return (
    <div class="tile">
      <span>{label}</span>
      <b>{value}</b>
      {children && <small>{children}</small>}
    </div>
  );
}

/** @param part from 0 to 1 */
function Meter({ label, part }: { readonly label: string; readonly part: number }) {
  return (
    <>
      <span class="meter" style={{ "--part": Math.min(part, 1).toFixed(4) }} />
      {label}
    </>
  );
}
