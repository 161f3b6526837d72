import type { Sink, SinkWriter } from "@millrace/contracts";
import { type Lines, linesTo, type WriteText } from "./lines.ts";
import { writeStdout } from "./stdout.ts";

export interface PrintOptions<T> {
  /** Goes before every record. With more than one subtask the subtask's number stands before it: `2> `. */
  readonly prefix?: string;
  /** The line of a record; default: strings as they are, everything else as JSON. */
  readonly format?: (value: T) => string;
  /** Takes text of whole lines; a promise holds the job back until it resolves. Default: the standard output of the process. */
  readonly write?: WriteText;
}

/**
 * Prints every record on a line of its own. All that a thread prints to one place stands in the order in which it was
 * written, whichever sink it went to. At-least-once: all records of a checkpoint were printed before it, and what
 * came after it is printed again after a crash.
 */
export function print<T>(options: PrintOptions<T> = {}): Sink<T> {
  return {
    name: "print",
    guarantee: "at-least-once",
    description: { prefix: options.prefix ?? "" },
    createWriter: (context) => {
      const prefix = `${context.parallelism > 1 ? `${context.subtask}> ` : ""}${options.prefix ?? ""}`;
      return new PrintWriter(linesTo(options.write ?? writeStdout, context.ports.scheduler), prefix, options.format ?? lineOf);
    },
  };
}

function lineOf(value: unknown): string {
  if (typeof value === "string") return value;
  return JSON.stringify(value, (_, field) => (typeof field === "bigint" ? String(field) : field)) ?? String(value);
}

class PrintWriter<T> implements SinkWriter<T> {
  readonly #lines: Lines;
  readonly #prefix: string;
  readonly #format: (value: T) => string;

  constructor(lines: Lines, prefix: string, format: (value: T) => string) {
    this.#lines = lines;
    this.#prefix = prefix;
    this.#format = format;
  }

  async open(): Promise<void> {}

  write(value: T): void {
    this.#lines.add(`${this.#prefix}${this.#format(value)}`);
  }

  ready(): Promise<void> | undefined {
    return this.#lines.printing;
  }

  async prepare(): Promise<{ committables: []; states: [] }> {
    await this.#lines.drain();
    return { committables: [], states: [] };
  }

  close(): Promise<void> {
    return this.#lines.drain();
  }
}
