import type { Command } from "commander";

/** A `millrace run` that can be said again, by a supervisor or to a user. */
export interface RunLine {
  /** Path of the job's module. */
  readonly job: string;
  /** Each option that was given: its long name, and its value where it takes one. One that was given twice is there twice. */
  readonly options: readonly (readonly [name: string, value?: string])[];
}

/** What `command`, which is `run` or takes the same options, was told about the job, global flags included. */
export function runLineOf(job: string, command: Command): RunLine {
  const values = command.optsWithGlobals();
  const options = command.options.flatMap((option) => {
    const [name, { long }] = [option.attributeName(), option];
    if (long === undefined || long === null || command.getOptionValueSourceWithGlobals(name) !== "cli") return [];
    const given: readonly unknown[] = [values[name]].flat();
    return given.map((value): RunLine["options"][number] => (typeof value === "boolean" ? [long] : [long, String(value)]));
  });
  return { job, options };
}

/** The same run, but for options of these names. */
export function without({ job, options }: RunLine, names: readonly string[]): RunLine {
  return { job, options: options.filter(([name]) => !names.includes(name)) };
}

/** The words after `millrace`. */
export function wordsOf({ job, options }: RunLine): readonly string[] {
  return [
    "run",
    job,
    ...options.flatMap(([name, value]) => (value === undefined ? [name] : value.startsWith("-") ? [`${name}=${value}`] : [name, value])),
  ];
}
