/** Items under a summary, as one page with nothing beside it: what reports and diffs share. */

import { createHash } from "node:crypto";

/** Columns are text; nothing in them is read as HTML. */
export interface Page {
  readonly title: string;
  /** Heads of the table on top, and its lines. */
  readonly head: readonly string[];
  readonly summary: readonly (readonly string[])[];
  /** Heads of the items. */
  readonly columns: readonly string[];
  /** What items can be filtered by beside their text. */
  readonly kinds: readonly string[];
  readonly items: AsyncIterable<PageItem>;
}

export interface PageItem {
  readonly kind: string;
  readonly cells: readonly string[];
}

const style = `body{font:14px/1.4 system-ui;margin:2em;color:#222;background:#fff}
table{border-collapse:collapse;margin:1em 0}td,th{padding:.35em .7em;border-bottom:1px solid #ddd;
text-align:left;vertical-align:top}th{position:sticky;top:0;background:#fff}
pre{font:inherit;white-space:pre-wrap;overflow-wrap:anywhere;margin:0;min-width:4.5em;max-width:48em}
input,select{font:inherit;padding:.3em;margin-right:.5em}
@media(prefers-color-scheme:dark){body,th{color:#ddd;background:#181818}td,th{border-color:#444}}`;

const script = `
const $ = (id) => document.getElementById(id);
const [page, ...items] = [...document.querySelectorAll("script[type='application/json']")]
  .map((element) => JSON.parse(element.textContent));
const row = (cells, tag = "td") => { const tr = document.createElement("tr");
  for (const cell of cells) { const td = tr.appendChild(document.createElement(tag));
    td.appendChild(document.createElement("pre")).textContent = cell; } return tr; };
const SHOWN = 500, texts = items.map(({ cells }) => cells.join("\\n").toLowerCase());
const show = () => { const text = $("text").value.toLowerCase(), kind = $("kind").value;
  const found = items.filter((item, i) => (!kind || item.kind === kind) && texts[i].includes(text));
  const cut = found.length > SHOWN ? ", the first " + SHOWN + " shown" : "";
  $("count").textContent = found.length + " of " + items.length + " items" + cut;
  $("items").replaceChildren(row(page.columns, "th"),
    ...found.slice(0, SHOWN).map(({ cells }) => row(cells))); };
document.title = $("title").textContent = page.title;
$("summary").append(row(page.head, "th"), ...page.summary.map((cells) => row(cells)));
for (const kind of page.kinds) $("kind").append(new Option(kind));
$("text").oninput = $("kind").onchange = show; show();`;

/** What a Content-Security-Policy allows, so that nothing else on the page runs. */
export const pageScriptHash = `'sha256-${createHash("sha256").update(script).digest("base64")}'`;

/** JSON that a script element may hold. */
const data = (value: unknown): string =>
  `<script type="application/json">${JSON.stringify(value).replaceAll("<", "\\u003c")}</script>\n`;

/** The page's text, piece by piece: items are never held together. */
export async function* pageText({ items, ...page }: Page): AsyncGenerator<string> {
  yield `<!doctype html><html lang="en"><meta charset="utf-8"><style>${style}</style>
<h1 id="title"></h1><table id="summary"></table>
<p><input id="text" placeholder="Filter by text" aria-label="Filter by text">
<select id="kind" aria-label="Outcome"><option value="">all</option></select>
<span id="count"></span></p><table id="items"></table>\n`;
  yield data(page);
  for await (const item of items) yield data(item);
  yield `<script type="module">${script}</script></html>\n`;
}

/** A value for people: text as it is, anything else as JSON. */
export const shown = (value: unknown): string =>
  typeof value === "string" ? value : (JSON.stringify(value, null, 1) ?? "");

/** Four digits; what is an average over nothing is no number. */
export const shownNumber = (value: number): string =>
  Number.isFinite(value) ? value.toFixed(4) : "n/a";
