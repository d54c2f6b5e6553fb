import { expect, test } from "vitest";
import { createMeter, createStatusLine, describeProgress } from "../../src/cli/progress.ts";
import { formatBytes } from "../../src/cli/render.ts";

function fakeStream(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, columns: 20, written, write: (text: string) => written.push(text) };
}

test("a terminal gets one line, redrawn at most every 100 ms and cut to its width", () => {
  let time = 0;
  const stream = fakeStream(true);
  const line = createStatusLine(stream, { now: () => time });
  line.show("one");
  time = 50;
  line.show("too soon");
  time = 100;
  line.show("longer than twenty columns");
  line.finish("done");
  expect(stream.written).toEqual([
    "\rone\u001b[K",
    "\rlonger than twen...\u001b[K",
    "\r\u001b[Kdone\n",
  ]);
});

test("a log gets whole lines every ten seconds, without control codes", () => {
  let time = 0;
  const stream = fakeStream(false);
  const line = createStatusLine(stream, { now: () => time });
  for (; time <= 25_000; time += 1000) line.show(`at ${time}`);
  line.finish("done");
  expect(stream.written).toEqual(["at 10000\n", "at 20000\n", "done\n"]);
});

test("a meter measures speed from where it started and predicts the end", () => {
  let time = 0;
  const meter = createMeter(1000, { start: 500, now: () => time });
  expect(meter.secondsLeft).toBe(Number.POSITIVE_INFINITY);
  time = 1000;
  meter.set(600);
  expect(meter.rate).toBe(100);
  expect(meter.secondsLeft).toBe(4);
  meter.set(1000);
  expect(meter.secondsLeft).toBe(0);
});

test("a meter follows a change of speed once its window has passed", () => {
  let time = 0;
  const meter = createMeter(1e6, { now: () => time });
  let done = 0;
  for (time = 1000; time <= 30_000; time += 1000) {
    done += time <= 10_000 ? 100 : 10;
    meter.set(done);
  }
  expect(meter.rate).toBe(10);
});

test("describeProgress words it for people", () => {
  let time = 0;
  const meter = createMeter(4096, { now: () => time });
  time = 1000;
  meter.set(1024);
  expect(describeProgress("file", meter, 4096, formatBytes)).toBe(
    "file: 25 %, 1.00 KiB of 4.00 KiB, 1.00 KiB/s, ETA 0:03",
  );
});
