/** Numbers and tables as people read them, and colour where a terminal shows it. */

export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
}

/**
 * Colours for one stream: on in a terminal, off with a non-empty `NO_COLOR` (no-color.org) or
 * `TERM=dumb`, on anyway with a non-empty `FORCE_COLOR` other than 0.
 */
export function createPaint(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv): Paint {
  const isForced = Boolean(env.FORCE_COLOR) && env.FORCE_COLOR !== "0";
  const isOn = !env.NO_COLOR && (isForced || (stream.isTTY === true && env.TERM !== "dumb"));
  const wrap = (open: number, close: number) => (text: string) =>
    isOn && text ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return {
    bold: wrap(1, 22),
    dim: wrap(2, 22),
    red: wrap(31, 39),
    green: wrap(32, 39),
    yellow: wrap(33, 39),
  };
}

const byteUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** @example formatBytes(1_503_238_553) // "1.40 GiB" */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 1023.9 would print as 1024: the next unit reads better.
  while (value >= 1023.5 && unit < byteUnits.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit === 0 ? 0 : value < 10 ? 2 : value < 100 ? 1 : 0;
  return `${value.toFixed(digits)} ${byteUnits[unit]}`;
}

const countUnits = ["", " K", " M", " B", " T"];

/** @example formatCount(596_049_920) // "596 M" */
export function formatCount(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < countUnits.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 100 ? 0 : value < 10 ? 2 : 1;
  return `${value.toFixed(digits)}${countUnits[unit]}`;
}

/** @example formatDuration(3725) // "1:02:05" */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "-:--";
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number): string => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const clock = `${two(minutes)}:${two(whole % 60)}`;
  return hours > 0 ? `${hours}:${clock}` : clock.replace(/^0/, "");
}

/**
 * Rows as aligned columns, two spaces apart.
 * @param right indexes of columns aligned to the right (numbers)
 */
export function formatTable(
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, displayWidth(cell));
    });
  }
  const lines = rows.map((row) =>
    row
      .map((cell, column) => {
        const padding = " ".repeat(widths[column]! - displayWidth(cell));
        return right.includes(column) ? padding + cell : cell + padding;
      })
      .join("  ")
      .trimEnd(),
  );
  return lines.join("\n");
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: terminal colours start with ESC
const escapes = /\u001b\[[0-9;]*m/g;
const wide = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]/;

/** Terminal cells of a text: colour codes take none, CJK and emoji take two. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text.replace(escapes, "")) {
    width += wide.test(character) || character > "\uffff" ? 2 : 1;
  }
  return width;
}

/** The longest beginning of `text` that fits into `cells` terminal cells; `...` marks a cut. */
export function fitWidth(text: string, cells: number): string {
  if (displayWidth(text) <= cells) return text;
  let kept = "";
  let width = 0;
  for (const character of text.replace(escapes, "")) {
    width += displayWidth(character);
    if (width > cells - 3) break;
    kept += character;
  }
  return `${kept}...`;
}
