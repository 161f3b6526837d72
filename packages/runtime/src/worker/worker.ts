import { limits, type Ports } from "@millrace/core";
import type { StreamTask } from "../task/stream-task.ts";

/**
 * Runs the tasks of one thread. A task that has work stands in the queue; a turn steps queued tasks one after the other
 * until the turn's time is over, then lets the event loop do I/O. With an idle queue nothing runs at all.
 */
export class Worker {
  readonly #ports: Ports;
  readonly #queue: StreamTask[] = [];
  readonly #queued = new Set<StreamTask>();
  #turnPlanned = false;
  #started = false;
  #closed = false;

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** Puts a task into the queue, unless it stands there already. */
  wake(task: StreamTask): void {
    if (this.#closed || this.#queued.has(task)) return;
    this.#queued.add(task);
    this.#queue.push(task);
    this.#planTurn();
  }

  /** Tasks woken before this wait: a task must not run while others of its attempt are still being built. */
  start(): void {
    this.#started = true;
    if (this.#queue.length > 0) this.#planTurn();
  }

  /** No step is begun after this. */
  close(): void {
    this.#closed = true;
    this.#queue.length = 0;
    this.#queued.clear();
  }

  #planTurn(): void {
    if (this.#turnPlanned || this.#closed || !this.#started) return;
    this.#turnPlanned = true;
    this.#ports.scheduler.immediate(() => {
      this.#turnPlanned = false;
      this.#turn();
    });
  }

  #turn(): void {
    const { clock } = this.#ports;
    const deadline = clock.monotonic() + limits.turnMs;
    let start = clock.monotonic();
    for (;;) {
      const task = this.#queue.shift();
      if (task === undefined) return;
      this.#queued.delete(task);
      const more = task.step();
      const end = clock.monotonic();
      task.times.stepped(start, end);
      start = end;
      if (more) this.wake(task);
      if (end >= deadline) break;
    }
    if (this.#queue.length > 0) this.#planTurn();
  }
}
