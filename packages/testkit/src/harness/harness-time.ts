import type { Cancel } from "@millrace/core";

/** The time of a harness, for functions under test that take some: it stands still until a step moves it. */
export interface HarnessTime {
  /** Processing time in milliseconds. */
  now(): number;
  /** Calls `task` once, when processing time has moved on by `delayMs` or more. */
  after(delayMs: number, task: () => void): Cancel;
}

interface Task {
  readonly due: number;
  readonly run: () => void;
}

/** Processing time and what is due in it: in the order of the times, then of the asking. */
export class HarnessClock implements HarnessTime {
  #now: number;
  readonly #tasks = new Set<Task>();

  constructor(start: number) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  set(time: number): void {
    this.#now = time;
  }

  after(delayMs: number, task: () => void): Cancel {
    const entry: Task = { due: this.#now + Math.max(0, delayMs), run: task };
    this.#tasks.add(entry);
    return () => this.#tasks.delete(entry);
  }

  /** Moves to the first task that is due at `end` or before, and runs it. False: there is none. */
  runNext(end: number): boolean {
    let first: Task | undefined;
    for (const task of this.#tasks) if (task.due <= end && (first === undefined || task.due < first.due)) first = task;
    if (first === undefined) return false;
    this.#tasks.delete(first);
    this.#now = Math.max(this.#now, first.due);
    first.run();
    return true;
  }
}
