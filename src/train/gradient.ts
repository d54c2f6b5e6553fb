/** From a loss, written once as a function, to the program that computes its gradients. */

import { grad } from "../graph/grad.ts";
import { type LowerOptions, lower } from "../graph/onnx/lowering.ts";
import { mul } from "../graph/ops/elementwise.ts";
import { input } from "../graph/ops/leaf.ts";
import type { Program } from "../graph/program.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { DecoderConfig } from "../models/decoder.ts";
import { isLoraName, loraAdapter } from "../nn/lora.ts";
import {
  createParameters,
  type LinearAdapter,
  type ParameterSpec,
  type Scope,
  type WeightFormats,
} from "../nn/scope.ts";

/** A loss as a graph. */
export interface TracedLoss {
  /** What a micro-batch brings, by the names of its `inputs`. */
  readonly inputs: readonly Tensor[];
  /** Sum, not mean, of the loss over whatever counts in a micro-batch (tokens, pairs): f32 []. */
  readonly total: Tensor;
  /** How many, or how much, `total` is a sum over: what a batch calls `supervised`. f32 []. */
  readonly count?: Tensor;
  /**
   * Further sums to report, f32 of any static shape. A step gives each summed over its
   * micro-batches; scalars are divided, like the loss, by what is supervised.
   */
  readonly metrics?: Readonly<Record<string, Tensor>>;
  /**
   * State that goes from one micro-batch of a step to the next, and starts each step at zero:
   * `input` is a leaf of static shape, `output` what the next micro-batch gets for it.
   */
  readonly carried?: Readonly<Record<string, { readonly input: Tensor; readonly output: Tensor }>>;
  /**
   * Sums over all micro-batches of a step, known to each of them: a forward pass that computes
   * `part` alone runs over them first. `input` is a leaf of the same static shape, f32.
   */
  readonly ahead?: Readonly<Record<string, { readonly input: Tensor; readonly part: Tensor }>>;
}

/** Traces a loss over the parameters that it asks of the scope. */
export type LossFunction = (p: Scope) => TracedLoss;

export interface GradientOptions {
  /** Which parameters are trained (default: all); the others are weights of the program. */
  readonly trains?: (parameter: ParameterSpec) => boolean;
  /** How frozen weights are quantised, by name. */
  readonly formats?: WeightFormats;
  /** Changes linear maps, e.g. by low-rank products (`loraAdapter`). */
  readonly adapter?: LinearAdapter;
  /** The loss of evaluation (default: the same). */
  readonly evaluation?: LossFunction;
}

/** What a model's config says of its training: of an adapter, only the factors are trained. */
export function gradientOptionsOf(
  config: DecoderConfig | undefined,
  options: GradientOptions,
): GradientOptions {
  const lora = config?.lora;
  const {
    adapter = lora && loraAdapter(lora),
    trains = lora && (({ name }) => isLoraName(name)),
    formats = config?.quantized,
    evaluation,
  } = options;
  return { adapter, trains, formats, evaluation };
}

/** A loss and its gradients as graphs, not lowered yet. */
export interface GradientGraph {
  /** Those that are trained. */
  readonly parameters: readonly ParameterSpec[];
  /** Those that are not: the weights of all programs. */
  readonly frozen: readonly ParameterSpec[];
  readonly traced: TracedLoss;
  readonly graph: LowerOptions;
  /** Without gradients, for evaluation. */
  readonly lossGraph: LowerOptions;
  /** The parts that are summed ahead, by name. */
  readonly aheadGraph: LowerOptions | undefined;
}

export interface GradientProgram extends GradientGraph {
  /** Of `graph`. */
  readonly program: Program;
  /** Of `lossGraph`. */
  readonly lossProgram: Program;
  /** Of `aheadGraph`. */
  readonly aheadProgram: Program | undefined;
}

/** Name of a parameter's gradient among the outputs. */
export const gradientOf = (parameter: string): string => `grad ${parameter}`;
/** Name of a reported sum among the outputs. */
export const metricOf = (name: string): string => `metric ${name}`;
/** Name of carried state among the outputs. */
export const nextOf = (name: string): string => `next ${name}`;

const inputsOf = ({ inputs, carried = {}, ahead = {} }: TracedLoss, weight: Tensor): Tensor[] => [
  ...inputs,
  ...[...Object.values(carried), ...Object.values(ahead)].map(({ input }) => input),
  weight,
];

/**
 * Inputs: the trained parameters by name, those of the loss, its carried state, and `weight`
 * f32 [], one over the count of the whole step. Outputs: `loss` (weight times the total), the
 * metrics, the carried state, and a gradient for each trained parameter.
 */
export const gradientProgram = (loss: LossFunction, options?: GradientOptions): GradientProgram =>
  lowerGradient(gradientGraph(loss, options));

/** The programs of a loss that was traced. */
export const lowerGradient = (graph: GradientGraph): GradientProgram => ({
  ...graph,
  program: lower(graph.graph),
  lossProgram: lower(graph.lossGraph),
  aheadProgram: graph.aheadGraph && lower(graph.aheadGraph),
});

/** What `gradientProgram` lowers. */
export function gradientGraph(
  loss: LossFunction,
  { trains = () => true, formats, adapter, evaluation }: GradientOptions = {},
): GradientGraph {
  const { root, specs, tensors } = createParameters("f32", formats, { adapter });
  const weight = input("weight", "f32", []);
  const traced = loss(root);
  const weighted = mul(traced.total, weight);
  const parameters = [...specs.values()].filter(trains);
  const trained = new Set(parameters.map(({ name }) => name));
  const gradients = grad(
    weighted,
    parameters.map((p) => tensors.get(p.name)!),
  );
  const outputs: Record<string, Tensor> = { loss: weighted };
  for (const [name, tensor] of Object.entries(traced.metrics ?? {})) {
    outputs[metricOf(name)] = tensor;
  }
  for (const [name, { output }] of Object.entries(traced.carried ?? {})) {
    outputs[nextOf(name)] = output;
  }
  const lossOutputs = { ...outputs };
  parameters.forEach(({ name }, i) => {
    outputs[gradientOf(name)] = gradients[i];
  });
  const kinds = (name: string) => (trained.has(name) ? "input" : "initializer");
  const options = { inputs: inputsOf(traced, weight), parameters: kinds } as const;
  const evaluated = evaluation?.(root);
  const ahead = Object.entries(traced.ahead ?? {});
  return {
    parameters,
    frozen: [...specs.values()].filter(({ name }) => !trained.has(name)),
    traced,
    graph: { ...options, outputs },
    lossGraph: evaluated
      ? {
          inputs: inputsOf(evaluated, weight),
          parameters: kinds,
          outputs: { loss: mul(evaluated.total, weight) },
        }
      : { ...options, outputs: lossOutputs },
    aheadGraph:
      ahead.length === 0
        ? undefined
        : {
            inputs: traced.inputs,
            parameters: kinds,
            outputs: Object.fromEntries(ahead.map(([name, { part }]) => [name, part])),
          },
  };
}
