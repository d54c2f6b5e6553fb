import { appendFileSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { crc32c, maskedCrc32c } from "../../../src/train/tensorboard/crc32c.ts";
import { scalarEvent, stepOfEvent, versionEvent } from "../../../src/train/tensorboard/event.ts";
import { openEventLog } from "../../../src/train/tensorboard/event-log.ts";
import { frameRecord, readRecords } from "../../../src/train/tensorboard/records.ts";
import { temporaryFolder } from "../support.ts";
import { readEventFolder, readEvents } from "./read-events.ts";

const fixture = (name: string): Buffer =>
  readFileSync(new URL(`../../fixtures/tensorboard/${name}`, import.meta.url));

it("computes the CRC-32C of RFC 3720 and TensorBoard's masked one", () => {
  // The RFC's vectors: 32 bytes of zeros, of ones, and counting.
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
  const crcs = JSON.parse(`${fixture("crcs.json")}`) as Record<string, number>;
  for (const [text, crc] of Object.entries(crcs)) expect(maskedCrc32c(Buffer.from(text))).toBe(crc);
});

it("writes the bytes that TensorBoard's own writer does", () => {
  const records = [
    versionEvent(1_700_000_000),
    scalarEvent(1, { "train/loss": 3.5, "train/learning_rate": 1e-4 }, 1_700_000_000.25),
    scalarEvent(300, { "train/loss": 2.25, "metrics/reward/exact": 0 }, 1_700_000_060.5),
    scalarEvent(2 ** 31 + 5, { "eval/loss": -1.5 }, 1_700_000_120),
  ];
  const written = Buffer.concat(records.map(frameRecord));
  expect(written.toString("hex")).toBe(fixture("events.bin").toString("hex"));
  expect([...readRecords(written)].map(stepOfEvent)).toEqual([undefined, 1, 300, 2 ** 31 + 5]);
  expect(readEvents(written)[1]).toEqual({
    seconds: 1_700_000_060.5,
    step: 300,
    scalars: { "train/loss": 2.25, "metrics/reward/exact": 0 },
  });
});

it("goes on in the same file, without later steps and a torn record", async () => {
  const dir = temporaryFolder();
  const first = await openEventLog(dir, 0);
  for (const step of [1, 2, 3]) await first.add(step, { loss: step / 2 });
  const [name] = readdirSync(dir);
  const whole = frameRecord(scalarEvent(4, { loss: 2 }, 0));
  appendFileSync(join(dir, name), whole.subarray(0, whole.length - 3));
  const second = await openEventLog(dir, 2);
  await second.add(3, { loss: 9 });
  expect(readdirSync(dir)).toEqual([name]);
  expect(readEventFolder(dir).map(({ step, scalars }) => [step, scalars.loss])).toEqual([
    [1, 0.5],
    [2, 1],
    [3, 9],
  ]);
  await openEventLog(dir, 0);
  expect(readEventFolder(dir)).toEqual([]);
});

it.each([
  ["length", 3],
  ["length's checksum", 9],
  ["data", 14],
  ["checksum", -1],
])("ends before a record whose %s is broken", (_, at) => {
  const good = frameRecord(Buffer.from("good"));
  const bad = Buffer.from(good);
  bad[at < 0 ? bad.length + at : at] ^= 16;
  const read = [...readRecords(Buffer.concat([good, bad, good]))];
  expect(read.map((data) => `${data}`)).toEqual(["good"]);
});
