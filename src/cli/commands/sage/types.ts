/** `onefold sage types`: the types of variants, and what a program checks of each. */

import type { Command } from "commander";
import { type Domain, domains, knownTypes } from "../../../evaluate/sage/known-types.ts";
import { type Io, writeJson, writeLine } from "../../io.ts";
import { oneOf } from "../../options.ts";

export const defineTypes = (sage: Command, io: Io): Command =>
  sage
    .command("types")
    .summary("list the types of variants")
    .description("Lists the types of variants, and what a program checks of each.")
    .option("--domain <kind>", "facts or events", oneOf(domains), "facts")
    .action(async ({ domain }: { domain: Domain }, self: Command) => {
      const types = knownTypes(domain);
      if (self.optsWithGlobals().json) {
        const rows = types.map(({ id, definition, invariants, isUsual }) => {
          return { id, definition, invariants, isUsual };
        });
        return writeJson(io, rows);
      }
      const texts = types.map(({ id, definition, invariants, isUsual }) =>
        [
          `${id}${isUsual ? "" : " (only where named)"}`,
          definition,
          `Checked: ${invariants}.`,
        ].join("\n  "),
      );
      await writeLine(io, texts.join("\n"));
    });
