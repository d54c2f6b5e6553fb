/** JSON answers: laid out, and told apart from prose. */

/** Laid out over lines; undefined where the text is no JSON object or list. */
export function prettyJson(text: string): string | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return undefined;
  }
}

/** Whether an answer that is still being written looks like JSON (a link does not). */
export const startsAsJson = (text: string): boolean => /^\s*(\{\s*["}]|\[\s*[[{"\d\]-])/.test(text);

export type JsonPart = { readonly kind: "key" | "text" | "value" | "rest"; readonly text: string };

/** JSON text cut into what is shown in different colours; the parts add up to the text. */
export function jsonParts(json: string): JsonPart[] {
  const parts: JsonPart[] = [];
  const pattern =
    /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
  let at = 0;
  for (const match of json.matchAll(pattern)) {
    if (match.index > at) parts.push({ kind: "rest", text: json.slice(at, match.index) });
    const [all, string, colon] = match;
    if (string === undefined) parts.push({ kind: "value", text: all });
    else parts.push({ kind: colon ? "key" : "text", text: string });
    if (colon) parts.push({ kind: "rest", text: colon });
    at = match.index + all.length;
  }
  if (at < json.length) parts.push({ kind: "rest", text: json.slice(at) });
  return parts;
}
