import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { MillraceError, messageOf } from "@millrace/core";
import type { GeneratorOptions } from "../generator/options.ts";
import type { QueryName } from "../queries/index.ts";

/** Where keyed state lives: in memory, or in a store on disk (a local store here, RocksDB in Flink). */
export type StateKind = "heap" | "disk";

export interface SideOrder {
  readonly query: QueryName;
  readonly generator: GeneratorOptions;
  /** So many events are made beforehand and read again and again; 0: none. Not on Flink. */
  readonly premade: number;
  readonly state: StateKind;
  readonly parallelism: number;
  /** 0: none. */
  readonly checkpointIntervalMs: number;
  /** File of the result, of its first subtask; subtask s > 0 writes to `OUT.s`. undefined: rows are counted and forgotten. */
  readonly out?: string;
}

/** One run of one side. What counts is the time after the first third of the events. */
export interface SideRun {
  readonly events: number;
  readonly seconds: number;
  /** Of the whole process: user and system, all threads. */
  readonly cpuSeconds: number;
  readonly rows: number;
  readonly peakRssMb: number;
}

export interface Side {
  readonly name: string;
  run(order: SideOrder): Promise<SideRun>;
}

const exec = promisify(execFile);

/** Runs a process to its end and gives the JSON of the last line that it printed. */
export async function lastLineOf(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<unknown> {
  try {
    const { stdout } = await exec(command, [...args], { maxBuffer: 1 << 26, env });
    return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
  } catch (error) {
    throw new MillraceError("NEXMARK_SIDE", `${command} ${args.join(" ").slice(0, 300)} failed: ${messageOf(error).slice(0, 4_000)}`, {
      cause: error,
      hint: "run the command by itself",
    });
  }
}
