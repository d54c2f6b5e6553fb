/** OrtStatus -> Error, told in the names of our graph. */

import { EngineError, engineErrorCodes } from "../engine-error.ts";
import type { OrtApi } from "./api.ts";
import type { Pointer } from "./ffi.ts";

export type Provenance = ReadonlyMap<string, string>;
const noProvenance: Provenance = new Map();

/** Reads and releases a status; null means success. */
export function toError(
  api: OrtApi,
  status: Pointer | null,
  doing: string,
  provenance: Provenance = noProvenance,
): EngineError | undefined {
  if (!status) return undefined;
  const code = engineErrorCodes[api.GetErrorCode(status)] ?? "FAIL";
  const message = api.GetErrorMessage(status).trim();
  api.ReleaseStatus(status);
  const node = findNode(message, provenance);
  const where = node === undefined ? "" : ` at ${provenance.get(node)}`;
  return new EngineError(`${doing}${where}: ${message} (ONNX Runtime ${code})`, code, node);
}

/** @throws EngineError where the status is not null */
export function check(
  api: OrtApi,
  status: Pointer | null,
  doing: string,
  provenance?: Provenance,
): void {
  const error = toError(api, status, doing, provenance);
  if (error) throw error;
}

/**
 * The first word of the message that is a node of the graph. Messages name nodes in several
 * styles: `Name:'x'`, `Node (x) Op (MatMul)`, `Node:x`; fused nodes carry their parts' names.
 */
function findNode(message: string, provenance: Provenance): string | undefined {
  for (const quoted of message.matchAll(/Name:'([^']*)'|[Nn]ode[ :]*[('"]([^)'"]*)[)'"]/g)) {
    const name = quoted[1] ?? quoted[2];
    if (name !== undefined && provenance.has(name)) return name;
  }
  for (const [word] of message.matchAll(/[^\s'"(),;]+/g)) {
    const name = word.replace(/^Node:|[:.]+$/g, "");
    if (provenance.has(name)) return name;
  }
  return undefined;
}
