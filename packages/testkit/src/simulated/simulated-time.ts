import type { Cancel, Clock, Random, Scheduler } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";

/** The default of `msPerReading`. */
const MS_PER_READING = 0.01;

interface Task {
  readonly dueMs: number;
  readonly sequence: number;
  readonly run: () => void;
}

/**
 * Virtual time and the scheduler that lives in it. Nothing runs before `runUntil` or `advance`; when no task is due, time jumps
 * to the next one. Tasks run in the order in which they fell due and were scheduled; when `shuffle` is set, those that are due run in
 * a random one.
 */
export class SimulatedTime implements Scheduler {
  readonly clock: Clock;
  readonly #startMs: number;
  readonly #random: Random | undefined;
  readonly #tasks = new Set<Task>();
  #elapsedMs = 0;
  #workedMs = 0;
  #sequence = 0;

  /** `msPerReading`: goes by with each reading of the monotonic clock, so that time budgets come to an end; work takes as long. */
  constructor(startMs: number, shuffle: Random | undefined, msPerReading: number = MS_PER_READING) {
    this.#startMs = startMs;
    this.#random = shuffle;
    this.clock = {
      now: () => this.#startMs + Math.floor(this.#elapsedMs),
      monotonic: () => {
        this.#elapsedMs += msPerReading;
        this.#workedMs += msPerReading;
        return this.#elapsedMs;
      },
    };
  }

  immediate(task: () => void): void {
    this.after(0, task);
  }

  after(delayMs: number, task: () => void): Cancel {
    const entry: Task = { dueMs: this.#elapsedMs + Math.max(0, delayMs), sequence: this.#sequence++, run: task };
    this.#tasks.add(entry);
    return () => this.#tasks.delete(entry);
  }

  /** Of the time that has gone by, what went by with readings of the monotonic clock. */
  get workedMs(): number {
    return this.#workedMs;
  }

  /** Tasks that wait. */
  get pending(): number {
    return this.#tasks.size;
  }

  /** Runs everything that falls due within `ms`, and ends that much later. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#elapsedMs + ms;
    await this.#run(endMs, () => false);
    this.#elapsedMs = Math.max(this.#elapsedMs, endMs);
  }

  /** `ms` go by in which nothing runs, as when a machine sleeps: what fell due meanwhile is late. */
  skip(ms: number): void {
    this.#elapsedMs += ms;
  }

  /** Runs until `done` says so, asked after each task. Rejects when nothing is left to run, or `limitMs` have passed. */
  async runUntil(done: () => boolean, limitMs = 3_600_000): Promise<void> {
    if (await this.#run(this.#elapsedMs + limitMs, done)) return;
    throw new Error(`the simulation stands still at ${this.#elapsedMs} ms with ${this.#tasks.size} tasks that are not due within ${limitMs} ms`);
  }

  /** True when `done` said so. */
  async #run(endMs: number, done: () => boolean): Promise<boolean> {
    await settlePromises();
    while (!done()) {
      const task = this.#next(endMs);
      if (task === undefined) return false;
      this.#tasks.delete(task);
      this.#elapsedMs = Math.max(this.#elapsedMs, task.dueMs);
      task.run();
      await settlePromises();
    }
    return true;
  }

  #next(endMs: number): Task | undefined {
    let earliest: Task | undefined;
    const due: Task[] = [];
    for (const task of this.#tasks) {
      if (earliest === undefined || isBefore(task, earliest)) earliest = task;
      if (task.dueMs <= this.#elapsedMs) due.push(task);
    }
    if (earliest === undefined || earliest.dueMs > endMs) return undefined;
    if (this.#random === undefined) return earliest;
    const equal = due.length > 0 ? due : [...this.#tasks].filter(({ dueMs }) => dueMs === earliest.dueMs);
    return equal[this.#random.uint32() % equal.length];
  }
}

function isBefore(a: Task, b: Task): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.sequence < b.sequence);
}

/** Immediates that are asked for at once: all of them run in one turn of Node's event loop, which costs more than they do. */
const IMMEDIATES = 32;
let asked = 0;
const settling: (() => void)[] = [];

/**
 * Resolves when every promise that can go on without a task has done so: between two immediates Node runs whatever promises have to run.
 */
function settlePromises(): Promise<void> {
  return new Promise((resolve) => {
    settling.push(resolve);
    if (asked >= settling.length) return;
    for (let count = 0; count < IMMEDIATES; count++) nodePorts.scheduler.immediate(settled);
    asked += IMMEDIATES;
  });
}

function settled(): void {
  asked--;
  settling.shift()?.();
}
