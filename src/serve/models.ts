/** GET /v1/models and /v1/models/NAME. */

import type { Call } from "./call.ts";
import { checked, HttpError } from "./errors.ts";

const started = Math.floor(Date.now() / 1000);

export function listModels({ options: { pool } }: Call): Response {
  const open = new Map(pool.open.map((model) => [model.name, model]));
  const data = pool.names.map((id) => ({
    id,
    object: "model",
    created: started,
    owned_by: "onefold",
    /** Known once the model is loaded. */
    ...(open.has(id) ? { max_model_len: open.get(id)!.engine.contextLimit } : {}),
    loaded: open.has(id),
  }));
  return Response.json({ object: "list", data });
}

export function describeModel({ request, options: { pool } }: Call): Response {
  const path = new URL(request.url).pathname.slice("/v1/models/".length);
  const id = checked(() => decodeURIComponent(path));
  if (!pool.names.includes(id)) {
    const message = `no model is called "${id.slice(0, 100)}"; there is ${pool.names.join(", ")}`;
    throw new HttpError(404, message, { code: "model_not_found" });
  }
  return Response.json({ id, object: "model", created: started, owned_by: "onefold" });
}
