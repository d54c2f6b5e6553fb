/** Structured logs: one JSON object a line. */

export interface LogRecord {
  readonly level: "info" | "warn" | "error";
  readonly message: string;
  readonly [key: string]: unknown;
}

export type Log = (record: LogRecord) => void;

/** @param write takes one line, as `process.stderr.write` does */
export function createLog(write: (line: string) => unknown): Log {
  return (record) => write(`${JSON.stringify({ time: new Date().toISOString(), ...record })}\n`);
}
