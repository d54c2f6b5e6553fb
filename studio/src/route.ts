/** The part of the address behind #: which page, and what it shows. No DOM here. */

import type { Along } from "./runs/curves.ts";

export type Page = "chat" | "model" | "runs" | "tasks" | "play" | "reports" | "labels";

export interface Route {
  readonly page: Page;
  /** Chosen runs; none: the newest. */
  readonly runs: readonly string[];
  readonly along: Along;
  /** Steps that curves are smoothed over; 1 for none. */
  readonly smoothing: number;
  /** The evaluation that is shown, or the two that are compared: the second against the first. */
  readonly reports: readonly string[];
  /** Of variants that are labelled; "": none is chosen. */
  readonly file: string;
}

/** What the slider offers. */
export const smoothings: readonly number[] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

/** As many as there are colours. */
export const MOST_RUNS = 8;

const pages: readonly string[] = [
  "chat",
  "model",
  "runs",
  "tasks",
  "play",
  "reports",
  "labels",
] satisfies Page[];
const axes: readonly string[] = ["steps", "tokens", "time"] satisfies Along[];
const isPage = (text: string): text is Page => pages.includes(text);
const isAlong = (text: string): text is Along => axes.includes(text);

/** @example parseRoute("#/runs?run=sums/a&x=tokens&smooth=20") */
export function parseRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  const fields = new URLSearchParams(query);
  const along = fields.get("x") ?? "";
  const smoothing = Number(fields.get("smooth"));
  const named = [...new Set(fields.getAll("run"))];
  return {
    page: isPage(path) ? path : "chat",
    runs: path === "runs" ? named.slice(0, MOST_RUNS) : [],
    reports: path === "reports" ? named.slice(0, 2) : [],
    file: path === "labels" ? (fields.get("file") ?? "") : "",
    along: isAlong(along) ? along : "steps",
    smoothing: smoothings.find((each) => each === smoothing) ?? 10,
  };
}

/** The shortest address of a route. */
export function formatRoute({ page, runs, along, smoothing, reports, file }: Route): string {
  if (page === "chat") return "#/";
  const fields = new URLSearchParams();
  if (page === "runs" || page === "reports") {
    for (const name of page === "runs" ? runs : reports) fields.append("run", name);
  }
  if (page === "runs" && along !== "steps") fields.set("x", along);
  if (page === "runs" && smoothing !== 10) fields.set("smooth", String(smoothing));
  if (page === "labels" && file !== "") fields.set("file", file);
  return `#/${page}${fields.size > 0 ? `?${fields.toString().replaceAll("%2F", "/")}` : ""}`;
}
