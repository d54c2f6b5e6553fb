import type { RecordSource } from "../../../src/task/index.ts";
import { recordsOf } from "../../../src/task/records.ts";

/** All records of a source. */
export async function recordsFrom(source: RecordSource<object> | undefined): Promise<object[]> {
  const records: object[] = [];
  for await (const record of recordsOf(source!, Infinity, "test")) records.push(record);
  return records;
}
