/** Runs that are killed, and a disk that is full: what is left, and that going on changes nothing. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { bucketedBatches, run, savedSteps } from "../../src/train/index.ts";
import { createTinyTrainer, randomSequences, temporaryFolder } from "./support.ts";

const script = fileURLToPath(new URL("./run-child.ts", import.meta.url));
const STEPS = 12;

interface Child {
  readonly process: ChildProcess;
  readonly ended: Promise<{ code: number | null; lines: string[] }>;
}

/** @param limit blocks of 512 bytes beyond which the system refuses to grow a file */
function start(dir: string, saveEvery: number, limit?: number): Child {
  const command = [process.execPath, "--import", "tsx", script, dir, `${STEPS}`, `${saveEvery}`];
  const [program, ...rest] = limit
    ? ["sh", "-c", `ulimit -f ${limit}; exec "$@"`, "sh", ...command]
    : command;
  const child = spawn(program, rest, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  const ended = new Promise<{ code: number | null; lines: string[] }>((resolve) => {
    child.once("close", (code) => resolve({ code, lines: text.split("\n").filter(Boolean) }));
  });
  return { process: child, ended };
}

const last = `step-${String(STEPS).padStart(8, "0")}`;
const bytes = (dir: string) =>
  Object.fromEntries(
    ["model.safetensors", "optimizer.safetensors", "trainer.json"].map((name) => [
      name,
      readFileSync(join(dir, last, name)).toString("base64"),
    ]),
  );
/** Metrics without what depends on the clock. */
const metrics = (dir: string) =>
  readFileSync(join(dir, "metrics.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => {
      const { step, loss, gradientNorm, learningRate, tokens, supervised } = JSON.parse(line);
      return { step, loss, gradientNorm, learningRate, tokens, supervised };
    });

it("ends with the same bits after kill -9 at random moments", async () => {
  const root = temporaryFolder();
  const whole = join(root, "whole");
  expect((await start(whole, 100).ended).code).toBe(0);
  expect(metrics(whole).map(({ step }) => step)).toEqual(
    Array.from({ length: STEPS }, (_, i) => i + 1),
  );

  const broken = join(root, "broken");
  let kills = 0;
  for (;;) {
    const child = start(broken, 1 + (kills % 2));
    if (kills < 4) {
      // Some steps, then any moment of a step, a save or the removal of an old checkpoint.
      await new Promise((resolve) => child.process.stdout?.once("data", resolve));
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
      kills += child.process.kill("SIGKILL") ? 1 : 0;
    }
    if ((await child.ended).code === 0) break;
  }
  expect(bytes(broken)).toEqual(bytes(whole));
  expect(metrics(broken)).toEqual(metrics(whole));
  const left = readdirSync(broken).filter((name) => name.startsWith("."));
  expect(left).toEqual([]);
}, 240_000);

it("keeps the last checkpoint when the disk is full, and goes on from it", async () => {
  const root = temporaryFolder();
  const [whole, full] = [join(root, "whole"), join(root, "full")];
  await start(whole, 100).ended;
  const child = start(full, 5);
  await child.ended;
  rmSync(join(full, last), { recursive: true });
  expect(await savedSteps(full)).toEqual([10]);
  // 8 KiB hold the metrics but not the weights.
  const refused = await start(full, 1, 16).ended;
  expect(refused.code).toBe(1);
  expect(refused.lines.at(-1)).toMatch(/^error: \S+\.safetensors: [^\n]*\(EFBIG\)$/);
  expect(await savedSteps(full)).toEqual([10]);
  expect(readdirSync(full).sort()).toEqual([
    "curves",
    expect.stringMatching(/^events\.out\.tfevents\.\d+\.onefold$/),
    "metrics.jsonl",
    "step-00000010",
  ]);
  expect((await start(full, 100).ended).code).toBe(0);
  expect(bytes(full)).toEqual(bytes(whole));
  expect(metrics(full)).toEqual(metrics(whole));
}, 120_000);

async function runHere(dir: string, options: { keep?: number; fingerprint?: string; to?: number }) {
  const { keep = 1, fingerprint = "here", to = 6 } = options;
  const source = bucketedBatches({
    pool: (k) => randomSequences(8, `pool ${k}`),
    tokensPerBatch: 64,
    seed: 2,
  });
  const trainer = await createTinyTrainer();
  return run({ dir, trainer, source, steps: to, saveEvery: 1, keep, fingerprint });
}

it.each([
  [0, [6]],
  [1, [5, 6]],
  [3, [3, 4, 5, 6]],
])("keep %i leaves the newest checkpoints", async (keep, steps) => {
  const dir = temporaryFolder();
  expect(await runHere(dir, { keep })).toBe(true);
  expect(await savedSteps(dir)).toEqual(steps);
});

it("refuses to go on with other settings", async () => {
  const dir = temporaryFolder();
  await runHere(dir, { to: 1 });
  await expect(runHere(dir, { fingerprint: "there" })).rejects.toThrow(
    "trainer.json: the run was made with other settings; use another folder, or remove this one",
  );
});

it("stops after the step under way when told to, with a checkpoint", async () => {
  const dir = temporaryFolder();
  const source = bucketedBatches({
    pool: () => randomSequences(8, "pool"),
    tokensPerBatch: 64,
    seed: 2,
  });
  const stop = new AbortController();
  const finished = await run({
    dir,
    trainer: await createTinyTrainer(),
    source,
    steps: 50,
    saveEvery: 100,
    fingerprint: "",
    signal: stop.signal,
    onStep: ({ step }) => {
      if (step === 3) stop.abort();
    },
  });
  expect(finished).toBe(false);
  expect(await savedSteps(dir)).toEqual([3]);
});

it("clears what a kill left of an old checkpoint", async () => {
  const dir = temporaryFolder();
  await runHere(dir, { to: 2 });
  mkdirSync(join(dir, ".removed-step-00000001"));
  mkdirSync(join(dir, ".step-00000003.tmp-0123456789ab"));
  await runHere(dir, { to: 3 });
  expect(readdirSync(dir).filter((name) => name.startsWith("."))).toEqual([]);
  expect(await savedSteps(dir)).toEqual([2, 3]);
});
