/** What media are once decoded; files and bytes become these, and these become files. */

/** 8-bit RGB, row by row: `data` holds height · width · 3 bytes. */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** One channel, -1 to 1. */
export interface Audio {
  /** Samples a second. */
  readonly sampleRate: number;
  readonly samples: Float32Array;
}

/** Frames of one size, in order of time. */
export interface Video {
  readonly frames: readonly Image[];
  /** When each frame is shown, in seconds. */
  readonly times: readonly number[];
}

/** Left, top, right, bottom in pixels of the image it lies in. */
export type Box = readonly [left: number, top: number, right: number, bottom: number];

/** A joint of a skeleton; parents stand before their children. */
export interface Joint {
  readonly name: string;
  /** Index of the parent; -1 for the root. */
  readonly parent: number;
  /** From the parent, at rest. */
  readonly offset: readonly [x: number, y: number, z: number];
}

export interface Skeleton {
  readonly joints: readonly Joint[];
  /** Where bones without a joint at their end end: index of the joint, and offset from it. */
  readonly ends: readonly {
    readonly joint: number;
    readonly offset: readonly [number, number, number];
  }[];
}

/** A moving skeleton. */
export interface Motion {
  readonly skeleton: Skeleton;
  /** Seconds. */
  readonly frameTime: number;
  readonly frames: number;
  /** Where the root is: [frames, 3]. */
  readonly root: Float32Array;
  /** Of each joint, relative to its parent, as unit quaternions w, x, y, z: [frames, joints, 4]. */
  readonly rotations: Float32Array;
}

export type Cell = string | number;

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** Subject, relation, object. */
export type Triple = readonly [subject: string, relation: string, object: string];

/** A database's shape, as text-to-SQL tasks see it. */
export interface Schema {
  readonly name: string;
  readonly tables: readonly { readonly name: string; readonly columns: readonly string[] }[];
}

/** What a STRUCT slot takes. A string is taken as it is. */
export type Structure =
  | string
  | Table
  | readonly Triple[]
  | Schema
  | readonly (readonly number[])[];
