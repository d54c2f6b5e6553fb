/**
 * What a large evaluation holds: how full an endpoint's concurrency is kept, and the most memory of
 * a run over many items. The endpoint is a server of this process.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  createEndpointModel,
  defineTask,
  type EvalModel,
  evaluate,
  writeReport,
  writeResults,
} from "../src/evaluate/index.ts";

const [requests = "1600", items = "100000"] = process.argv.slice(2);
const CONCURRENCY = 16;
const LATENCY_MS = 250; // of a short answer

const task = (count: number) =>
  defineTask({
    name: "load",
    kind: "generate_until",
    size: count,
    *items() {
      for (let i = 0; i < count; i++) {
        const question = `${i}: ${"what comes behind these words of a question? ".repeat(8)}`;
        yield {
          id: String(i),
          doc: { question, answer: String(i % 7) },
          tags: { group: `g${i % 5}` },
        };
      }
    },
    text: ({ question }) => String(question),
    target: ({ answer }) => String(answer),
  });

/** In flight at the endpoint, over time, as a share of the limit. */
async function fullness(count: number, out: string): Promise<number> {
  let [inFlight, area, last, first] = [0, 0, 0, 0];
  const change = (by: number): void => {
    const now = performance.now();
    first ||= now;
    area += inFlight * (now - (last || now));
    last = now;
    inFlight += by;
  };
  const server = createServer(async (request, response) => {
    change(1);
    request.resume();
    await sleep(LATENCY_MS);
    change(-1);
    response.end(JSON.stringify({ choices: [{ text: "3", finish_reason: "stop" }] }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  using model = createEndpointModel({ url, model: "m", concurrency: CONCURRENCY });
  await evaluate({ model, tasks: [task(count)], out });
  server.close();
  return area / (last - first) / CONCURRENCY;
}

/** A model that costs nothing: what is left is the harness. */
const idle: EvalModel = {
  name: "idle",
  identity: "idle",
  concurrency: 8,
  generate: async (all) =>
    all.map(() => ({ text: "3", finishReason: "stop", promptTokens: 1, completionTokens: 1 })),
  usage: () => ({ requests: 0, promptTokens: 0, completionTokens: 0, retries: 0 }),
  [Symbol.dispose]() {},
};

const folder = await mkdtemp(join(tmpdir(), "onefold-load-"));
const share = await fullness(Number(requests), join(folder, "endpoint"));
console.log(
  `endpoint: ${(100 * share).toFixed(1)} % of ${CONCURRENCY} requests at a time, ${LATENCY_MS} ms each`,
);
const start = performance.now();
const out = join(folder, "many");
const evaluation = await evaluate({ model: idle, tasks: [task(Number(items))], out });
await writeResults(out, idle, evaluation);
await writeReport(join(out, "report.html"), out, evaluation);
const seconds = (performance.now() - start) / 1000;
const megabytes = process.resourceUsage().maxRSS / 1024;
console.log(`${items} items: ${megabytes.toFixed(0)} MB at most, ${seconds.toFixed(1)} s`);
await rm(folder, { recursive: true });
