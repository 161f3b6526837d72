import { posix } from "node:path";
import type { Sink } from "@millrace/contracts";
import { checkChoice, MillraceError } from "@millrace/core";
import { fileCommitter } from "./committer.ts";
import { csvEncoder, jsonLinesEncoder } from "./encoding.ts";
import { PartNames } from "./names.ts";
import { type OutputMode, prepareDirectory } from "./prepare-run.ts";
import { publishedSince } from "./published-since.ts";
import { FileWriter } from "./writer.ts";
import { writerStatesOf } from "./writer-state.ts";

export interface FileSinkOptions<T> {
  /** How records are written. Default "jsonLines". */
  readonly format?: "jsonLines" | "csv";
  /** For CSV: the fields to write, in order. Default: the fields of a writer's first record. */
  readonly columns?: readonly (keyof T & string)[];
  /** Puts a record into a directory below the sink's, e.g. `(flight) => `date=${flight.date}``; "" is the sink's own. */
  readonly partitionBy?: (value: T) => string;
  /**
   * When a file is closed and the next begun: at `bytes` of size, at `ageMs` of age, and at every checkpoint (default
   * true). With `everyCheckpoint: false` records are seen later, when their file is closed, and files are fewer.
   */
  readonly roll?: { readonly bytes?: number; readonly ageMs?: number; readonly everyCheckpoint?: boolean };
  /** What becomes of the files of earlier runs. Default "refuse". */
  readonly mode?: OutputMode;
  /** First word of the files' names. Default "part". */
  readonly prefix?: string;
}

/**
 * Writes records to files below a directory, exactly-once: a file is hidden while it is written, durable at the barrier,
 * and gets its name, `part-<run>-<subtask>-<counter>.jsonl`, when the checkpoint is complete. So whoever reads the
 * directory sees whole files only, and each record once. Reads of other tools should pass over names with a leading dot.
 */
export function fileSink<T>(directory: string, options: FileSinkOptions<T> = {}): Sink<T> {
  const { format = "jsonLines", columns, partitionBy, roll = {}, mode = "refuse", prefix = "part" } = options;
  checkOptions(directory, options);
  checkChoice("the mode of a file sink", mode, ["refuse", "overwrite", "append"]);
  checkChoice("the format of a file sink", format, ["jsonLines", "csv"]);
  const names = new PartNames(prefix, format === "csv" ? "csv" : "jsonl");
  const writerOptions = {
    directory,
    names,
    createEncoder: (restored: readonly string[] | null) => (format === "csv" ? csvEncoder<T>(columns, restored) : jsonLinesEncoder<T>()),
    partitionBy,
    rollBytes: roll.bytes ?? Number.POSITIVE_INFINITY,
    rollAgeMs: roll.ageMs ?? Number.POSITIVE_INFINITY,
    everyCheckpoint: roll.everyCheckpoint ?? true,
  };
  return {
    name: "files",
    guarantee: "exactly-once",
    description: {
      directory,
      format,
      mode,
      prefix,
      partitioned: partitionBy !== undefined,
      roll: { bytes: roll.bytes ?? null, ageMs: roll.ageMs ?? null, everyCheckpoint: writerOptions.everyCheckpoint },
    },
    place: posix.join(directory, names.all),
    prepareRun: (context) => prepareDirectory(context, directory, names, mode),
    publishedSince: (context, states) => publishedSince(context, directory, names, writerStatesOf(states)),
    createWriter: (context) => new FileWriter(context, writerOptions),
    createCommitter: (context) => fileCommitter(context, directory, names),
  };
}

function checkOptions<T>(directory: string, { format, columns, roll }: FileSinkOptions<T>): void {
  if (directory === "") throw refused("a directory is needed", 'e.g. fileSink("out")');
  if (columns !== undefined && (format !== "csv" || columns.length === 0))
    throw refused("columns belong to CSV and are at least one", 'add format: "csv"');
  for (const [name, value] of Object.entries({ bytes: roll?.bytes, ageMs: roll?.ageMs })) {
    if (value !== undefined && !(value > 0)) throw refused(`roll.${name} must be above 0, not ${value}`, "leave it out to roll at checkpoints only");
  }
  if (roll?.everyCheckpoint === false && roll.bytes === undefined && roll.ageMs === undefined) {
    throw refused(
      "with everyCheckpoint: false files need a size or an age to end at",
      "e.g. roll: { everyCheckpoint: false, bytes: 128 << 20, ageMs: minutes(15) }",
    );
  }
}

function refused(message: string, hint: string): MillraceError {
  return new MillraceError("SINK_OPTIONS", `fileSink: ${message}`, { hint });
}
