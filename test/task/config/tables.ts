/** Tables of docs/tasks.md as the code has them. */

import { taskTrainingSchema } from "../../../src/task/config/schema.ts";
import { taskKeys } from "../../../src/task/config/schema-tasks.ts";
import { presets } from "../../../src/task/index.ts";
import { describeOptions } from "../../../src/train/job/describe-schema.ts";

export const presetRows = (): string[] =>
  presets.map(({ name, about, instruction, data, metric }) => {
    const shown = instruction.replaceAll("|", "\\|");
    return `| \`${name}\` | ${about} | \`${shown}\` | ${data} | ${metric?.name ?? ""} |`;
  });

export const optionRows = (): string[] =>
  [
    ...describeOptions(taskTrainingSchema),
    ...describeOptions(taskKeys).map((each) => ({ ...each, key: `tasks[].${each.key}` })),
  ]
    // Both take the same keys.
    .filter(({ key }) => !key.startsWith("tasks[].held_out."))
    .map(({ key, description, default: value, isRequired }) => {
      const shown = Array.isArray(value) ? value.join(" ") : value;
      const cell = isRequired
        ? "required"
        : shown === undefined || shown === ""
          ? ""
          : `\`${shown}\``;
      return `| \`${key}\` | ${cell} | ${description} |`;
    });
