/** GET /v1/models and /v1/models/NAME. */

import type { Call } from "./call.ts";
import { checked, HttpError } from "./errors.ts";
import type { ModelPool } from "./model-pool.ts";

const started = Math.floor(Date.now() / 1000);

export function listModels({ options: { pool } }: Call): Response {
  const data = pool.names.map((id) => entryOf(pool, id));
  return Response.json({ object: "list", data });
}

function entryOf(pool: ModelPool, id: string): object {
  const model = pool.open.find(({ name }) => name === id);
  return {
    id,
    object: "model",
    created: started,
    owned_by: "onefold",
    /** Known once the model is loaded. */
    ...(model ? { max_model_len: model.engine.contextLimit } : {}),
    loaded: model !== undefined,
  };
}

export function describeModel({ request, options: { pool } }: Call): Response {
  const path = new URL(request.url).pathname.slice("/v1/models/".length);
  const id = checked(() => decodeURIComponent(path));
  if (!pool.names.includes(id)) {
    const message = `no model is called "${id.slice(0, 100)}"; there is ${pool.names.join(", ")}`;
    throw new HttpError(404, message, { code: "model_not_found" });
  }
  return Response.json(entryOf(pool, id));
}
