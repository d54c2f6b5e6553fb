import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { trimMetrics } from "../../src/train/metrics.ts";
import { asking, metricsLine, runsFolder } from "./runs-folder.ts";

interface Listed {
  readonly folder: string | null;
  readonly data: readonly {
    readonly name: string;
    readonly state: string;
    readonly step: number | null;
    readonly loss: number | null;
    readonly bytes: number;
  }[];
}

interface Curves {
  readonly next: string;
  readonly has_more: boolean;
  readonly is_restart: boolean;
  readonly lines: number[];
  readonly step: number[];
  readonly tokens: number[];
  readonly seconds: number[];
  readonly metrics: Record<string, { mean: number[]; low?: number[]; high?: number[] }>;
}

interface Failed {
  readonly error: { readonly message: string; readonly code: string; readonly param: string };
}

const steps = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, i) => metricsLine(from + i)).join("");

test("runs are found where they lie, with the state that their folders tell", async () => {
  const runs = runsFolder();
  runs.write("live/metrics.jsonl", `${steps(1, 3)}{"step":4,"lo`);
  runs.write("recipes/gspo/quick/a-seed1/0123/metrics.jsonl", steps(1, 2));
  runs.age("recipes/gspo/quick/a-seed1/0123/metrics.jsonl", 7200);
  runs.write("done/metrics.jsonl", steps(1, 5));
  runs.age("done/metrics.jsonl", 3600);
  runs.write("done/final/config.json", "{}");
  runs.write("done/step-00000005/metrics.jsonl", steps(1, 5)); // what a run holds is its own
  runs.write("done/best/metrics.jsonl", steps(1, 5));
  runs.write("again/metrics.jsonl", steps(1, 9)); // went on after it had finished
  runs.age("again/metrics.jsonl", 1800);
  mkdirSync(runs.path("again/final"));
  runs.age("again/final", 9000);
  runs.write(".hidden/metrics.jsonl", steps(1, 1));
  runs.write("a/b/c/d/e/too-deep/metrics.jsonl", steps(1, 1));
  symlinkSync(runs.path("done"), runs.path("link"));
  const ask = asking(runs.root);
  const { body } = await ask<Listed>("/runs");
  const shown = body.data.map(({ name, state, step, loss }) => [name, state, step, loss]);
  expect(shown).toEqual([
    ["live", "running", 3, 4 / 3],
    ["again", "stopped", 9, 4 / 9],
    ["done", "finished", 5, 0.8],
    ["recipes/gspo/quick/a-seed1/0123", "stopped", 2, 2],
  ]);
  // What is remembered of a file ends with its next line.
  runs.append("live/metrics.jsonl", `ss":1}\n${metricsLine(5)}`);
  expect((await ask<Listed>("/runs")).body.data[0]).toMatchObject({ step: 5, loss: 0.8 });
});

test("a folder that is not there yet, or none, has no runs", async () => {
  const runs = runsFolder();
  expect((await asking(undefined)("/runs")).body).toMatchObject({ folder: null, data: [] });
  const ask = asking(runs.path("later"));
  expect((await ask("/runs")).body).toMatchObject({ folder: "later", data: [] });
  runs.write("later/a/metrics.jsonl", steps(1, 1));
  expect((await ask<Listed>("/runs")).body.data.map(({ name }) => name)).toEqual(["a"]);
});

test("curves come in pieces, each line once, half lines when they are whole", async () => {
  const runs = runsFolder();
  const file = "deep/er/metrics.jsonl";
  runs.write(file, steps(1, 3) + metricsLine(4, { metrics: { kl: 0.5 } }).slice(0, 60));
  const ask = asking(runs.root);
  const first = (await ask<Curves>("/runs/deep/er/metrics")).body;
  expect(first).toMatchObject({
    lines: [1, 1, 1],
    step: [1, 2, 3],
    tokens: [100, 100, 100],
    seconds: [0.5, 0.5, 0.5],
    has_more: false,
    is_restart: false,
  });
  expect(first.metrics.loss).toEqual({ mean: [4, 2, 1.333333] });
  const idle = (await ask<Curves>(`/runs/deep%2Fer/metrics?after=${first.next}`)).body;
  expect(idle).toMatchObject({ step: [], next: first.next, is_restart: false });
  runs.append(file, metricsLine(4, { metrics: { kl: 0.5 } }).slice(60));
  runs.append(file, `not JSON\n{"loss":1}\n${metricsLine(5, { loss: null })}`);
  const more = (await ask<Curves>(`/runs/deep/er/metrics?after=${first.next}`)).body;
  expect(more).toMatchObject({ step: [4, 5], is_restart: false });
  expect(more.metrics.kl).toEqual({ mean: [0.5, null] });
  expect(more.metrics.loss).toEqual({ mean: [1, null] });
});

