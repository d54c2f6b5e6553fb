/** Looks on while a job runs: evaluates on held-out rows, keeps the best, stops what diverges. */

import { join } from "node:path";
import { recoverDirectory, saveDirectoryAtomically } from "../../checkpoint/atomic.ts";
import { type DivergenceState, watchDivergence } from "../divergence.ts";
import { appendMetrics, trimMetrics } from "../metrics.ts";
import { policyEngine } from "../rl/policy-engine.ts";
import type { RunObserver } from "../run.ts";
import type { RunLog } from "../run-log.ts";
import { type Evaluation, Evaluator } from "./evaluator.ts";
import { isRl } from "./method-names.ts";
import type { MethodSetup, OpenedMethod } from "./method-setup.ts";
import type { StoredModel } from "./model-files.ts";
import { questionsOf } from "./questions.ts";
import { stopTokensOf } from "./sampling-methods.ts";

/** Part of checkpoints. */
interface ObserverState {
  readonly divergence: DivergenceState;
  /** Of the evaluation that `best/` is from. */
  readonly best: { readonly step: number; readonly score: number } | null;
}

export interface JobObserverOptions {
  readonly stored: StoredModel;
  readonly onEvaluation?: (evaluation: Evaluation) => void;
}

/** Higher is better: right answers, else reward, else a low loss. */
const scoreOf = ({ accuracy, reward, loss = 0 }: Evaluation): number => accuracy ?? reward ?? -loss;

export function jobObserver(
  setup: MethodSetup,
  method: OpenedMethod,
  { stored, onEvaluation }: JobObserverOptions,
): RunObserver & Disposable {
  const { config, output } = setup;
  const watch = watchDivergence(isRl(config.method) ? 0 : config.train.divergence);
  const evaluator = config.eval && openEvaluator(setup, method, config.eval);
  const shown = join(output, "samples.jsonl");
  const folder = join(output, "best");
  const { parameters } = method.trainer.memory;
  let best: ObserverState["best"] = null;
  let log: RunLog | undefined;

  async function evaluate(step: number): Promise<void> {
    if (!evaluator) return;
    const { evaluation, samples } = await evaluator.evaluate(step);
    await log?.evaluation({ ...evaluation });
    for (const sample of samples) await appendMetrics(shown, sample);
    const score = scoreOf(evaluation);
    if (!best || score > best.score) {
      best = { step, score };
      await saveDirectoryAtomically(folder, (temporary) => stored.finish(temporary, parameters));
    }
    onEvaluation?.(evaluation);
  }

  return {
    async start(step, state, opened) {
      log = opened;
      if (state !== undefined) {
        const known = state as ObserverState; // written by this function, under the fingerprint
        watch.state = known.divergence;
        best = known.best;
      }
      await recoverDirectory(folder);
      await trimMetrics(shown, step > 0 ? step : -1);
      if (step === 0) await evaluate(0);
    },
    async step({ step, loss }, origin) {
      const found = watch.add(loss);
      if (found) {
        throw new Error(
          `train: the run diverges at step ${step}: the mean loss of the last 20 steps is ` +
            `${found.mean.toPrecision(4)}, and was ${found.best.toPrecision(4)}` +
            `${origin ? ` (the step's data: ${origin})` : ""}; lower train.lr, or raise ` +
            "train.divergence",
        );
      }
      const { every = 0 } = config.eval ?? {};
      if (every > 0 && (step % every === 0 || step === config.train.steps)) await evaluate(step);
    },
    get state(): ObserverState {
      return { divergence: watch.state, best };
    },
    [Symbol.dispose]: () => evaluator?.[Symbol.dispose](),
  };
}

type Held = NonNullable<MethodSetup["config"]["eval"]>;

function openEvaluator(setup: MethodSetup, method: OpenedMethod, held: Held): Evaluator {
  const { config, data, model, tokenizer } = setup;
  const questions = questionsOf(data.heldOut ?? [], setup);
  const longest = questions.reduce((most, { prompt }) => Math.max(most, prompt.length), 1);
  return new Evaluator({
    trainer: method.trainer,
    batches: method.heldOut,
    questions,
    samples: held.samples,
    accuracy: held.accuracy,
    rewards: method.rewards,
    maxTokens: held.max_tokens,
    stopTokens: stopTokensOf(setup),
    decode: (ids) => tokenizer.decode(ids),
    openEngine: () =>
      policyEngine(method.trainer, {
        config: model.config,
        weights: model.weights,
        tokenizer,
        slots: 8,
        answers: Math.max(questions.length, 1),
        context: Math.min(longest + held.max_tokens, model.config.maxPositions),
        threads: config.train.threads,
      }),
  });
}
