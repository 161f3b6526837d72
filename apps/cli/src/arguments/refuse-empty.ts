import { MillraceError } from "@millrace/core";
import type { Command } from "commander";

/**
 * Refuses a path that is empty, as of a shell's variable that is not set: it would be the working directory. COMMAND_ARGUMENT.
 */
export function refuseEmptyPaths(command: Command): void {
  for (const option of command.options) {
    if (!/[<[](directory|snapshot)[\]>]/.test(option.flags) || command.getOptionValue(option.attributeName()) !== "") continue;
    throw new MillraceError("COMMAND_ARGUMENT", `${option.long} is given an empty path`, {
      hint: `name a place, e.g. ${option.long} ./there, or leave ${option.long} out; a variable in it may not be set`,
    });
  }
}
