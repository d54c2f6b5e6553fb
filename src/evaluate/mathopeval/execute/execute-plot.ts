/** Plotting programs run by matplotlib itself, inside bubblewrap. */

import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { createLimiter } from "../../limiter.ts";
import { NoSandboxError, runSandboxed } from "../../sandboxed-python.ts";
import type { PlotOutcome } from "../run-plot.ts";
import { driver } from "./driver.ts";
import { failed } from "./failed.ts";
import { findMatplotlib } from "./find-python.ts";

export interface ExecuteOptions {
  /** Name or path of the Python that has matplotlib (default: python3 on the PATH). */
  readonly python?: string;
  /** Of wall time for one program (default 20); importing matplotlib counts. */
  readonly seconds?: number;
  /** Bytes of address space (default 2 GiB). */
  readonly memory?: number;
}

export type ExecutePlot = (code: string) => Promise<PlotOutcome>;

/** Fonts of the system would be looked through at every start; matplotlib has its own. */
const FONTS = "/usr/share/fonts";
const MOST_OUTPUT = 16 * 2 ** 20;
const environment = {
  MPLCONFIGDIR: "/tmp",
  MPLBACKEND: "Agg",
  OPENBLAS_NUM_THREADS: "1", // each thread takes address space
  OMP_NUM_THREADS: "1",
};

/**
 * What runs plotting programs for `mathOpTask`. A program has no network, files or environment, and
 * is ended at its limits. The outcome is that of `runPlot`, from the figure that matplotlib holds.
 *
 * @throws NoSandboxError where bubblewrap, Python or matplotlib is missing
 * @example
 * const execute = await createPlotExecutor();
 * await execute("import matplotlib.pyplot as plt\nplt.hist([1, 2, 2])");
 */
export async function createPlotExecutor(options: ExecuteOptions = {}): Promise<ExecutePlot> {
  const { seconds = 20, memory = 2 ** 31 } = options;
  const { outcomeOf } = await import("./read-outcome.ts"); // loads zod
  const python = await findMatplotlib(options.python);
  const hidden = existsSync(FONTS) ? [FONTS] : [];
  const limit = createLimiter(Math.max(1, Math.floor(availableParallelism() / 2)));
  const execute: ExecutePlot = (code) =>
    limit(async () => {
      const word = randomUUID();
      const { output, isLate, isTooMuch } = await runSandboxed({
        ...{ script: driver, input: `${word}\n${code}`, seconds, memory, maxOutput: MOST_OUTPUT },
        ...{ python, environment, hidden },
      });
      if (output.endsWith(word)) return outcomeOf(output.slice(0, -word.length));
      if (isLate) return failed("limit", `the program takes longer than ${seconds} seconds`);
      if (isTooMuch) return failed("limit", "the program writes too much");
      return failed("error", "the program ended before its figure could be read");
    });
  const check = await execute("import matplotlib.pyplot as plt\nplt.bar(['a'], [1])\n");
  if (check.status === "ok" && check.figure.axes[0]?.elements[0]?.kind === "bar") return execute;
  const reason = check.status === "ok" ? "a bar is not drawn" : check.message;
  throw new NoSandboxError(`the sandbox cannot run matplotlib: ${reason}`);
}