test("a run that is trimmed and computed again is told to start again", async () => {
  const runs = runsFolder();
  runs.write("r/metrics.jsonl", `${steps(1, 20)}{"half`);
  const ask = asking(runs.root);
  const read = async (after: string) => (await ask<Curves>(`/runs/r/metrics?after=${after}`)).body;
  const { next } = await read("");
  // Only the half line goes: nothing that was shown has changed.
  await trimMetrics(runs.path("r/metrics.jsonl"), 20);
  runs.append("r/metrics.jsonl", metricsLine(21));
  expect(await read(next)).toMatchObject({ is_restart: false, step: [21] });
  // Steps after the checkpoint go, and come back with other times, further than the reader was.
  await trimMetrics(runs.path("r/metrics.jsonl"), 10);
  expect(await read(next)).toMatchObject({ is_restart: true, lines: Array(10).fill(1) });
  for (let step = 11; step <= 30; step++) {
    runs.append("r/metrics.jsonl", metricsLine(step, { tokensPerSecond: 200 + 1 / step }));
  }
  const again = await read(next);
  expect(again.is_restart).toBe(true);
  expect(again.step).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
  // No such file at all: what was shown of it is gone.
  const { next: end } = (await ask<Curves>("/runs/r/evaluations")).body;
  expect(end).toBe("");
  runs.write("r/evaluations.jsonl", '{"step":0,"loss":5,"accuracy":0.25}\n');
  const held = (await ask<Curves>(`/runs/r/evaluations?after=${end}`)).body;
  expect(held.metrics).toEqual({ loss: { mean: [5] }, accuracy: { mean: [0.25] } });
  rmSync(runs.path("r/evaluations.jsonl"));
  const gone = await ask<Curves>(`/runs/r/evaluations?after=${held.next}`);
  expect(gone.body).toMatchObject({ is_restart: true, step: [] });
});

test("a long run comes in bounded answers that keep totals and extremes", async () => {
  const runs = runsFolder();
  const count = 40_000;
  const lines = Array.from({ length: count }, (_, i) =>
    metricsLine(i + 1, { loss: i === 12_345 ? 99 : i % 2 }),
  );
  runs.write("r/metrics.jsonl", lines.join(""));
  const ask = asking(runs.root);
  let turns = 0;
  let isDone = false;
  const turn = (): void => {
    turns++;
    if (!isDone) setImmediate(turn);
  };
  setImmediate(turn);
  const pieces: Curves[] = [];
  let after = "";
  do {
    const { body } = await ask<Curves>(`/runs/r/metrics?after=${after}`);
    pieces.push(body);
    after = body.next;
  } while (pieces.at(-1)!.has_more);
  isDone = true;
  const bytes = lines.join("").length;
  expect(pieces).toHaveLength(Math.ceil(bytes / (4 << 20)));
  for (const { step } of pieces) expect(step.length).toBeLessThanOrEqual(1024);
  const all = (key: "lines" | "tokens" | "seconds"): number =>
    pieces.flatMap((piece) => piece[key]).reduce((sum, value) => sum + value, 0);
  expect(all("lines")).toBe(count);
  expect(all("tokens")).toBe(100 * count);
  expect(all("seconds")).toBeCloseTo(count / 2, 0);
  const loss = pieces.map(({ metrics }) => metrics.loss!);
  expect(Math.max(...loss.flatMap(({ high }) => high!))).toBe(99);
  expect(Math.min(...loss.flatMap(({ low }) => low!))).toBe(0);
  // Others had their turn after each block that was read.
  expect(turns).toBeGreaterThan(bytes / (128 << 10));
});

test("lines without an end are passed over, whatever their length", async () => {
  const runs = runsFolder();
  runs.write("r/metrics.jsonl", `${metricsLine(1)}{"step":2,"x":"${"y".repeat(9 << 20)}"}\n`);
  runs.append("r/metrics.jsonl", metricsLine(3));
  const ask = asking(runs.root);
  const found: number[] = [];
  let after = "";
  for (let asked = 0; asked < 4; asked++) {
    const { body } = await ask<Curves>(`/runs/r/metrics?after=${after}`);
    found.push(...body.step);
    after = body.next;
  }
  expect(found).toEqual([1, 3]);
});

test("no name leads out of the folder, or to what is no plain file", async () => {
  const [runs, outside] = [runsFolder(), runsFolder()];
  outside.write("secret/metrics.jsonl", steps(1, 1));
  runs.write("r/metrics.jsonl", steps(1, 1));
  symlinkSync(outside.path("secret"), runs.path("linked"));
  symlinkSync(outside.root, runs.path("above"));
  mkdirSync(runs.path("file"));
  symlinkSync(outside.path("secret/metrics.jsonl"), runs.path("file/metrics.jsonl"));
  symlinkSync(outside.path("secret/metrics.jsonl"), runs.path("r/evaluations.jsonl"));
  mkdirSync(runs.path("folder/metrics.jsonl"), { recursive: true });
  execFileSync("mkfifo", [runs.path("r/samples.jsonl")]);
  const ask = asking(runs.root);
  const away = outside.root.split("/").at(-1)!;
  const names = `linked above/secret folder ../${away}/secret %2e%2e%2f${away}%2fsecret`;
  const more = `r%2f..%2fr r%2f. . %2f %5c r%00 ${encodeURIComponent(outside.path("secret"))} nothing`;
  for (const name of [...names.split(" "), ...more.split(" ")]) {
    const { status, body } = await ask<Failed>(`/runs/${name}/metrics`);
    expect(status, name).toBe(404);
    expect(["run_not_found", "unknown_url"], name).toContain(body.error.code);
  }
  expect((await ask("/runs/file/metrics")).body).toMatchObject({ step: [] });
  expect((await ask("/runs/r/evaluations")).body).toMatchObject({ step: [] });
  expect((await ask("/runs/r/samples")).body).toMatchObject({ samples: [] });
  const listed = (await ask<Listed>("/runs")).body.data;
  expect(listed.map(({ name }) => name)).toEqual(["r"]);
});

