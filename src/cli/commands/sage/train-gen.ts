/** `onefold sage train-gen`: a generator from valid variants, and from a verifier's reward. */

import type { Command } from "commander";
import { type EvalModel, sage } from "../../../evaluate/index.ts";
import { UsageError } from "../../errors.ts";
import { type Io, writeJson, writeLine } from "../../io.ts";
import { collect, integer, number, oneOf } from "../../options.ts";
import { type TrainingStatus, trainingStatus } from "../../training-status.ts";

interface TrainGenFlags {
  readonly seed: string;
  readonly base: string;
  readonly out: string;
  readonly domain: sage.Domain;
  readonly types?: string;
  readonly lora?: number;
  readonly supervisedSteps: number;
  readonly lr?: number;
  readonly rl?: "gspo" | "grpo";
  readonly reward?: string;
  readonly judge?: string;
  readonly form: "sum" | "product";
  readonly steps: number;
  readonly every: number;
  readonly prompts: number;
  readonly answers: number;
  readonly maxTokens: number;
  readonly beta: number;
  readonly rlLr?: number;
  readonly heldOut: number;
  readonly randomSeed: number;
  readonly set?: readonly string[];
}

export const defineTrainGen = (command: Command, io: Io): Command =>
  command
    .command("train-gen")
    .summary("train a generator on valid variants, then by a verifier's reward")
    .description("Trains a generator on valid variants, then by a verifier's scores as its reward.")
    .requiredOption("--seed <file>", "labels, as onefold sage label writes them")
    .requiredOption("--base <model>", "checkpoint with a chat template: folder, or ORG/NAME")
    .requiredOption("--out <folder>", "folder of the run; its final/ is the generator")
    .option("--domain <kind>", "facts or events", oneOf(sage.domains), "facts")
    .option("--types <a,b>", "asked for by --rl (default: the usual ones)")
    .option(
      "--lora <rank>",
      "train adapters of this rank (default: all weights)",
      integer({ min: 1 }),
    )
    .option("--supervised-steps <count>", "on valid variants; 0: none", integer({ min: 0 }), 300)
    .option("--lr <rate>", "of these (default: 1e-5, with --lora 1e-4)", number({ min: 0 }))
    .option("--rl <method>", "then learn by reward: gspo or grpo", oneOf(["gspo", "grpo"]))
    .option("--reward <model>", "verifier that rewards: folder, ORG/NAME, or URL#MODEL")
    .option("--judge <model>", "second verifier, of another base: says when to stop, never rewards")
    .option(
      "--form <form>",
      "of the reward: sum, or product (strict)",
      oneOf(["sum", "product"]),
      "sum",
    )
    .option("--steps <count>", "rounds of --rl", integer({ min: 1 }), 300)
    .option("--every <count>", "rounds between measurements of validity", integer({ min: 1 }), 20)
    .option("--prompts <count>", "prompts of a round", integer({ min: 1 }), 8)
    .option("--answers <count>", "answers to each", integer({ min: 2 }), 8)
    .option("--max-tokens <count>", "of an answer", integer({ min: 1 }), 512)
    .option(
      "--beta <weight>",
      "of the divergence from the supervised model",
      number({ min: 0 }),
      0.02,
    )
    .option(
      "--rl-lr <rate>",
      "learning rate of --rl (default: 1e-6, with --lora 1e-5)",
      number({ min: 0 }),
    )
    .option(
      "--held-out <share>",
      "of the source items: nothing is learned from them",
      number({ min: 0, max: 0.9 }),
      0.25,
    )
    .option("--random-seed <number>", "of the split and of samples", integer({ min: 0 }), 0)
    .option(
      "--set <key=value>",
      "another option of the jobs (repeatable); see onefold train",
      collect,
    )
    .action(async (flags: TrainGenFlags, self: Command) =>
      trainGen(io, flags, self.optsWithGlobals().json === true),
    )
    .addHelpText("after", notes);

