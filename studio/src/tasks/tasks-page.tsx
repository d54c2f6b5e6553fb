/** Tasks: an instruction, its plan, files for its slots, and what the model makes of them. */

import { Icon } from "../icons.tsx";
import { isClosed } from "./api.ts";
import { CopyButton } from "./copy-button.tsx";
import { InstructionField } from "./instruction-field.tsx";
import { fits } from "./modalities.ts";
import { PlanPicture } from "./plan-picture.tsx";
import { ResultView } from "./result-view.tsx";
import { SlotInput } from "./slot-input.tsx";
import { type Task, useTask } from "./use-task.ts";

export function TasksPage({ model }: { readonly model: string }) {
  const task = useTask(model);
  const { list, problem } = task;
  /** A file that is dropped beside the slots goes to the first that takes its kind. */
  const take = (files: FileList | undefined): void => {
    for (const file of files ?? []) {
      const slot = task.slots.find(({ modality }) => fits(modality, file));
      if (slot) task.setInput(slot.name, file);
    }
  };
  return (
    <main
      class="tasks"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        take(event.dataTransfer?.files);
      }}
    >
      {list && list.takes.length === 0 ? (
        <NoTasks model={list.model} />
      ) : (
        <div class="sheet">
          {list && list.model !== model && (
            <p class="note">
              {model} takes and gives text alone; <b>{list.model}</b> does tasks here.
            </p>
          )}
          <Examples task={task} />
          <InstructionField
            text={task.instruction}
            problem={task.explanation?.problem ?? undefined}
            onText={task.setInstruction}
            onRun={() => void task.run()}
          />
          {task.plan && <PlanPicture plan={task.plan} />}
          <Slots task={task} />
          <RunBar task={task} />
          {problem && (
            <p class="problem" role="alert">
              {problem}
            </p>
          )}
          <div aria-live="polite" aria-busy={task.isRunning}>
            {task.done && <ResultView done={task.done} />}
          </div>
        </div>
      )}
    </main>
  );
}

function NoTasks({ model }: { readonly model: string }) {
  return (
    <div class="no-tasks">
      <h1>No tasks</h1>
      <p>
        {model} takes and gives text alone. Tasks need a model that was made for them: its folder
        has a <code>task.json</code>.
      </p>
    </div>
  );
}

function Examples({ task }: { readonly task: Task }) {
  return (
    <nav class="task-examples" aria-label="Examples">
      {task.list?.examples.map((example) => (
        <button
          key={example.title}
          type="button"
          aria-pressed={task.instruction === example.instruction}
          onClick={() => task.choose(example)}
        >
          {example.title}
        </button>
      ))}
    </nav>
  );
}

function Slots({ task }: { readonly task: Task }) {
  const { plan, inputs, options } = task;
  if (!plan) return null;
  return (
    <div class="slots-in">
      {task.slots.map((slot) => (
        <SlotInput
          key={`${slot.modality} ${slot.name}`}
          slot={slot}
          value={inputs[slot.name]}
          onValue={(value) => task.setInput(slot.name, value)}
        />
      ))}
      {isClosed(plan) && (
        <div class="slot-input">
          <label for="closed-set">Answers to choose from, one a line</label>
          <textarea
            id="closed-set"
            rows={3}
            value={options.closedSet}
            onInput={(event) =>
              task.setOptions({ ...options, closedSet: event.currentTarget.value })
            }
          />
        </div>
      )}
    </div>
  );
}

function RunBar({ task }: { readonly task: Task }) {
  const { plan, missing, options, isRunning, request } = task;
  return (
    <div class="run-bar">
      {isRunning ? (
        <button type="button" class="primary" onClick={task.stop}>
          <Icon name="stop" />
          Stop
        </button>
      ) : (
        <button
          type="button"
          class="primary"
          disabled={!task.isReady}
          onClick={() => void task.run()}
        >
          Run
        </button>
      )}
      <label>
        Seed{" "}
        <input
          type="number"
          step={1}
          min={0}
          placeholder="0"
          value={options.seed}
          onInput={(event) => task.setOptions({ ...options, seed: event.currentTarget.value })}
        />
      </label>
      {plan && missing.length > 0 && (
        <small>Still to give: {missing.map(({ name }) => name).join(", ")}</small>
      )}
      {request && <CopyButton request={request} />}
    </div>
  );
}
