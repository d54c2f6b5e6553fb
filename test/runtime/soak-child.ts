/**
 * Resident memory over 20,000 runs and 200 sessions, for soak.test.ts: prints the growth of each
 * in bytes as JSON. With the argument `leak` it keeps what it should release.
 */

import { fromValues, zeros } from "../../src/graph/ndarray.ts";
import { createSession, type Session } from "../../src/runtime/index.ts";
import { collectGarbage } from "./garbage.ts";
import { doubled, linear } from "./programs.ts";

const leak = process.argv.includes("leak");
const kept: unknown[] = [];

const rows = 64;
const x = fromValues("f32", [rows, 2], Array(2 * rows).fill(1));

async function runs(session: Session, count: number): Promise<void> {
  const signal = new AbortController().signal;
  for (let i = 0; i < count; i += 4) {
    const [result] = await Promise.all([session.run({ x }), session.run({ x }, { signal })]);
    session.runSync({ x }, { outputs: result });
    await session.run({ x: { ...x, data: new Float32Array(2 * rows) } }).then(({ y }) => y);
    if (leak) kept.push(session.bind({ inputs: { x }, outputs: result }));
  }
}

/** 1 MB of weights a session: 200 of them would show. */
const weight = zeros("f32", [512, 512]);
const input = zeros("f32", [1, 512]);

async function cycles(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const session = await createSession(linear(512, 512), { weights: () => weight });
    const bound = session.bind({ inputs: { x: input }, outputs: { y: zeros("f32", [1, 512]) } });
    await bound.run();
    if (leak) kept.push(session);
    else {
      bound.dispose();
      session.dispose();
    }
  }
}

const settled = async () => {
  for (let i = 0; i < 3; i++) {
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return process.memoryUsage.rss();
};

/** Growth over `work` after a warm-up has filled pools, arenas and code caches. */
async function growth(warmUp: () => Promise<void>, work: () => Promise<void>): Promise<number> {
  await warmUp();
  const before = await settled();
  await work();
  return (await settled()) - before;
}

const session = await createSession(doubled());
const ofRuns = await growth(
  () => runs(session, 8_000),
  () => runs(session, 20_000),
);
const ofSessions = await growth(
  () => cycles(200),
  () => cycles(200),
);
console.log(JSON.stringify({ runs: ofRuns, sessions: ofSessions }));
