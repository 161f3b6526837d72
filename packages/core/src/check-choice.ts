import { MillraceError } from "./errors.ts";

/**
 * Refuses what is none of the words that an option takes, with PLAN_OPTION: types do so for TypeScript alone. `what` says which
 * option of what it is, e.g. `the time of a tumbling window`.
 */
export function checkChoice<const C extends string>(what: string, given: C, choices: readonly C[]): void {
  if (choices.includes(given)) return;
  throw new MillraceError("PLAN_OPTION", `${what} must be ${listed(choices)}, not ${shown(given)}`, {
    hint: "give one of these words as they are written here; an option with a default may be left out",
  });
}

function listed(choices: readonly string[]): string {
  const quoted = choices.map((choice) => JSON.stringify(choice));
  return quoted.length < 2 ? quoted.join() : `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
}

/** A value of any type; only what it is, where it has no short text. */
function shown(given: unknown): string {
  if (typeof given === "string") return JSON.stringify(given);
  return typeof given === "object" || typeof given === "function" ? `a value of type ${given === null ? "null" : typeof given}` : String(given);
}
