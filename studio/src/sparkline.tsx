/** A line of recent values, newest at the right edge. */

interface Props {
  readonly values: readonly number[];
  /** How many fit. */
  readonly length: number;
}

export function Sparkline({ values, length }: Props) {
  const most = Math.max(...values, 1);
  const points = values.map((value, i) => {
    const x = (100 * (length - values.length + i)) / (length - 1);
    return `${x.toFixed(1)},${(23 - (22 * value) / most).toFixed(1)}`;
  });
  return (
    <svg class="sparkline" viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true">
      <polyline points={points.join(" ")} />
    </svg>
  );
}
