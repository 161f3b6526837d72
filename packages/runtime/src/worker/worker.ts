import { limits, type Ports } from "@millrace/core";

/** What a worker runs; a StreamTask. */
export interface Stepped {
  /** Works for a moment, a shorter one when others wait. True: there is more to do now; false: it waits to be woken. */
  step(othersWait: () => boolean): boolean;
  /** Its worker's: it stands in the queue. */
  queued: boolean;
  /** Told how long each step took, in milliseconds of the monotonic clock. */
  readonly times: { stepped(start: number, end: number): void };
}

/** Where work for the tasks of a thread comes from beside the thread's own event loop. */
export interface Inbox {
  /** Takes what has come and wakes the tasks that it concerns. Cheap when nothing has. */
  pump(): void;
  /** The thread has nothing to do: `wake` is called when something comes. What came just now is taken before it returns. */
  sleep(wake: () => void): void;
  /** The thread works, and pumps. */
  awake(): void;
}

/**
 * Runs the tasks of one thread. A task that has work stands in the queue; a turn steps queued tasks one after the other
 * until the turn's time is over, then lets the event loop do I/O. With an idle queue nothing runs at all.
 */
export class Worker {
  readonly #ports: Ports;
  readonly #inbox: Inbox | undefined;
  readonly #queue: Stepped[] = [];
  #turnPlanned = false;
  #started = false;
  #closed = false;
  #sleptAt = Number.NEGATIVE_INFINITY;
  /** Looks in vain, one after the other. */
  #lookOutMisses = 0;

  constructor(ports: Ports, inbox?: Inbox) {
    this.#ports = ports;
    this.#inbox = inbox;
  }

  /** Puts a task into the queue, unless it stands there already. */
  wake(task: Stepped): void {
    if (this.#closed || task.queued) return;
    task.queued = true;
    this.#queue.push(task);
    this.#planTurn();
  }

  /** Tasks woken before this wait: a task must not run while others of its attempt are still being built. */
  start(): void {
    this.#started = true;
    if (this.#queue.length > 0 || this.#inbox !== undefined) this.#planTurn();
  }

  /** No step is begun after this. */
  close(): void {
    this.#closed = true;
    for (const task of this.#queue.splice(0)) task.queued = false;
  }

  readonly #othersWait = (): boolean => this.#queue.length > 0;

  readonly #planTurn = (): void => {
    if (this.#turnPlanned || this.#closed || !this.#started) return;
    this.#turnPlanned = true;
    this.#ports.scheduler.immediate(() => {
      this.#turnPlanned = false;
      if (!this.#closed) this.#turn();
    });
  };

  #turn(): void {
    this.#inbox?.awake();
    this.#work();
    // What comes while the inbox looks for the last time plans another turn.
    if (this.#queue.length > 0) this.#planTurn();
    else if (this.#inbox !== undefined) {
      this.#sleptAt = this.#ports.clock.monotonic();
      this.#inbox.sleep(this.#woken);
    }
  }

  /** By the inbox, in a turn of the event loop of its own: there is nothing to wait for. */
  readonly #woken = (): void => {
    const slept = this.#ports.clock.monotonic() - this.#sleptAt;
    if (slept < limits.lookOutMs * limits.lookOutMissesMax) this.#lookOutMisses = 0;
    if (!this.#turnPlanned && !this.#closed) this.#turn();
  };

  /** Until nothing is left, or the turn's time is over. */
  #work(): void {
    const { clock } = this.#ports;
    let start = clock.monotonic();
    const deadline = start + limits.turnMs;
    for (;;) {
      this.#inbox?.pump();
      let task = this.#queue.shift();
      if (task === undefined) {
        task = this.#lookOut();
        if (task === undefined) return;
        start = clock.monotonic();
      }
      task.queued = false;
      const more = task.step(this.#othersWait);
      const end = clock.monotonic();
      task.times.stepped(start, end);
      start = end;
      if (more) this.wake(task);
      if (end >= deadline) return;
    }
  }

  /**
   * Looks for a moment whether other threads send something. Threads that work on each other's records run dry again and
   * again, and being woken takes as long as some hundred records. In vain it is where nothing comes, or where there are
   * more threads than processors; then it is left alone.
   */
  #lookOut(): Stepped | undefined {
    const inbox = this.#inbox;
    if (inbox === undefined || this.#lookOutMisses >= limits.lookOutMissesMax) return undefined;
    const { clock } = this.#ports;
    const end = clock.monotonic() + limits.lookOutMs;
    do {
      inbox.pump();
      const task = this.#queue.shift();
      if (task === undefined) continue;
      this.#lookOutMisses = 0;
      return task;
    } while (clock.monotonic() < end);
    this.#lookOutMisses++;
    return undefined;
  }
}
