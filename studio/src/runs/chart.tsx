/** Curves of one measure, a line a run, with a cursor that all charts share. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { formatAlong, formatValue, xAxis, yAxis } from "./axis.ts";
import { colourOf, type LineStyle } from "./colours.ts";
import { type Along, nearest, type Point } from "./curves.ts";

export interface Line {
  readonly name: string;
  readonly style: LineStyle;
  readonly points: readonly Point[];
  /** A value a point; undefined where the points themselves are shown. */
  readonly smoothed: readonly number[] | undefined;
}

interface Props {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly along: Along;
  /** Where all charts are read. */
  readonly cursor: number | undefined;
  readonly onCursor: (x: number | undefined) => void;
}

const HEIGHT = 190;
const MARGIN = { left: 52, right: 12, top: 10, bottom: 24 };
/** Fewer points than these are marked. */
const MARKED = 40;

export function Chart({ title, lines, along, cursor, onCursor }: Props) {
  const [plot, width] = useWidth();
  const [wantsLog, setLog] = useState(false);
  const canBeLog = lines.some(({ points }) => points.some(({ y }) => y > 0));
  const isLog = wantsLog && canBeLog;
  const shown = useMemo(() => draw(lines, along, isLog, width), [lines, along, isLog, width]);
  const { x, left, right, all } = shown;
  const at = cursor === undefined ? undefined : nearest(all, cursor);
  const place = at === undefined ? undefined : all[at];

  const onPointer = (event: PointerEvent): void => {
    const { left: start } = plot.current!.getBoundingClientRect();
    const share = (event.clientX - start - left) / (right - left);
    const found = all[nearest(all, x.of(Math.min(1, Math.max(0, share))))];
    onCursor(found?.x);
  };
  const onKey = (event: KeyboardEvent): void => {
    const last = all.length - 1;
    const from = at ?? last;
    const leap = Math.max(1, Math.round(all.length / 10));
    const steps: Readonly<Record<string, number>> = {
      ArrowLeft: from - 1,
      ArrowRight: from + 1,
      PageDown: from - leap,
      PageUp: from + leap,
      Home: 0,
      End: last,
    };
    const next = steps[event.key];
    if (next === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    onCursor(all[Math.min(last, Math.max(0, next))]?.x);
  };
  const readings = lines.map((line) => readAt(line, place?.x));
  const where = place && formatAlong(place.x, along);
  return (
    <figure class="chart">
      <figcaption>
        <h3>{title}</h3>
        {where && <span class="where">{where}</span>}
        <button
          type="button"
          class="quiet"
          aria-label={`Logarithmic axis: ${title}`}
          aria-pressed={isLog}
          disabled={!canBeLog}
          onClick={() => setLog(!wantsLog)}
        >
          log
        </button>
      </figcaption>
      <p class="readings">
        {lines.map(({ name, style }, i) => (
          <span key={name} class="reading" title={name} style={colourOf(style)}>
            <Swatch style={style} />
            {readings[i] === undefined ? "–" : formatValue(readings[i])}
          </span>
        ))}
      </p>
      <div
        ref={plot}
        class="plot"
        role="slider"
        tabIndex={0}
        aria-label={`${title}, by ${along}`}
        aria-valuemin={all[0]?.x ?? 0}
        aria-valuemax={all.at(-1)?.x ?? 0}
        aria-valuenow={place?.x ?? all.at(-1)?.x ?? 0}
        aria-valuetext={[
          where ?? "the end",
          ...lines.flatMap(({ name }, i) =>
            readings[i] === undefined ? [] : [`${name} ${formatValue(readings[i])}`],
          ),
        ].join("; ")}
        onPointerMove={onPointer}
        onPointerDown={onPointer}
        onPointerLeave={() => onCursor(undefined)}
        onBlur={() => onCursor(undefined)}
        onKeyDown={onKey}
      >
        <svg width={width} height={HEIGHT} aria-hidden="true">
          {shown.grid}
          {shown.curves}
          {place && (
            <Cursor
              at={left + x.at(place.x) * (right - left)}
              dots={lines.flatMap(({ name, style }, i) =>
                readings[i] === undefined || (isLog && readings[i] <= 0)
                  ? []
                  : [{ name, style, y: shown.py(readings[i]) }],
              )}
            />
          )}
        </svg>
      </div>
    </figure>
  );
}

/** What a line shows at a place (default: at its end); nothing beyond its ends. */
function readAt({ points, smoothed }: Line, x: number | undefined): number | undefined {
  const last = points.at(-1);
  if (!last || (x !== undefined && (x > last.x || x < points[0]!.x))) return undefined;
  const i = x === undefined ? points.length - 1 : nearest(points, x);
  return smoothed?.[i] ?? points[i]?.y;
}

/** A piece of a run's line. */
export function Swatch({ style }: { readonly style: LineStyle }) {
  return (
    <svg class="swatch" viewBox="0 0 18 6" style={colourOf(style)} aria-hidden="true">
      <path d="M1 3H17" stroke-dasharray={style.dash} />
    </svg>
  );
}

interface CursorProps {
  readonly at: number;
  readonly dots: readonly {
    readonly name: string;
    readonly style: LineStyle;
    readonly y: number;
  }[];
}

const Cursor = ({ at, dots }: CursorProps) => (
  <g class="cursor">
    <path d={`M${at.toFixed(1)} ${MARGIN.top}V${HEIGHT - MARGIN.bottom}`} />
    {dots.map(({ name, style, y }) => (
      <circle key={name} cx={at} cy={y} r="3.5" style={colourOf(style)} />
    ))}
  </g>
);

/** Everything that does not move with the cursor. */
function draw(lines: readonly Line[], along: Along, isLog: boolean, width: number) {
  const usable = lines.map((line) => {
    const kept = line.points.map((_, i) => i).filter((i) => !isLog || line.points[i]!.low > 0);
    const points = kept.map((i) => line.points[i]!);
    const values = line.smoothed ? kept.map((i) => line.smoothed![i]!) : points.map(({ y }) => y);
    return { ...line, points, values };
  });
  const points = usable.flatMap((line) => line.points);
  const y = yAxis(
    points.flatMap(({ low, high }) => [low, high]),
    isLog,
  );
  const x = xAxis(
    points.map((point) => point.x),
    along,
  );
  const widest = Math.max(...y.ticks.map(({ label }) => label.length), 3);
  const [left, right] = [Math.max(34, 7.2 * widest + 12), width - MARGIN.right];
  const [top, bottom] = [MARGIN.top, HEIGHT - MARGIN.bottom];
  const px = (value: number): number => left + x.at(value) * (right - left);
  const py = (value: number): number => bottom - y.at(value) * (bottom - top);
  const path = (xs: readonly Point[], ys: readonly number[]): string =>
    xs.map((point, i) => `${px(point.x).toFixed(1)} ${py(ys[i]!).toFixed(1)}`).join("L");
  const room = Math.max(2, Math.floor((right - left) / 70));
  const every = Math.ceil(x.ticks.length / room);
  const grid = (
    <g class="grid">
      {y.ticks.map(({ value, label }) => (
        <g key={value}>
          <path d={`M${left} ${py(value).toFixed(1)}H${right}`} />
          <text x={left - 6} y={py(value) + 4} text-anchor="end">
            {label}
          </text>
        </g>
      ))}
      {x.ticks
        .filter((_, i) => i % every === 0)
        .map(({ value, label }) => (
          <text
            key={value}
            x={px(value)}
            y={HEIGHT - 8}
            text-anchor={
              px(value) > right - 20 ? "end" : px(value) < left + 12 ? "start" : "middle"
            }
          >
            {label}
          </text>
        ))}
    </g>
  );
  const curves = usable.map(({ name, style, points: own, values, smoothed }) => {
    const isThin = own.every(({ low, high }) => low === high);
    const highs = own.map(({ high }) => high);
    const lows = own.map(({ low }) => low);
    const band = `M${path(own, highs)}L${path([...own].reverse(), lows.reverse())}Z`;
    return (
      <g key={name} class="curve" style={colourOf(style)}>
        {!isThin && <path class="band" d={band} />}
        {smoothed && own.length > 0 && (
          <path
            class="raw"
            d={`M${path(
              own,
              own.map(({ y: value }) => value),
            )}`}
          />
        )}
        {own.length > 0 && <path d={`M${path(own, values)}`} stroke-dasharray={style.dash} />}
        {own.length < MARKED &&
          own.map((point, i) => (
            <circle key={point.step} cx={px(point.x)} cy={py(values[i]!)} r="2.2" />
          ))}
      </g>
    );
  });
  // The places that the cursor goes to: where any line has a point.
  const all = [...new Set(points.map((point) => point.x))].sort((a, b) => a - b);
  return { x, left, right, py, grid, curves, all: all.map((each) => ({ x: each })) };
}

function useWidth() {
  const plot = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(360);
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => setWidth(Math.floor(entry!.contentRect.width)));
    watch.observe(plot.current!);
    return () => watch.disconnect();
  }, []);
  return [plot, Math.max(width, 160)] as const;
}
