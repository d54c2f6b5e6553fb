/** Memory that is left. */

import { freemem } from "node:os";

/** Bytes that this process can still take, limits of a container included. */
export const freeMemory = (): number =>
  Math.min(freemem(), process.availableMemory?.() ?? Number.POSITIVE_INFINITY);
