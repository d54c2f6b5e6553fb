/** Colours as matplotlib names them, and how far two are apart. */

const named: Readonly<Record<string, string>> = {
  b: "#0000ff",
  g: "#008000",
  r: "#ff0000",
  c: "#00bfbf",
  m: "#bf00bf",
  y: "#bfbf00",
  k: "#000000",
  w: "#ffffff",
  black: "#000000",
  white: "#ffffff",
  red: "#ff0000",
  green: "#008000",
  blue: "#0000ff",
  cyan: "#00ffff",
  magenta: "#ff00ff",
  yellow: "#ffff00",
  gray: "#808080",
  grey: "#808080",
  lightgray: "#d3d3d3",
  lightgrey: "#d3d3d3",
  darkgray: "#a9a9a9",
  silver: "#c0c0c0",
  orange: "#ffa500",
  darkorange: "#ff8c00",
  purple: "#800080",
  violet: "#ee82ee",
  indigo: "#4b0082",
  pink: "#ffc0cb",
  hotpink: "#ff69b4",
  brown: "#a52a2a",
  maroon: "#800000",
  navy: "#000080",
  teal: "#008080",
  olive: "#808000",
  lime: "#00ff00",
  gold: "#ffd700",
  coral: "#ff7f50",
  salmon: "#fa8072",
  tomato: "#ff6347",
  crimson: "#dc143c",
  firebrick: "#b22222",
  darkred: "#8b0000",
  darkgreen: "#006400",
  darkblue: "#00008b",
  lightblue: "#add8e6",
  lightgreen: "#90ee90",
  lightcoral: "#f08080",
  skyblue: "#87ceeb",
  steelblue: "#4682b4",
  royalblue: "#4169e1",
  dodgerblue: "#1e90ff",
  cornflowerblue: "#6495ed",
  forestgreen: "#228b22",
  limegreen: "#32cd32",
  seagreen: "#2e8b57",
  turquoise: "#40e0d0",
  khaki: "#f0e68c",
  beige: "#f5f5dc",
  tan: "#d2b48c",
  chocolate: "#d2691e",
  sienna: "#a0522d",
  orchid: "#da70d6",
  plum: "#dda0dd",
  slateblue: "#6a5acd",
  mediumpurple: "#9370db",
};

/** matplotlib's default cycle, C0 to C9, with its "tab:" names. */
const cycle = {
  blue: "#1f77b4",
  orange: "#ff7f0e",
  green: "#2ca02c",
  red: "#d62728",
  purple: "#9467bd",
  brown: "#8c564b",
  pink: "#e377c2",
  gray: "#7f7f7f",
  olive: "#bcbd22",
  cyan: "#17becf",
} as const;
const cycled = Object.values(cycle);

export const cycleColor = (index: number): string => cycled[index % cycled.length]!;

/** As #rrggbb; undefined for a name that is not known. */
export function parseColor(text: string): string | undefined {
  const name = text.trim();
  if (/^#[\da-f]{6}([\da-f]{2})?$/i.test(name)) return name.slice(0, 7).toLowerCase();
  if (/^#[\da-f]{3}$/i.test(name)) return name.replace(/[\da-f]/gi, "$&$&").toLowerCase();
  if (/^C\d{1,2}$/.test(name)) return cycleColor(Number(name.slice(1)));
  const lower = name.toLowerCase();
  if (lower.startsWith("tab:")) {
    const found = Object.entries(cycle).find(
      ([key]) => `tab:${key}` === lower.replace("grey", "gray"),
    );
    return found?.[1];
  }
  if (/^(0?\.\d+|0|1|[01]\.0*)$/.test(name))
    return rgbColor([Number(name), Number(name), Number(name)]);
  return Object.hasOwn(named, lower) ? named[lower] : undefined;
}

/** From shares of red, green and blue, 0 to 1. */
export const rgbColor = (rgb: readonly number[]): string =>
  `#${rgb
    .slice(0, 3)
    .map((v) =>
      Math.round(Math.min(1, Math.max(0, v)) * 255)
        .toString(16)
        .padStart(2, "0"),
    )
    .join("")}`;

/** CIE 1976 L*a*b* under D65. @param color #rrggbb */
function labOf(color: string): [number, number, number] {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const v = Number.parseInt(color.slice(i, i + 2), 16) / 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  const f = (t: number): number =>
    t > (6 / 29) ** 3 ? Math.cbrt(t) : t / (3 * (6 / 29) ** 2) + 4 / 29;
  const x = f((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047);
  const y = f(0.2126729 * r + 0.7151522 * g + 0.072175 * b);
  const z = f((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** CIE76: 0 of equal colours, 100 of black and white. */
export function colorDifference(a: string, b: string): number {
  const [p, q] = [labOf(a), labOf(b)];
  return Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
}
