/** TensorBoard's Event messages with scalars (tensorflow's event.proto and summary.proto). */

import { ProtobufWriter } from "../../graph/onnx/protobuf.ts";

/** The first record of a file. */
export function versionEvent(seconds: number): Uint8Array {
  const w = new ProtobufWriter(64);
  w.double(1, seconds);
  w.text(3, "brain.Event:2");
  return w.finish();
}

/** @param seconds since 1970 */
export function scalarEvent(
  step: number,
  scalars: Readonly<Record<string, number>>,
  seconds: number,
): Uint8Array {
  const w = new ProtobufWriter(1024);
  w.double(1, seconds);
  w.int(2, step);
  const summary = w.begin(5);
  for (const [tag, value] of Object.entries(scalars)) {
    const entry = w.begin(1);
    w.text(1, tag);
    w.float(2, value);
    w.end(entry);
  }
  w.end(summary);
  return w.finish();
}

/** The step of an event that `scalarEvent` wrote; undefined for another one. */
export function stepOfEvent(event: Uint8Array): number | undefined {
  if (event[0] !== 9 || event[9] !== 16) return undefined; // wall_time, a double; step, a varint
  let step = 0;
  for (let at = 10, unit = 1; at < event.length; at++, unit *= 128) {
    step += (event[at] & 127) * unit;
    if (event[at] < 128) return step;
  }
  return undefined;
}
