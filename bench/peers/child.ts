/** One engine in a process of its own, which does what it is told and says how long it took. */

import { readFileSync } from "node:fs";
import { clock } from "./clock.ts";
import type { Answer, Memory, PeerEngine, Request } from "./types.ts";

let engine: PeerEngine | undefined;
/** Tokens that were read; the one picked last is not among them. */
let held = 0;

process.on("message", (request: Request) => {
  void answer(request)
    .catch((error: Error): Answer => ({ error: error.message }))
    .then((reply) => process.send!(reply));
});
process.on("disconnect", () => process.exit(0));

async function answer(request: Request): Promise<Answer> {
  if (request.kind === "open") {
    const start = clock();
    engine = await open(request);
    return { ms: [clock() - start] };
  }
  if (request.kind === "memory") return { memory: memory() };
  if (!engine) throw new Error("open an engine first");
  if (request.kind === "steps") {
    held += request.count;
    return { ms: await engine.steps(request.count) };
  }
  if (request.kind === "prompt" || held > request.length) {
    await engine.reset();
    held = 0;
  }
  const start = clock();
  if (held < request.length) await engine.feed(tokensOf(held, request.length));
  held = request.length;
  return { ms: [clock() - start] };
}

async function open({ spec, options }: Extract<Request, { kind: "open" }>): Promise<PeerEngine> {
  // Each family is loaded in the process that uses it.
  if (spec.family === "llama") {
    return (await import("./engine-llama.ts")).openLlama(spec, options);
  }
  if (spec.family === "transformers") {
    return (await import("./engine-transformers.ts")).openTransformers(spec, options);
  }
  return (await import("./engine-onefold.ts")).openOnefold(spec, options);
}

/** The same tokens for all: ordinary ones, spread over the vocabulary. */
const tokensOf = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => 1000 + (((from + i) * 7919) % 100_000));

function memory(): Memory {
  try {
    const status = readFileSync("/proc/self/status", "utf8");
    const bytes = (key: string) => 1024 * Number(new RegExp(`${key}:\\s*(\\d+)`).exec(status)?.[1]);
    return { resident: bytes("VmRSS"), peak: bytes("VmHWM"), mapped: bytes("RssFile") };
  } catch {
    return { resident: process.memoryUsage.rss() };
  }
}
