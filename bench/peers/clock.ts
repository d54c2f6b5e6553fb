/** Milliseconds that have passed, or with BENCH_CLOCK=cpu those computed on all threads. */

import { computed, elapsed } from "../support.ts";

export const clock = process.env.BENCH_CLOCK === "cpu" ? computed : elapsed;
