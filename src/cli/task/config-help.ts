/** Every option of `onefold task train`'s config with its default, from the schema. */

import { taskTrainingSchema } from "../../task/config/schema.ts";
import { taskKeys } from "../../task/config/schema-tasks.ts";
import { optionTable } from "../option-table.ts";

export const configHelp = (): string =>
  `Options of the config (* required):\n${optionTable(taskTrainingSchema)}\n\n` +
  `Options of each task:\n${optionTable(taskKeys)}\n`;
