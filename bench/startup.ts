/**
 * What a user waits before anything happens: fresh processes, in turns, medians.
 *
 *   npx tsx bench/startup.ts [--rounds 15] [--json]
 *
 * `node` is an empty program: the part that no change of ours can shorten. The built code in
 * dist/ is timed, as it is published; nothing is subtracted.
 */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  build,
  describeMachine,
  interleave,
  machine,
  printTable,
  type Row,
  timesOf,
} from "./support.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "15" },
    json: { type: "boolean", default: false },
  },
});
const rounds = Number(values.rounds);
const path = (file: string): string => fileURLToPath(new URL(`../${file}`, import.meta.url));

await build();
const before = machine();

/** The time that the import itself takes in a process of its own. */
const importTime = `const start = performance.now();
await import(${JSON.stringify(new URL("../dist/src/index.js", import.meta.url).href)});
console.log(performance.now() - start);`;
const imports: number[] = [];

const subjects: Record<string, () => void> = {
  node: () => void run(["-e", "0"]),
  'import "onefold"': () =>
    void imports.push(Number(run(["--input-type=module", "-e", importTime]))),
  "onefold --help": () => void run([path("bin/onefold.js"), "--help"]),
};

function run(args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`node ${args.join(" ")}: ${stderr}`);
  return stdout;
}

const [empty, , help] = await interleave(Object.values(subjects), rounds);
const inside = timesOf(imports.slice(1)); // the first round is not counted

const row = (name: string, ms: number, most: number): Row => ({
  name,
  measured: `${ms.toFixed(0)} ms`,
  reference: `${most} ms`,
  ratio: ms / most,
  target: { max: 1 },
});
const rows = [
  row('import "onefold"', inside.median, 100),
  row("onefold --help, whole process", help!.median, 150),
];

if (values.json) {
  console.log(JSON.stringify({ before, after: machine(), node: empty, inside, help }));
} else {
  console.log(`before: ${describeMachine(before)}\nafter:  ${describeMachine(machine())}`);
  const { best, median } = empty!;
  console.log(`an empty node process: median ${median.toFixed(0)}, best ${best.toFixed(0)} ms\n`);
  printTable(rows);
}
