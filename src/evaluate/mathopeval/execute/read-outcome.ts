/** What the driver says, which the program may have changed: a figure in our form, or nothing. */

import { z } from "zod";
import { type Figure, type FigureElement, normalizeText } from "../figure/figure.ts";
import { nameBars, type PlotOutcome } from "../run-plot.ts";
import { failed } from "./failed.ts";

const number = z.number().refine(Number.isFinite);
const point = z.tuple([number, number]);
const text = z.string().max(10_000).transform(normalizeText);
const ticks = z.array(z.object({ at: number, label: text })).max(10_000);

/** Lines and areas may be empty. */
const leastPoints: Partial<Record<FigureElement["kind"], number>> = {
  ...{ bar: 2, arrow: 2 },
  ...{ marker: 1, wedge: 1, circle: 1, arc: 1, text: 1 },
};
/** Has the points and sizes that comparisons read. */
const isWhole = ({ kind, points, size = [] }: Pick<FigureElement, "kind" | "points" | "size">) =>
  points.length >= (leastPoints[kind] ?? 0) &&
  size.length >= (kind === "arc" ? 4 : kind === "wedge" ? 3 : kind === "circle" ? 1 : 0);

const said = z.union([
  z.object({
    status: z.literal("ok"),
    axes: z.array(
      z.object({
        title: text,
        xlabel: text,
        ylabel: text,
        xlim: point.optional(),
        ylim: point.optional(),
        xticks: ticks.optional(),
        yticks: ticks.optional(),
        hasLegend: z.boolean(),
        isHidden: z.boolean(),
        isEqual: z.boolean(),
        elements: z.array(
          z
            .object({
              kind: z.enum([
                "line",
                "marker",
                "bar",
                "wedge",
                "circle",
                "arc",
                "polygon",
                "fill",
                "arrow",
                "text",
              ]),
              points: z.array(point),
              size: z.array(number).optional(),
              label: text,
              color: z.string().regex(/^#[\da-f]{6}$/),
              style: z.string().max(40),
              isHorizontal: z.boolean().optional(),
              share: number.optional(),
            })
            .refine(isWhole),
        ),
      }),
    ),
  }),
  z.object({
    status: z.enum(["syntax", "unsupported", "error", "limit"]),
    message: z.string(),
    line: z.number().int(),
  }),
]);

/** @param output JSON */
export function outcomeOf(output: string): PlotOutcome {
  let given: unknown;
  try {
    given = JSON.parse(output);
  } catch {}
  const { data } = said.safeParse(given);
  if (!data) return failed("error", "what was drawn cannot be read");
  if (data.status !== "ok") return failed(data.status, data.message, data.line);
  const axes = data.axes.map((each) => {
    const counts = new Map<string, number>();
    const elements = each.elements.map((element) => {
      const same = counts.get(element.kind) ?? 0;
      counts.set(element.kind, same + 1);
      return { id: `${element.kind}-${same}`, ...element };
    });
    const whole = { ...each, hasGrid: false, elements };
    return { ...whole, elements: nameBars(whole) };
  });
  const figure: Figure = { axes: axes.filter(hasContent) };
  return { status: "ok", figure, printed: "" };
}

const hasContent = ({ elements, title }: Figure["axes"][number], i: number): boolean =>
  i === 0 || elements.length > 0 || title !== "";
