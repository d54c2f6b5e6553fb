/** The native runtime: ONNX Runtime's C API through koffi. */

import type { Runtime } from "../types.ts";
import { engineInfo } from "./engine-info.ts";
import { createSession } from "./session.ts";

export const runtime: Runtime = { createSession, engineInfo };
