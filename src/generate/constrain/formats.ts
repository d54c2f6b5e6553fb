/** Formats of JSON Schema strings, as regexes that match the whole string. */

const date =
  "(?:(?:\\d\\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29|" +
  "\\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|" +
  "(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8])))";
const time =
  "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,9})?(?:Z|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)";
const label = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
const octet = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const ipv4 = `${octet}(?:\\.${octet}){3}`;
const hex = "[0-9a-fA-F]";
const group = `${hex}{1,4}`;
const ipv6 = [
  `(?:${group}:){7}${group}`,
  ...Array.from({ length: 8 }, (_, i) => {
    const before = i === 0 ? "" : `${group}(?::${group}){0,${i - 1}}`;
    return i === 7 ? `${before}::` : `${before}::(?:${group}(?::${group}){0,${6 - i}})?`;
  }),
].join("|");
const amount = (unit: string): string => `\\d{1,9}${unit}`;
/** One or more of the units, in order and without gaps. */
const run = (...units: string[]): string =>
  units
    .map((_, i) => units.slice(i).reduceRight((rest, unit) => `${amount(unit)}(?:${rest})?`, ""))
    .join("|");
const clock = `T(?:${run("H", "M", "S")})`;
const calendar = `(?:${run("Y", "M", "D")})`;
const unreserved = "[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2}";

/** RFC 3339 (date-time, date, time, duration), 5321 without quoting, 1123, 4291, 4122, 3986. */
export const formats: Readonly<Record<string, string>> = {
  "date-time": `${date}[Tt]${time}`,
  date,
  time,
  duration: `P(?:\\d{1,9}W|${clock}|${calendar}(?:${clock})?)`,
  email:
    "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@" +
    `(?:${label}\\.)+${label}`,
  hostname: `${label}(?:\\.${label})*`,
  ipv4,
  ipv6,
  uuid: `${hex}{8}-${hex}{4}-${hex}{4}-${hex}{4}-${hex}{12}`,
  uri: `[A-Za-z][A-Za-z0-9+.-]*:(?:${unreserved}|[/?])+(?:#(?:${unreserved}|[/?])*)?`,
};
