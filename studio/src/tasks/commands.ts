/** The task on screen as a command of a shell. No DOM here. */

import type { TaskRequest } from "./api.ts";

/** @example quote("it's") // "'it'\\''s'" */
const quote = (text: string): string =>
  /^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

export function curlCommand(
  origin: string,
  { model, instruction, inputs, options }: TaskRequest,
): string {
  const text = (name: string, value: string): string =>
    `--form-string ${quote(`${name}=${value}`)}`; // a text may begin with @
  const parts = [
    `curl ${quote(`${origin}/tasks/infer`)}`,
    text("model", model),
    text("instruction", instruction),
    ...Object.entries(inputs).map(([name, value]) =>
      typeof value === "string" ? text(name, value) : `--form ${quote(`${name}=@${value.name}`)}`,
    ),
    ...(Object.keys(options).length > 0 ? [text("options", JSON.stringify(options))] : []),
  ];
  return parts.join(" \\\n  ");
}
