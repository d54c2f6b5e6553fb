/**
 * What `bench/decode.ts` times in fresh processes. Prints one line of JSON.
 *
 *   read FILE                          reads a file once, start to end
 *   generate DIR PROMPT STEPS THREADS  loads the model, feeds a prompt, takes steps
 *
 * BENCH_CLOCK=cpu counts processor time instead of time.
 */

import { closeSync, openSync, readFileSync, readSync } from "node:fs";

import { computed, elapsed } from "./support.ts";

const clock = process.env.BENCH_CLOCK === "cpu" ? computed : elapsed;
const [mode, path, ...numbers] = process.argv.slice(2);
if (mode === "read") read(path!);
else await generate(path!, Number(numbers[0]), Number(numbers[1]), Number(numbers[2]));

function read(file: string): void {
  const start = clock();
  const fd = openSync(file, "r");
  const buffer = new Uint8Array(4 << 20);
  let bytes = 0;
  for (let n = 1; n > 0; bytes += n) n = readSync(fd, buffer, 0, buffer.length, null);
  closeSync(fd);
  console.log(JSON.stringify({ ms: clock() - start, bytes }));
}

async function generate(dir: string, prompt: number, steps: number, threads: number) {
  const { loadModel } = await import("../src/models/load.ts");
  const { createDecoderSession } = await import("../src/generate/decoder-session.ts");
  const { argmax } = await import("../src/generate/candidates.ts");
  const imported = clock();
  using model = await loadModel(dir);
  const opened = clock();
  using session = await createDecoderSession(model, threads ? { engine: { threads } } : {});
  const created = clock();
  await session.prefill(Array.from({ length: prompt }, (_, i) => (i * 7919) % 1000));
  let token = argmax(session.logits);
  // Both clocks began with the process: this is what a user waits.
  const first = clock();
  for (let i = 0; i < steps; i++) {
    await session.step(token);
    token = argmax(session.logits);
  }
  const status = readFileSync("/proc/self/status", "utf8");
  const peak = Number(/VmHWM:\s*(\d+)/.exec(status)?.[1]) * 1024;
  const { capacity } = session;
  console.log(
    JSON.stringify({
      first,
      peak,
      capacity,
      phases: {
        imports: imported,
        open: opened - imported,
        session: created - opened,
        prompt: first - created,
      },
    }),
  );
}