const notes = `
The same command goes on after a stop. Learning by reward ends early where the validity on held-out
sources falls, or where the reward rises by 0.1 more than the judge's score; final/ is the best.

Examples:
  onefold sage train-gen --seed labels.jsonl --base Qwen/Qwen3-0.6B --lora 16 --out gen
  onefold sage train-gen --seed labels.jsonl --base Qwen/Qwen3-0.6B --rl gspo --reward qual/final \\
    --judge http://localhost:8000/v1#large --steps 300 --out gen`;

type Say = TrainingStatus["say"];

async function trainGen(io: Io, flags: TrainGenFlags, json: boolean): Promise<void> {
  if ((flags.rl === undefined) !== (flags.reward === undefined)) {
    throw new UsageError("--rl and --reward go together: a method, and the verifier that rewards");
  }
  const all = sage.knownTypes(flags.domain);
  const types = sage.chooseTypes(flags.domain, flags.types?.split(","));
  const labels = await sage.readLabels(flags.seed);
  if (labels.length === 0)
    throw new Error(`${flags.seed}: holds no labels; onefold sage label writes some`);
  const labelled = sage.labelledVariants(labels, all, flags.seed);
  const opened: EvalModel[] = [];
  const status = trainingStatus(io, json);
  const signal = io.interruptible();
  try {
    const result = await sage.trainGen({
      ...flags,
      labelled,
      types,
      notation: sage.jsonNotation,
      steps: flags.supervisedSteps,
      seed: flags.randomSeed,
      job: status.job,
      signal,
      rl: flags.rl && (await policyOf(io, flags, flags.rl, opened, status.say)),
      onStage: (stage) => status.say("stage", { stage }, `${stage}:`),
      onValidity: (found) => {
        const { step, judged, passed, reward, sampled } = found;
        const text = `held out, after ${step} rounds: validity ${judged.toFixed(3)}, ${passed.toFixed(3)} pass the checks, reward ${reward.toFixed(3)} (${sampled} candidates)`;
        status.say("validity", found, text);
      },
    });
    status.finish();
    if (json) return await writeJson(io, { event: "done", ...result });
    const { seeds, stopped, model } = result;
    const head = `learned from ${seeds} valid variants`;
    await writeLine(io, [head, ...(stopped ? [`stopped: ${stopped}`] : []), model].join("\n"));
  } finally {
    status.finish();
    for (const model of opened) model[Symbol.dispose]();
  }
}

async function policyOf(
  io: Io,
  flags: TrainGenFlags,
  method: sage.PolicyOptions["method"],
  opened: EvalModel[],
  say: Say,
): Promise<sage.PolicyOptions> {
  const { form, steps, every, prompts, answers, maxTokens, beta, rlLr: lr } = flags;
  const judges = await openJudges(io, flags, opened, say);
  const rest = { steps, every, prompts, answers, maxTokens, beta, lr };
  return { method, ...judges, reward: { form }, ...rest };
}

/** The verifier that rewards, and the one that does not. */
async function openJudges(
  io: Io,
  flags: TrainGenFlags,
  opened: EvalModel[],
  say: Say,
): Promise<Pick<sage.PolicyOptions, "qual" | "judge">> {
  const verifier = async (spec: string): Promise<sage.VariantQual> => {
    const model = await sage.openRole(spec, { apiKey: io.env.OPENAI_API_KEY });
    opened.push(model);
    const judging = await sage.likelyOrSampled(model, `${flags.out}/calls`);
    const trained = await sage.readTrainedRole(spec);
    return sage.createVariantQual({
      model: judging,
      notation: sage.jsonNotation,
      calibration: trained?.calibration,
    });
  };
  const qual = await verifier(flags.reward!);
  const warn = (text: string): void => say("warning", { text }, `warning: ${text}`);
  const base = await sage.weightsOf(flags.base);
  const trained = await sage.readTrainedRole(flags.reward!);
  if (base === trained?.base.digest || base === qual.model.identity) {
    warn(
      "generator and verifier start from the same weights: what one does not know, the other does not see",
    );
  }
  if (flags.judge === undefined) {
    warn("without --judge, nobody sees whether the generator games its verifier");
    return { qual };
  }
  const second = await verifier(flags.judge);
  return {
    qual,
    judge: async (...asked: Parameters<sage.VariantQual["qualify"]>) =>
      (await second.qualify(...asked)).score,
  };
}
