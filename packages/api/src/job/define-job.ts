import { MillraceError } from "@millrace/core";
import type { StreamExecutionEnvironment } from "../environment.ts";
import type { ParameterDeclarations, ParameterValue, ParameterValues } from "./parameters.ts";

/** A job as its module exports it: a name, and how its plan is built. Nothing is built yet. */
export interface JobDefinition {
  /** The job's identity; names its state directory. */
  readonly name: string;
  readonly parameters: ParameterDeclarations;
  /** Adds the job's nodes to `env`. Synchronous and free of side effects: every worker thread runs it again. */
  build(env: StreamExecutionEnvironment, parameters: Readonly<Record<string, ParameterValue>>): void;
}

export interface JobOptions<P extends ParameterDeclarations> {
  readonly parameters?: P;
}

const jobName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/**
 * Defines a job; a job module exports it as its default. Throws JOB_NAME.
 *
 *     export default defineJob("airport-delays", (env, { out }) => { … }, { parameters: { out: params.string() } });
 */
export function defineJob<P extends ParameterDeclarations = Record<never, never>>(
  name: string,
  build: (env: StreamExecutionEnvironment, parameters: ParameterValues<P>) => void,
  options: JobOptions<P> = {},
): JobDefinition {
  if (!jobName.test(name)) {
    throw new MillraceError("JOB_NAME", `${JSON.stringify(name)} can't name a job`, {
      hint: "it becomes a directory: letters, digits, dots, dashes and underscores, at most 100, a letter or digit first",
    });
  }
  return Object.freeze({
    name,
    parameters: Object.freeze({ ...options.parameters }),
    // buildJob hands over values made from these very declarations.
    build: (env, values) => build(env, values as ParameterValues<P>),
  } satisfies JobDefinition);
}
