/** A task: an instruction, records to learn and to be measured on, and how. */

import { type Metric, type MetricName, type MetricOptions, metric } from "../metrics/index.ts";
import type { Slot } from "./grammar/ast.ts";
import { parseTemplates } from "./grammar/parse.ts";
import { nearest } from "./grammar/suggest.ts";
import type {
  CheckedTemplates,
  ClosedSet,
  FirstTemplate,
  NeedsClosedSet,
  RecordOf,
} from "./grammar/types.ts";
import { type Plan, planOf } from "./plan.ts";
import type { RecordSource } from "./records.ts";
import { type GenerateOptions, idleOption, type TaskGenerateOptions } from "./run/options.ts";

/** How answers are scored. */
export interface TaskMetric<R> {
  readonly name: MetricName;
  /** The slot that is scored (default: the only generated one). */
  readonly slot?: string;
  /** The field of a record that holds the references, or what they are (default: the slot's own). */
  readonly references?: (keyof R & string) | ((record: R) => unknown);
  /** What the metric takes in place of the generated value, e.g. its features. */
  readonly prediction?: (value: unknown, record: R) => unknown;
  readonly options?: MetricOptions;
}

export interface TaskOptions<R> {
  /** In logs, configurations and curves (default: the instruction). */
  readonly name?: string;
  /** Records to learn from. */
  readonly train?: RecordSource<R>;
  /** Records to be measured on. */
  readonly heldOut?: RecordSource<R>;
  /** Answers that closed slots choose from. */
  readonly closedSet?: readonly string[];
  readonly metric?: TaskMetric<R>;
  /** Beside other tasks (default 1). */
  readonly weight?: number;
  /** How its answers are generated. */
  readonly generate?: TaskGenerateOptions;
  /** Of the labels, 0 to 1 (default 0). */
  readonly smoothing?: number;
  /**
   * Weight of a CTC loss beside that of the tokens: what is said must be told by the sound's positions
   * alone, over the target's tokens (default 0). Sources with AUDIO, targets of text.
   */
  readonly ctc?: number;
  /** Most positions of a micro-batch, padding included (default: that of the training). */
  readonly positions?: number;
  /** Records prepared at a time, of which batches of like length are made (default 256). */
  readonly pool?: number;
}

/** A task that was checked: see {@link task}. */
export interface Task {
  readonly name: string;
  readonly instruction: string;
  /** Of each template. Inference takes the first, training draws. */
  readonly plans: readonly [Plan, ...Plan[]];
  readonly train?: RecordSource<object>;
  readonly heldOut?: RecordSource<object>;
  readonly closedSet?: readonly string[];
  readonly metric?: TaskScore;
  readonly weight: number;
  readonly generate: GenerateOptions;
  readonly smoothing: number;
  readonly ctc: number;
  readonly positions?: number;
  readonly pool: number;
}

/** A metric, and what of an answer and its record it compares. */
export interface TaskScore {
  readonly metric: Metric;
  /** A generated slot, or "items". */
  readonly slot: string;
  readonly prediction: (value: unknown, record: object) => unknown;
  readonly reference: (record: object) => unknown;
}

/**
 * A task of one instruction, or of several templates with `|||` between them.
 *
 * @param instruction checked by the compiler where it is a literal
 * @param options records by the names of the instruction's slots; further fields may hold references
 * @throws InstructionError for an instruction that is none; Error for a metric that does not exist,
 *   a slot or weight that cannot be, a closed set that is missing
 * @example
 * const caption = task("[IMAGE:img] what does the image describe? -> [TEXT:cap]", {
 *   train: reread(() => readOfaCaptions("caption_train.tsv")),
 *   heldOut: reread(() => readOfaCaptions("caption_val.tsv")),
 *   metric: { name: "cider", references: "references" },
 * });
 */
export function task<
  const I extends string,
  R extends RecordOf<FirstTemplate<I>> = RecordOf<FirstTemplate<I>>,
