/** Counts of the server in Prometheus' text format (version 0.0.4). */

import type { Call } from "./call.ts";
import type { ModelPool } from "./model-pool.ts";

export interface Metrics {
  count(call: Call, path: string, status: number): void;
  render(pool: ModelPool, active: number): string;
}

/** Seconds. */
const BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

export function createMetrics(): Metrics {
  const requests = new Map<string, number>();
  const tokens = new Map<string, number>();
  const durations = new Map<string, Histogram>();
  const firsts = new Map<string, Histogram>();
  const add = (map: Map<string, number>, key: string, value: number): void => {
    map.set(key, (map.get(key) ?? 0) + value);
  };
  const observe = (map: Map<string, Histogram>, key: string, seconds: number): void => {
    const histogram = map.get(key) ?? { counts: BUCKETS.map(() => 0), sum: 0, count: 0 };
    map.set(key, histogram);
    BUCKETS.forEach((limit, i) => {
      if (seconds <= limit) histogram.counts[i]!++;
    });
    histogram.sum += seconds;
    histogram.count++;
  };
  return {
    count({ notes, started }, path, status) {
      const { model, promptTokens = 0, completionTokens = 0, firstTokenMs } = notes;
      add(requests, labels({ path, status: String(status) }), 1);
      observe(durations, labels({ path }), (performance.now() - started) / 1000);
      if (model === undefined) return;
      add(tokens, labels({ model, kind: "prompt" }), promptTokens);
      add(tokens, labels({ model, kind: "completion" }), completionTokens);
      if (firstTokenMs !== undefined) observe(firsts, labels({ model }), firstTokenMs / 1000);
    },
    render(pool, active) {
      const engines = pool.open.map(({ name, engine }) => ({
        labels: labels({ model: name }),
        stats: engine.stats,
      }));
      const gauge = (name: string, help: string, key: keyof (typeof engines)[0]["stats"]) =>
        family(
          name,
          "gauge",
          help,
          engines.map((each) => [each.labels, each.stats[key]]),
        );
      return [
        family("onefold_requests_total", "counter", "Requests answered.", [...requests]),
        family("onefold_requests_active", "gauge", "Requests being answered.", [["", active]]),
        histograms("onefold_request_seconds", "Time of a request.", durations),
        histograms("onefold_first_token_seconds", "Time to the first part of an answer.", firsts),
        family("onefold_tokens_total", "counter", "Tokens of requests answered.", [...tokens]),
        family("process_resident_memory_bytes", "gauge", "Resident memory.", [
          ["", process.memoryUsage.rss()],
        ]),
        family(
          "onefold_model_loaded",
          "gauge",
          "Whether a model is loaded.",
          pool.names.map((model) => [
            labels({ model }),
            Number(pool.open.some(({ name }) => name === model)),
          ]),
        ),
        gauge("onefold_engine_running", "Answers being computed.", "running"),
        gauge("onefold_engine_waiting", "Answers that wait for a slot.", "waiting"),
        gauge("onefold_engine_slots", "Answers that can be computed at a time.", "slots"),
        gauge("onefold_cache_tokens", "Tokens that the cache holds.", "cachedTokens"),
        gauge(
          "onefold_cache_capacity_tokens",
          "Tokens that the cache has room for.",
          "cacheCapacity",
        ),
        gauge("onefold_cache_bytes", "Memory of the cache.", "cacheBytes"),
        gauge(
          "onefold_engine_reused_tokens",
          "Prompt tokens from the cache.",
          "reusedPromptTokens",
        ),
      ].join("");
    },
  };
}

interface Histogram {
  /** Observations of at most each bucket's limit. */
  readonly counts: number[];
  sum: number;
  count: number;
}

function family(
  name: string,
  type: string,
  help: string,
  samples: readonly (readonly [labels: string, value: number])[],
): string {
  const lines = samples.map(([key, value]) => `${name}${key === "" ? "" : `{${key}}`} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function histograms(name: string, help: string, all: ReadonlyMap<string, Histogram>): string {
  let text = `# HELP ${name} ${help}\n# TYPE ${name} histogram\n`;
  for (const [key, { counts, sum, count }] of all) {
    BUCKETS.forEach((limit, i) => {
      text += `${name}_bucket{${key},le="${limit}"} ${counts[i]}\n`;
    });
    text += `${name}_bucket{${key},le="+Inf"} ${count}\n`;
    text += `${name}_sum{${key}} ${sum}\n${name}_count{${key}} ${count}\n`;
  }
  return text;
}

function labels(values: Readonly<Record<string, string>>): string {
  const quote = (text: string): string =>
    text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
  return Object.entries(values)
    .map(([name, value]) => `${name}="${quote(value)}"`)
    .join(",");
}
