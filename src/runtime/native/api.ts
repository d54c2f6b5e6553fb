/**
 * ONNX Runtime's C API: a table of function pointers, append-only, so an index once right stays
 * right. Order and signatures: onnxruntime/include/onnxruntime/core/session/onnxruntime_c_api.h.
 */

import { loadKoffi, loadPinned, type Pointer } from "./ffi.ts";
import { findLibrary } from "./library.ts";

/** First table version that has every function below. */
const apiVersion = 22;

/** Characters of a file path are 16-bit on Windows. */
const path = process.platform === "win32" ? "str16" : "str";
const p = "void *";

/**
 * Index, result, arguments. All but the releases and the plain getters return an OrtStatus*.
 * Pointers are `void *`: koffi takes an address (bigint) or a typed array for them.
 */
const table = {
  GetErrorCode: [1, "int", [p]],
  GetErrorMessage: [2, "str", [p]],
  CreateSessionFromArray: [8, p, [p, p, "size_t", p, p]],
  Run: [9, p, [p, p, p, p, "size_t", p, "size_t", p]],
  CreateSessionOptions: [10, p, [p]],
  SetSessionExecutionMode: [13, p, [p, "int"]],
  EnableProfiling: [14, p, [p, path]],
  DisableMemPattern: [17, p, [p]],
  DisableCpuMemArena: [19, p, [p]],
  SetSessionLogSeverityLevel: [22, p, [p, "int"]],
  SetSessionGraphOptimizationLevel: [23, p, [p, "int"]],
  SetIntraOpNumThreads: [24, p, [p, "int"]],
  SetInterOpNumThreads: [25, p, [p, "int"]],
  CreateRunOptions: [39, p, [p]],
  RunOptionsSetTerminate: [46, p, [p]],
  RunOptionsUnsetTerminate: [47, p, [p]],
  CreateTensorWithDataAsOrtValue: [49, p, [p, p, "size_t", p, "size_t", "int", p]],
  GetTensorMutableData: [51, p, [p, p]],
  GetTensorElementType: [60, p, [p, p]],
  GetDimensionsCount: [61, p, [p, p]],
  GetDimensions: [62, p, [p, p, "size_t"]],
  GetTensorTypeAndShape: [65, p, [p, p]],
  AllocatorFree: [76, p, [p, p]],
  AllocatorGetInfo: [77, p, [p, p]],
  GetAllocatorWithDefaultOptions: [78, p, [p]],
  ReleaseStatus: [93, "void", [p]],
  ReleaseSession: [95, "void", [p]],
  ReleaseValue: [96, "void", [p]],
  ReleaseRunOptions: [97, "void", [p]],
  ReleaseTensorTypeAndShapeInfo: [99, "void", [p]],
  ReleaseSessionOptions: [100, "void", [p]],
  SessionEndProfiling: [110, p, [p, p, p]],
  CreateEnvWithGlobalThreadPools: [119, p, ["int", "str", p, p]],
  DisablePerSessionThreads: [120, p, [p]],
  CreateThreadingOptions: [121, p, [p]],
  ReleaseThreadingOptions: [122, "void", [p]],
  GetAvailableProviders: [125, p, [p, p]],
  ReleaseAvailableProviders: [126, p, [p, "int"]],
  AddSessionConfigEntry: [130, p, [p, "str", "str"]],
  SetGlobalIntraOpNumThreads: [147, p, [p, "int"]],
  SetGlobalInterOpNumThreads: [148, p, [p, "int"]],
  SetGlobalSpinControl: [149, p, [p, "int"]],
  AddInitializer: [150, p, [p, "str", p]],
  AddExternalInitializers: [210, p, [p, p, p, "size_t"]],
  SetDeterministicCompute: [273, p, [p, "bool"]],
  SessionOptionsSetLoadCancellationFlag: [293, p, [p, "bool"]],
} as const;

type Results = { str: string; int: number; void: undefined; "void *": Pointer | null };
type NativeArgument = Pointer | number | boolean | string | NodeJS.TypedArray | null;

/** A native function; `async` runs it on a thread of libuv's pool and leaves the loop free. */
interface NativeFunction<R> {
  (...args: NativeArgument[]): R;
  async(...args: [...NativeArgument[], (error: Error | null, result: R) => void]): void;
}

type Functions = {
  readonly [K in keyof typeof table]: NativeFunction<Results[(typeof table)[K][1]]>;
};

export interface OrtApi extends Functions {
  readonly library: string;
  readonly version: string;
  /** Address of a typed array's memory. The caller keeps the array referenced. */
  addressOf(array: NodeJS.TypedArray | DataView): Pointer;
  /** Copies memory of the engine's into an ArrayBuffer of our own. */
  copyOut(from: Pointer, bytes: number): ArrayBuffer;
  stringAt(pointer: Pointer): string;
  pointerAt(pointer: Pointer, index: number): Pointer;
}

let cached: Promise<OrtApi> | undefined;

/** The function table of this thread; the library itself is loaded once per process. */
export function loadApi(): Promise<OrtApi> {
  cached ??= load().catch((error) => {
    cached = undefined;
    throw error;
  });
  return cached;
}

async function load(): Promise<OrtApi> {
  const koffi = await loadKoffi();
  const libraryPath = findLibrary();
  const library = await loadPinned(libraryPath);
  const pointerAt = (base: Pointer, index: number): Pointer =>
    koffi.decode(base, index * koffi.sizeof(p), p) as Pointer;

  let base: Pointer;
  try {
    base = library.func("OrtGetApiBase", p, [])();
  } catch (cause) {
    throw new Error(`${libraryPath} is not an ONNX Runtime library: no OrtGetApiBase`, { cause });
  }
  const version: string = koffi.decode(pointerAt(base, 1), koffi.proto("str", []))();
  const functions: Pointer | null = koffi.decode(
    pointerAt(base, 0),
    koffi.proto(p, ["uint32_t"]),
  )(apiVersion);
  if (!functions) {
    throw new Error(
      `${libraryPath} is ONNX Runtime ${version}; version 1.${apiVersion} or newer is needed`,
    );
  }
  const bound = Object.fromEntries(
    Object.entries(table).map(([name, [index, result, args]]) => [
      name,
      koffi.decode(pointerAt(functions, index), koffi.proto(result, [...args])),
    ]),
  ) as Functions;
  return {
    ...bound,
    library: libraryPath,
    version,
    addressOf: (array) => koffi.address(array),
    copyOut: (from, bytes) => (bytes ? koffi.view(from, bytes).slice(0) : new ArrayBuffer(0)),
    stringAt: (pointer) => koffi.decode.string(pointer),
    pointerAt,
  };
}
