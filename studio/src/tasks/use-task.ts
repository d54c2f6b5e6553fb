/** The task that is being written and done: instruction, plan, inputs, result. */

import { useEffect, useRef, useState } from "preact/hooks";
import { postForm, postJson, readJson } from "../server.ts";
import {
  type Explanation,
  type Inputs,
  slotsOf,
  type TaskExample,
  type TaskList,
  type TaskOptions,
  type TaskRequest,
  type TaskResult,
  toForm,
  toOptions,
} from "./api.ts";

/** A result with what it is the result of. */
export interface Done {
  readonly request: TaskRequest;
  readonly result: TaskResult;
}

/** Milliseconds without a key before the server is asked. */
const PAUSE = 200;

export function useTask(model: string) {
  const [list, setList] = useState<TaskList>();
  const [instruction, setInstruction] = useState("");
  const [explanation, setExplanation] = useState<Explanation>();
  const [inputs, setInputs] = useState<Inputs>({});
  const [options, setOptions] = useState<TaskOptions>({ closedSet: "", seed: "" });
  const [problem, setProblem] = useState<string>();
  const [done, setDone] = useState<Done>();
  const [running, setRunning] = useState<AbortController>();
  const latest = useRef("");

  const choose = ({ instruction: text, inputs: given }: TaskExample): void => {
    setInstruction(text);
    setDone(undefined);
    setProblem(undefined);
    // A file for a slot of the same name stays: it is likely to be asked about again.
    setInputs((before) => ({ ...before, ...given }));
  };
  useEffect(() => {
    if (model === "") return;
    let isCurrent = true;
    void readJson(`tasks?model=${encodeURIComponent(model)}`)
      .then((found) => {
        if (!isCurrent) return;
        const tasks = found as TaskList;
        setList(tasks);
        if (latest.current === "" && tasks.examples[0]) choose(tasks.examples[0]);
      })
      .catch((error: Error) => isCurrent && setProblem(error.message));
    return () => {
      isCurrent = false;
    };
  }, [model]);
  useEffect(() => {
    latest.current = instruction;
    if (model === "" || instruction.trim() === "" || (list && list.takes.length === 0)) {
      setExplanation(undefined);
      return;
    }
    const timer = setTimeout(async () => {
      try {
        const found = await postJson("tasks/explain", { model, instruction });
        if (latest.current === instruction) setExplanation(found as Explanation);
      } catch (error) {
        if (latest.current === instruction) setProblem((error as Error).message);
      }
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [model, instruction, list]);

  const plan = explanation?.plan ?? undefined;
  const slots = plan ? slotsOf(plan) : [];
  const given = Object.fromEntries(
    slots.flatMap(({ name }) => {
      const value = inputs[name];
      return value === undefined || value === "" ? [] : [[name, value] as const];
    }),
  );
  const missing = slots.filter(({ name }) => !Object.hasOwn(given, name));
  const request: TaskRequest | undefined = plan && {
    model,
    instruction,
    inputs: given,
    options: toOptions(options, plan),
  };
  const isReady =
    plan !== undefined &&
    explanation?.instruction === instruction &&
    plan.lacks.length === 0 &&
    missing.length === 0 &&
    running === undefined;
  const run = async (): Promise<void> => {
    if (!request || !isReady) return;
    const controller = new AbortController();
    setRunning(controller);
    setProblem(undefined);
    try {
      const result = await postForm("tasks/infer", toForm(request), controller.signal);
      setDone({ request, result: result as TaskResult });
    } catch (error) {
      if ((error as Error).name !== "AbortError") setProblem((error as Error).message);
    } finally {
      setRunning(undefined);
    }
  };
  return {
    list,
    instruction,
    explanation,
    plan,
    slots,
    inputs,
    options,
    missing,
    request,
    problem,
    done,
    isReady,
    isRunning: running !== undefined,
    choose,
    setInstruction(text: string) {
      setInstruction(text);
      setProblem(undefined);
    },
    setOptions,
    setInput(name: string, value: string | File | undefined) {
      setInputs((before) => {
        const { [name]: _, ...others } = before;
        return value === undefined ? others : { ...others, [name]: value };
      });
    },
    run,
    stop: () => running?.abort(),
  };
}

export type Task = ReturnType<typeof useTask>;
