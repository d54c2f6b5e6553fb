/** What the server tells of itself. No DOM here. */

/** GET /status, as src/serve/status.ts writes it; a model that is not loaded has an id alone. */
export interface ServerStatus {
  readonly uptime_seconds: number;
  readonly active_requests: number;
  readonly memory: {
    readonly resident_bytes: number;
    readonly free_bytes: number;
    readonly total_bytes: number;
  };
  readonly models: readonly ModelStatus[];
}

export interface ModelStatus {
  readonly id: string;
  readonly loaded: boolean;
  /** A chat may be about a picture, a recording or a video. */
  readonly takes_files: boolean;
  readonly context_length?: number;
  readonly running?: number;
  readonly waiting?: number;
  readonly slots?: number;
  readonly cache?: {
    readonly tokens: number;
    readonly capacity_tokens: number;
    readonly bytes: number;
  };
  readonly tokens?: {
    readonly prompt: number;
    readonly reused: number;
    readonly generated: number;
  };
  readonly sampling?: {
    readonly temperature: number;
    readonly top_p: number;
    readonly top_k: number;
    readonly min_p: number;
    readonly max_tokens: number | null;
  };
  readonly can_chat?: boolean;
  readonly can_think?: boolean;
  readonly can_call_tools?: boolean;
  readonly model_type?: string;
  readonly layers?: number;
  readonly hidden_size?: number;
  readonly vocabulary?: number;
  readonly parameters?: number;
  readonly weights?: readonly {
    readonly dtype: string;
    readonly parameters: number;
    readonly bytes: number;
  }[];
  readonly examples?: readonly string[];
}
