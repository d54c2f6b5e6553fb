import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const child = new URL("telemetry-child.ts", import.meta.url).pathname;
const run = promisify(execFile);

test.each(["main", "worker"])(
  "the engine keeps no record of runs, and reads no long command line: %s thread",
  { timeout: 60_000 },
  async (thread) => {
    const home = await mkdtemp(join(tmpdir(), "onefold-home-"));
    const { ORT_DISABLE_TELEMETRY: _, XDG_CACHE_HOME: __, ...env } = process.env;
    const arguments_ = ["--import", "tsx", child, thread, "word ".repeat(4000)];
    await run(process.execPath, arguments_, {
      env: { ...env, HOME: home, TMPDIR: home, TSX_DISABLE_CACHE: "1" },
    }); // rejects where a signal ends the process
    expect(await readdir(home)).toEqual([]);
    await rm(home, { recursive: true });
  },
);