test("bad questions are refused in a sentence", async () => {
  const runs = runsFolder();
  runs.write("r/metrics.jsonl", steps(1, 1));
  const ask = asking(runs.root);
  for (const after of ["12", "-1.abcdefghijk", "1e9.abcdefghijk", "x"]) {
    const { status, body } = await ask<Failed>(`/runs/r/metrics?after=${after}`);
    expect(status, after).toBe(400);
    expect(body.error).toMatchObject({ param: "after", message: expect.stringMatching(/next/) });
  }
  for (const path of ["/runs/r", "/runs/r/nothing", "/runs/r/constructor", "/runs/metrics"]) {
    const { status, body } = await ask<Failed>(path);
    expect(status, path).toBe(404);
    expect(body.error.message).toContain("metrics, evaluations, samples, settings");
  }
  expect((await ask("/runs/%zz/metrics")).status).toBe(400);
  expect((await asking(undefined)("/runs/r/metrics")).status).toBe(404);
});

test("samples are the newest ones, then those that came since, cut to a length", async () => {
  const runs = runsFolder();
  runs.write("r/metrics.jsonl", steps(1, 1));
  const sample = (step: number, text: string): string =>
    `${JSON.stringify({ step, prompt: "1+1", text, expected: "2" })}\n`;
  runs.write("r/samples.jsonl", "");
  for (let step = 0; step < 300; step++)
    runs.append("r/samples.jsonl", sample(step, "x".repeat(2000)));
  const ask = asking(runs.root);
  interface Samples {
    readonly next: string;
    readonly samples: { readonly step: number; readonly text: string }[];
  }
  const { samples, next } = (await ask<Samples>("/runs/r/samples")).body;
  expect(samples.length).toBeGreaterThan(100);
  expect(samples.length).toBeLessThan(200);
  expect(samples.at(-1)).toEqual({
    step: 299,
    prompt: "1+1",
    text: "x".repeat(2000),
    expected: "2",
  });
  runs.append("r/samples.jsonl", sample(300, "z".repeat(10_000)));
  const since = (await ask<Samples>(`/runs/r/samples?after=${next}`)).body.samples;
  expect(since.map(({ step, text }) => [step, text.length])).toEqual([[300, 8001]]);
});

test("settings are those of the newest checkpoint, by the config's names", async () => {
  const runs = runsFolder();
  runs.write("r/metrics.jsonl", steps(1, 1));
  const ask = asking(runs.root);
  expect((await ask("/runs/r/settings")).body).toEqual({ run: "r", settings: {} });
  const checkpoint = (step: string, lr: number): void => {
    const settings = { lr, rates: [{ match: "*", rate: 2 }] };
    const fingerprint = {
      method: "sft",
      reading: { max_length: 64 },
      settings,
      rows: "ab",
      files: "cd",
    };
    const state = { step: 1, fingerprint: JSON.stringify(fingerprint) };
    runs.write(`r/step-${step}/trainer.json`, JSON.stringify(state));
  };
  checkpoint("00000090", 0.1);
  checkpoint("00000100", 0.2);
  expect((await ask("/runs/r/settings")).body).toEqual({
    run: "r",
    settings: {
      method: "sft",
      "data.max_length": 64,
      "train.lr": 0.2,
      "train.rates": [{ match: "*", rate: 2 }],
    },
  });
  writeFileSync(runs.path("r/step-00000100/trainer.json"), '{"fingerprint":"a recipe\'s"}');
  expect((await ask("/runs/r/settings")).body).toEqual({ run: "r", settings: {} });
});

test("keys and origins hold for runs as for everything else", async () => {
  const runs = runsFolder();
  runs.write("r/metrics.jsonl", steps(1, 1));
  const ask = asking(runs.root, { apiKeys: ["secret"], corsOrigins: ["https://a.example"] });
  for (const path of ["/runs", "/runs/r/metrics", "/runs/r/samples"]) {
    expect((await ask(path)).status).toBe(401);
    const key = { authorization: "Bearer secret" };
    expect((await ask(path, { ...key, origin: "https://b.example" })).status).toBe(403);
    const { status, response } = await ask(path, { ...key, origin: "https://a.example" });
    expect(status).toBe(200);
    expect(response.headers.get("access-control-allow-origin")).toBe("https://a.example");
  }
});
