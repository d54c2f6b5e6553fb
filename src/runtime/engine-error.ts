/** What an engine refused. */

/** OrtErrorCode of ONNX Runtime, in order. */
export const engineErrorCodes = [
  "OK",
  "FAIL",
  "INVALID_ARGUMENT",
  "NO_SUCHFILE",
  "NO_MODEL",
  "ENGINE_ERROR",
  "RUNTIME_EXCEPTION",
  "INVALID_PROTOBUF",
  "MODEL_LOADED",
  "NOT_IMPLEMENTED",
  "INVALID_GRAPH",
  "EP_FAIL",
  "MODEL_LOAD_CANCELED",
  "MODEL_REQUIRES_COMPILATION",
  "NOT_FOUND",
] as const;

export type EngineErrorCode = (typeof engineErrorCodes)[number];

/** A refusal of the engine, as opposed to a mistake found before it was asked. */
export class EngineError extends Error {
  override readonly name = "EngineError";
  readonly code: EngineErrorCode;
  /** ONNX node the message names, where it names one. */
  readonly node: string | undefined;

  constructor(message: string, code: EngineErrorCode, node?: string) {
    super(message);
    this.code = code;
    this.node = node;
  }
}
