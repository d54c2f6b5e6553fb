/** The charts of all measures; reading one reads all at the same place. */

import { useMemo, useState } from "preact/hooks";
import type { Route } from "../route.ts";
import { Chart, type Line } from "./chart.tsx";
import type { LineStyle } from "./colours.ts";
import { type Along, smooth } from "./curves.ts";
import { HELD, type Measure, type MeasureGroup } from "./measures.ts";
import type { RunData } from "./watcher.ts";

interface ChartsProps {
  readonly groups: readonly MeasureGroup[];
  readonly runs: readonly RunData[];
  readonly styles: ReadonlyMap<string, LineStyle>;
  readonly route: Route;
}

export function Charts({ groups, ...rest }: ChartsProps) {
  const [cursor, onCursor] = useState<number>();
  return groups.map(({ title, measures, isFolded }) => (
    <details key={title} class="group" open={!isFolded}>
      <summary>
        <h2>{title}</h2>
      </summary>
      <div class="charts">
        {measures.map((measure) => (
          <MeasureChart
            key={measure.name}
            measure={measure}
            cursor={cursor}
            onCursor={onCursor}
            {...rest}
          />
        ))}
      </div>
    </details>
  ));
}

interface MeasureProps extends Omit<ChartsProps, "groups"> {
  readonly measure: Measure;
  readonly cursor: number | undefined;
  readonly onCursor: (x: number | undefined) => void;
}

function MeasureChart({
  measure: { name, label },
  runs,
  styles,
  route,
  cursor,
  onCursor,
}: MeasureProps) {
  const { along, smoothing } = route;
  const key = runs.map((run) => `${run.name} ${run.version}`).join("\n");
  const lines = useMemo(
    () =>
      runs.flatMap((run): Line[] => {
        const style = styles.get(run.name)!;
        const curve = curveOf(run, name, along, smoothing);
        return curve.points.length > 0 ? [{ name: run.name, style, ...curve }] : [];
      }),
    [key, name, along, smoothing],
  );
  return <Chart title={label} lines={lines} along={along} cursor={cursor} onCursor={onCursor} />;
}

function curveOf({ metrics, held }: RunData, name: string, along: Along, smoothing: number) {
  if (name.startsWith(HELD)) {
    const points = held.series(name.slice(HELD.length), along, metrics.placeOf(along));
    return { points, smoothed: undefined }; // evaluations are means over many rows as they are
  }
  const points = metrics.series(name, along);
  const isNoisy = name !== "learningRate"; // a schedule: what it is, not what it was lately
  return { points, smoothed: smoothing > 1 && isNoisy ? smooth(points, smoothing) : undefined };
}
