/** All items of a run as one page without anything beside it. */

import { writeFileAtomically } from "../../checkpoint/atomic.ts";
import { type Evaluation, journalFile } from "../evaluate.ts";
import { recordsOf } from "../run/journal.ts";

/** JSON that a script element may hold. */
const embedded = (value: unknown): string => JSON.stringify(value).replaceAll("<", "\\u003c");

const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Evaluation</title>
<style>body{font:14px system-ui;margin:2em}td,th{padding:.3em .6em;border-bottom:1px solid #ddd;
text-align:left;vertical-align:top}pre{white-space:pre-wrap;margin:0;max-width:70em}</style>
<h1>Evaluation</h1><table id="summary"></table><p><input id="text" placeholder="Filter by text">
<select id="outcome"><option value="">all<option>right<option>wrong<option>failed</select>
<span id="count"></span></p><table id="items"></table>
<script type="module">
const $ = (id) => document.getElementById(id), items = [];
const row = (cells, tag = "td") => { const tr = document.createElement("tr");
  for (const cell of cells) { const td = tr.appendChild(document.createElement(tag));
    td.appendChild(document.createElement("pre")).textContent = cell; } return tr; };
const outcome = (r) => r.status === "failed" ? "failed"
  : Object.values(r.values).some((v) => v > 0) ? "right" : "wrong";
const show = () => { const text = $("text").value.toLowerCase(), kind = $("outcome").value;
  const found = items.filter((i) => (!kind || i.kind === kind) && i.text.includes(text));
  $("count").textContent = found.length + " of " + items.length + " items, first 500 shown";
  $("items").replaceChildren(row(["task", "id", "outcome", "target", "answer", "item"], "th"),
    ...found.slice(0, 500).map((i) => i.row)); };
for (const script of document.querySelectorAll("script[type='application/json']")) {
  const { task, record: r } = JSON.parse(script.textContent);
  if (!r) { for (const line of task) $("summary").append(row(line)); continue; }
  const kind = outcome(r), json = (v) => typeof v === "string" ? v : JSON.stringify(v, null, 1);
  items.push({ kind, text: JSON.stringify(r).toLowerCase(), row: row([task, r.id, kind,
    json(r.target ?? ""), json(r.answer ?? r.error ?? ""), json(r.asked ?? r.doc)]) }); }
$("text").oninput = $("outcome").onchange = show; show();
</script>`;

/** Writes the page; items are streamed. @throws Error where the disk is full */
export async function writeReport(
  file: string,
  out: string,
  { results }: Evaluation,
): Promise<void> {
  await writeFileAtomically(file, async (sink) => {
    const write = (text: string) => sink.write(Buffer.from(text));
    const data = (value: unknown) =>
      write(`<script type="application/json">${embedded(value)}</script>\n`);
    await write(`${page.slice(0, page.indexOf("<script"))}`);
    const lines = results.flatMap(({ task, scored, failed, metrics }) =>
      metrics.map(({ name, filter, value, interval }) => [
        task.name,
        `${name},${filter}`,
        value.toFixed(4),
        interval.map((bound) => bound.toFixed(4)).join(" to "),
        `${scored} scored, ${failed} failed`,
      ]),
    );
    await data({ task: lines });
    for (const { task } of results) {
      for await (const record of recordsOf(journalFile(out, task.name))) {
        await data({ task: task.name, record });
      }
    }
    await write(page.slice(page.indexOf("<script")));
  });
}
