/** CircleFinding: find a circle from distances between it and rays from the origin. */

import { bestQuery } from "../belief.ts";
import { between, byLevel, range, span } from "../draw.ts";
import { defineTask, live, refuse, won } from "../task.ts";

interface View {
  /** Bound on the centre's coordinates. */
  readonly most: number;
}

type Circle = readonly [x: number, y: number, radius: number];

/** Distance between the ray from the origin through (x, y) and the circle, 0 where they meet. */
function distance([cx, cy, r]: Circle, [x, y]: readonly number[]): string {
  const isAhead = x * cx + y * cy >= 0;
  const toCentre = isAhead ? Math.abs(x * cy - y * cx) / Math.hypot(x, y) : Math.hypot(cx, cy);
  return Math.max(0, toCentre - r).toFixed(10);
}

export const circleFinding = defineTask<View, Circle>({
  name: "CircleFinding",
  class: "IP",
  goal: "a circle on the grid, by its distance from rays",
  verbs: ["My Query", "My Answer"],
  forms: ["My Query: x y", "My Answer: xc yc r"],
  budget: { easy: 10, medium: 10, hard: 10 },
  bound: "about 5: a ray that points away gives |c| - r, rays aside give linear equations",
  generate(random, level) {
    const most = byLevel(level, 200, 1000, 1500);
    const [x, y] = [between(random, -most, most), between(random, -most, most)];
    if (Math.hypot(x, y) < 2) return { view: { most }, state: [2, 0, 1] };
    const radius = between(random, 1, Math.floor(Math.hypot(x, y)) - 1);
    return { view: { most }, state: [x, y, radius] };
  },
  rules: ({ most }) =>
    `I hide a circle with centre (xc, yc) and radius r. All three are whole numbers, |xc| and |yc| are at most ${most}, r is at least 1, and the origin is outside the circle: r <= |c| - 1, where |c| is the distance of the centre from the origin.
A query x y (whole numbers, not both 0, at most 1000000 in size) sends a ray from the origin (0, 0) through (x, y). I answer with the distance between ray and circle with 10 decimals: 0 where they meet; where the centre lies behind the ray, the nearest point of the ray is the origin, so the distance is |c| - r.
A wrong answer costs a turn.`,
  step(_, circle, { verb, numbers }) {
    if (verb === "My Query") {
      const isPoint = numbers.length === 2 && numbers.every((v) => Math.abs(v) <= 1e6);
      if (!isPoint) return refuse("a query takes two whole numbers of at most 1000000");
      if (numbers.every((v) => v === 0)) return refuse("the origin gives no direction");
      return live(circle, distance(circle, numbers));
    }
    if (numbers.length !== 3) return refuse("an answer takes three whole numbers");
    return numbers.every((v, i) => v === circle[i]) ? won(circle) : live(circle, "Incorrect");
  },
  *oracle({ most }, random) {
    const log: [number[], string][] = [];
    for (const ray of [
      [1, 0],
      [-1, 0],
    ]) {
      log.push([ray, yield `My Query: ${ray[0]} ${ray[1]}`]);
    }
    const gap = Math.max(...log.map(([, answer]) => Number(answer)));
    let circles = circlesAtGap(gap, most).filter((c) =>
      log.every(([q, a]) => distance(c, q) === a),
    );
    while (circles.length > 1) {
      const ray = bestQuery(circles, raysFor(circles), distance, random);
      const answer = yield `My Query: ${ray[0]} ${ray[1]}`;
      circles = circles.filter((c) => distance(c, ray) === answer);
    }
    yield `My Answer: ${circles[0]?.join(" ")}`;
  },
  guess({ most }, _, random) {
    const [x, y] = [between(random, -most, most), between(random, 1, most)];
    return random.below(2)
      ? `My Query: ${x} ${y}`
      : `My Answer: ${x} ${y} ${1 + random.below(most)}`;
  },
  fromPaper(line) {
    const [x, y] = line.numbers("center");
    return { view: { most: line.number("scale") }, state: [x, y, line.number("radius")] };
  },
});

/** All circles with |c| - r = gap: |c| squared is whole, which few radii allow. */
function circlesAtGap(gap: number, most: number): Circle[] {
  const out: Circle[] = [];
  for (const r of span(1, Math.floor(Math.SQRT2 * most))) {
    const square = Math.round((gap + r) ** 2);
    if (Math.abs(Math.sqrt(square) - r - gap) > 1e-9) continue;
    for (const x of span(0, Math.min(most, Math.floor(Math.sqrt(square))))) {
      const y = Math.round(Math.sqrt(square - x * x));
      if (x * x + y * y !== square || y > most) continue;
      for (const sx of x ? [x, -x] : [0]) for (const sy of y ? [y, -y] : [0]) out.push([sx, sy, r]);
    }
  }
  return out;
}

/** Rays all around, and rays beside some of the candidates. */
function raysFor(circles: readonly Circle[]): number[][] {
  const around = range(32).map((i) => i * (Math.PI / 16));
  const beside = circles.slice(0, 8).flatMap(([x, y, r]) => {
    const half = Math.asin(Math.min(1, r / Math.hypot(x, y)));
    return [1, -1].map((side) => Math.atan2(y, x) + side * ((half + Math.PI / 2) / 2));
  });
  return [...around, ...beside].map((angle) =>
    [Math.cos(angle), Math.sin(angle)].map((v) => Math.round(1e6 * v)),
  );
}