>(
  instruction: CheckedTemplates<I>,
  ...[options]: NeedsClosedSet<FirstTemplate<I>> extends true
    ? [options: TaskOptions<R> & ClosedSet]
    : [options?: TaskOptions<R>]
): Task {
  // What takes records is given this task's own.
  return checkedTask(instruction, (options ?? {}) as unknown as TaskOptions<object>);
}

/** As {@link task}, for what is not known to the compiler. */
export function checkedTask(instruction: string, options: TaskOptions<object>): Task {
  const { name = instruction, closedSet, weight = 1, smoothing = 0, ctc = 0, pool = 256 } = options;
  const [first, ...others] = parseTemplates(instruction).map(planOf);
  const plans = [first, ...others] as const;
  const refuse = (problem: string): never => {
    throw new Error(`task ${name}: ${problem}`);
  };
  const slots = generatedSlots(first);
  for (const plan of others) {
    if (`${generatedSlots(plan).map(describe)}` !== `${slots.map(describe)}`) {
      refuse(`its templates differ in what they generate; expected ${slots.map(describe)}`);
    }
  }
  const isClosed = plans.some(({ target }) => target.kind === "tokens" && target.isClosed);
  if (isClosed && !closedSet?.length) {
    refuse("a closed_set slot needs answers to choose from (closedSet)");
  }
  if (!isClosed && closedSet) refuse("it has a closedSet, but no slot is closed_set");
  if (!(weight > 0 && Number.isFinite(weight))) refuse(`its weight is ${weight}, expected above 0`);
  if (!(smoothing >= 0 && smoothing < 1)) {
    refuse(`its smoothing is ${smoothing}, expected 0 or more and below 1`);
  }
  if (!(ctc >= 0 && ctc < Infinity)) refuse(`its ctc is ${ctc}, expected a weight from 0 on`);
  if (ctc > 0 && !plans.every(isHeard)) {
    refuse("its ctc needs a source with AUDIO, and a target of text without closed set");
  }
  const idle = idleOption(options.generate ?? {}, first.target.kind);
  if (idle) refuse(idle);
  return {
    ...options,
    name,
    instruction,
    plans,
    weight,
    smoothing,
    ctc,
    pool,
    generate: { ...options.generate, ...(closedSet && { closedSet }) },
    metric: options.metric && scoreOf(options.metric, first, refuse),
  };
}

/** What a plan generates; of a repeated group the slots of an item. */
function generatedSlots({ target }: Plan): readonly Slot[] {
  if (target.kind !== "tokens") return [target.slot];
  if (!target.repeated) return target.generated;
  return target.repeated.flatMap((piece) => (piece.kind === "slot" ? [piece.slot] : []));
}

/** Whether a sound tells the text. */
const isHeard = ({ source, target }: Plan): boolean =>
  source.some(({ kind }) => kind === "audio") &&
  target.kind === "tokens" &&
  !target.isClosed &&
  !target.repeated;

const describe = ({ modality, name }: Slot): string => `[${modality}:${name}]`;

function scoreOf(
  { name, slot: given, references, prediction = (value) => value, options }: TaskMetric<object>,
  plan: Plan,
  refuse: (problem: string) => never,
): TaskScore {
  const isRepeated = plan.target.kind === "tokens" && plan.target.repeated !== undefined;
  const names = isRepeated ? ["items"] : generatedSlots(plan).map((slot) => slot.name);
  const [only] = names;
  if (given === undefined && names.length > 1) {
    refuse(`its metric needs the slot that it scores, one of ${names.join(", ")}`);
  }
  const slot = given ?? only;
  if (!names.includes(slot)) {
    const near = nearest(slot, names);
    refuse(
      `its metric scores "${slot}", which is not generated; ` +
        (near ? `did you mean "${near}"?` : `expected one of ${names.join(", ")}`),
    );
  }
  const field = references ?? slot;
  const reference =
    typeof field === "function"
      ? field
      : (record: object): unknown => (record as Record<string, unknown>)[field];
  return { metric: metric(name, options), slot, prediction, reference };
}
