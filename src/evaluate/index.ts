/** Evaluation: running what models wrote, and judging it. */

export { Sandbox, type SandboxLimits, type SandboxOutcome } from "./sandbox.ts";
