/** A task's request: JSON, or a form whose fields are the slots. */

import { readBody, readForm } from "../body.ts";
import type { Call } from "../call.ts";
import { checked, HttpError, schemaError } from "../errors.ts";
import { type InferBody, inferBody } from "../schemas/tasks.ts";

export interface TaskRequest extends Omit<InferBody, "inputs"> {
  /** By the names of slots; an uploaded file is a Blob. */
  readonly inputs: ReadonlyMap<string, unknown>;
}

/** Fields of a form that are no slots. */
const OWN = ["model", "instruction", "options"];

/** @throws HttpError 400, 413 or 415 */
export async function readTaskRequest({ request, options }: Call): Promise<TaskRequest> {
  const { fileLimit } = options;
  const type = request.headers.get("content-type") ?? "";
  if (!/^multipart\/form-data\b/i.test(type)) {
    const { inputs = {}, ...body } = await readBody(request, inferBody, fileLimit);
    return { ...body, inputs: new Map(Object.entries(inputs)) };
  }
  const fields = new Map<string, unknown>();
  for (const [name, value] of await readForm(request, fileLimit)) {
    if (fields.has(name)) throw new HttpError(400, `${name}: is given twice`, { param: name });
    fields.set(name, value);
  }
  const given = fields.get("options");
  const parsed = inferBody.safeParse({
    model: fields.get("model"),
    instruction: fields.get("instruction"),
    options: typeof given === "string" ? parseOptions(given) : given,
  });
  if (!parsed.success) throw schemaError(parsed.error);
  return { ...parsed.data, inputs: new Map([...fields].filter(([name]) => !OWN.includes(name))) };
}

const parseOptions = (text: string): unknown => checked((): unknown => JSON.parse(text), "options");
