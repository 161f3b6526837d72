import type { Scheduler } from "@millrace/core";

/** Takes text of whole lines; a promise holds the job back until it resolves. */
export type WriteText = (text: string) => void | Promise<void>;

/** Text gathered before it is handed on, in characters. */
const flushAtCharacters = 16 << 10;

/**
 * Lines on their way to one destination. All writers of a thread with the same destination share one, so that their
 * lines stand in the order in which they were written.
 */
export class Lines {
  readonly #scheduler: Scheduler;
  readonly #write: WriteText;
  #text = "";
  #printing: Promise<void> | undefined;

  constructor(scheduler: Scheduler, write: WriteText) {
    this.#scheduler = scheduler;
    this.#write = write;
  }

  /** Takes a line, which is handed on before the thread waits for anything. */
  add(line: string): void {
    // A quiet stream's last record must not wait for the next one.
    if (this.#text === "") this.#scheduler.immediate(() => this.#flush());
    this.#text += `${line}\n`;
    if (this.#text.length >= flushAtCharacters) this.#flush();
  }

  /** Settles when the destination has taken what it was given last; rejects, from then on always, when it could not. */
  get printing(): Promise<void> | undefined {
    return this.#printing;
  }

  /** Resolves when the destination has taken every line. */
  async drain(): Promise<void> {
    for (;;) {
      this.#flush();
      if (this.#printing === undefined) return;
      await this.#printing;
    }
  }

  #flush(): void {
    if (this.#text === "" || this.#printing !== undefined) return;
    const text = this.#text;
    this.#text = "";
    const printing = this.#handOn(text);
    if (printing === undefined) return;
    const settled = printing.then(() => {
      this.#printing = undefined;
    });
    // A failure stays in #printing, where the next ready, prepare or close finds it; the job's next attempt begins anew.
    settled.catch(() => shared.get(this.#write)?.delete(this.#scheduler));
    this.#printing = settled;
  }

  #handOn(text: string): void | Promise<void> {
    try {
      return this.#write(text);
    } catch (error) {
      return Promise.reject(error);
    }
  }
}

const shared = new WeakMap<WriteText, WeakMap<Scheduler, Lines>>();

/** The lines of this thread that go to `write`. */
export function linesTo(write: WriteText, scheduler: Scheduler): Lines {
  const ofWrite = shared.get(write) ?? new WeakMap<Scheduler, Lines>();
  shared.set(write, ofWrite);
  const lines = ofWrite.get(scheduler) ?? new Lines(scheduler, write);
  ofWrite.set(scheduler, lines);
  return lines;
}
