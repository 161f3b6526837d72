import type { Sink, SinkWriter } from "@millrace/contracts";
import type { Scheduler } from "@millrace/core";
import { writeStdout } from "./stdout.ts";

export interface PrintOptions<T> {
  /** Goes before every record. With more than one subtask the subtask's number stands before it: `2> `. */
  readonly prefix?: string;
  /** The line of a record; default: strings as they are, everything else as JSON. */
  readonly format?: (value: T) => string;
  /** Takes text of whole lines; a promise holds the job back until it resolves. Default: the standard output of the process. */
  readonly write?: (text: string) => void | Promise<void>;
}

/** Text gathered before it is handed to `write`, in characters. */
const flushAtCharacters = 16 << 10;

/**
 * Prints every record on a line of its own. At-least-once: all records of a checkpoint were printed before it, and what
 * came after it is printed again after a crash.
 */
export function print<T>(options: PrintOptions<T> = {}): Sink<T> {
  return {
    name: "print",
    guarantee: "at-least-once",
    description: { prefix: options.prefix ?? "" },
    createWriter: (context) => {
      const prefix = `${context.parallelism > 1 ? `${context.subtask}> ` : ""}${options.prefix ?? ""}`;
      return new PrintWriter(context.ports.scheduler, prefix, options.format ?? lineOf, options.write ?? writeStdout);
    },
  };
}

function lineOf(value: unknown): string {
  if (typeof value === "string") return value;
  return JSON.stringify(value, (_, field) => (typeof field === "bigint" ? String(field) : field)) ?? String(value);
}

class PrintWriter<T> implements SinkWriter<T> {
  readonly #scheduler: Scheduler;
  readonly #prefix: string;
  readonly #format: (value: T) => string;
  readonly #write: (text: string) => void | Promise<void>;
  #text = "";
  #printing: Promise<void> | undefined;

  constructor(scheduler: Scheduler, prefix: string, format: (value: T) => string, write: (text: string) => void | Promise<void>) {
    this.#scheduler = scheduler;
    this.#prefix = prefix;
    this.#format = format;
    this.#write = write;
  }

  async open(): Promise<void> {}

  write(value: T): void {
    // A quiet stream's last record must not wait for the next one.
    if (this.#text === "") this.#scheduler.immediate(() => this.#flush());
    this.#text += `${this.#prefix}${this.#format(value)}\n`;
    if (this.#text.length >= flushAtCharacters) this.#flush();
  }

  ready(): Promise<void> | undefined {
    return this.#printing;
  }

  #flush(): void {
    if (this.#text === "" || this.#printing !== undefined) return;
    const text = this.#text;
    this.#text = "";
    const printing = this.#write(text);
    if (printing === undefined) return;
    const settled = printing.then(() => {
      this.#printing = undefined;
    });
    // A failure stays in #printing, where the next ready, prepare or close finds it.
    settled.catch(() => {});
    this.#printing = settled;
  }

  async prepare(): Promise<{ committables: []; states: [] }> {
    await this.#drain();
    return { committables: [], states: [] };
  }

  async #drain(): Promise<void> {
    for (;;) {
      this.#flush();
      if (this.#printing === undefined) return;
      await this.#printing;
    }
  }

  close(): Promise<void> {
    return this.#drain();
  }
}
