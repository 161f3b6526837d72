import { createRequire } from "node:module";
import type { JobLogger } from "../job-handle.ts";
import { redactor } from "./redact.ts";

export interface LoggerOptions {
  /** Stands in every line. */
  readonly jobName: string;
  /** Lines are written synchronously: 1 is the standard output, 2 the standard error. Or anything that takes lines. */
  readonly destination: 1 | 2 | { write(line: string): void };
  /** Default "info". */
  readonly level?: "debug" | "info" | "warn" | "error" | "silent";
  /** Values of secret parameters; they never reach the log. */
  readonly secrets?: readonly string[];
  /** The time of a line, in milliseconds since 1970. Default: when it is written. */
  readonly now?: () => number;
}

const require = createRequire(import.meta.url);

/**
 * JSON lines in pino's format: `{"level":30,"time":…,"job":"delays","event":"checkpoint.completed",…,"msg":"…"}`.
 * pino is loaded by the call: a job on a terminal never needs it.
 */
export function createLogger({ jobName, destination, level = "info", secrets = [], now }: LoggerOptions): JobLogger {
  const { pino } = require("pino") as typeof import("pino");
  const stream = typeof destination === "number" ? pino.destination({ dest: destination, sync: true }) : destination;
  return pino(
    {
      level,
      base: { job: jobName },
      // Errors come as errorFields; pino would take them for errors of its own and flatten their causes.
      serializers: { err: (error: unknown) => error },
      ...(now !== undefined && { timestamp: () => `,"time":${now()}` }),
      ...(secrets.length > 0 && { hooks: { streamWrite: redactor(secrets) } }),
    },
    stream,
  );
}
