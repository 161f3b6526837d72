import { MessageChannel, type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { limits } from "@millrace/core";
import type { ConsoleLevel } from "../job-handle.ts";

// What user code writes to its console in a worker goes to the main thread, which tells it to the log. It has a port of its
// own, so that nothing that the coordinator waits for stands behind it, and the main thread counts in shared memory what it has
// heard. A worker that is further ahead than the bounds waits, as it would for a standard output that is written at once: it
// loses no line, and the main thread's event loop turns between any two portions. But it doesn't wait for ever, since nothing
// in a job may depend on its console: while the main thread hears nothing at all, lines are dropped and counted.

/** The worker's end; plain data, and a port that has to be transferred. */
export interface ConsoleEnd {
  readonly port: MessagePort;
  /** Shared, see the indexes below. */
  readonly counts: Int32Array;
}

interface Line {
  readonly level: ConsoleLevel;
  readonly text: string;
}

/** Lines, and UTF-16 units of them, that the main thread has heard: both wrap around. Lines dropped that it has not told of yet. */
const heardLines = 0;
const heardUnits = 1;
const droppedLines = 2;

export interface ConsoleBounds {
  readonly linesMax: number;
  /** One line may go past it. */
  readonly unitsMax: number;
  readonly waitMs: number;
}

const bounds: ConsoleBounds = { linesMax: limits.consoleLinesMax, unitsMax: limits.consoleUnitsMax, waitMs: limits.consoleWaitMs };

/** In the worker. */
export class ConsoleWriter {
  readonly #end: ConsoleEnd;
  readonly #bounds: ConsoleBounds;
  #lines = 0;
  #units = 0;
  /** It has waited in vain, and there has been no room since. */
  #givenUp = false;

  constructor(end: ConsoleEnd, own: ConsoleBounds = bounds) {
    this.#end = end;
    this.#bounds = own;
  }

  /** Returns when the line is on its way, at the latest after `waitMs` without any word of the main thread: then it is dropped. */
  write(level: ConsoleLevel, text: string): void {
    if (!this.#comesToRoom()) {
      Atomics.add(this.#end.counts, droppedLines, 1);
      return;
    }
    this.#lines = (this.#lines + 1) | 0;
    this.#units = (this.#units + text.length) | 0;
    this.#end.port.postMessage({ level, text } satisfies Line);
  }

  #comesToRoom(): boolean {
    const { counts } = this.#end;
    for (;;) {
      const heard = Atomics.load(counts, heardLines);
      if (this.#hasRoom()) {
        this.#givenUp = false;
        return true;
      }
      // Waiting once is enough: else each line would take as long for as long as the main thread is busy.
      if (this.#givenUp) return false;
      this.#givenUp = Atomics.wait(counts, heardLines, heard, this.#bounds.waitMs) === "timed-out";
    }
  }

  #hasRoom(): boolean {
    const { counts } = this.#end;
    const lines = (this.#lines - Atomics.load(counts, heardLines)) | 0;
    const units = (this.#units - Atomics.load(counts, heardUnits)) | 0;
    return lines < this.#bounds.linesMax && units < this.#bounds.unitsMax;
  }
}

/** In the main thread: hears a worker's lines in their order, and no more of them than the bounds between two turns of the event loop. */
export class ConsoleReader {
  /** Of the worker that writes. */
  readonly end: ConsoleEnd;
  readonly #port: MessagePort;
  readonly #hear: (level: ConsoleLevel, text: string) => void;
  #lines = 0;
  #units = 0;
  #due = false;

  constructor(hear: (level: ConsoleLevel, text: string) => void) {
    const { port1, port2 } = new MessageChannel();
    this.end = { port: port2, counts: new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT)) };
    this.#port = port1;
    this.#hear = hear;
    port1.on("message", (line: Line) => this.#heard(line));
    // It is the worker that keeps the process alive.
    port1.unref();
  }

  /** Hears what is left of a worker that has gone. */
  close(): void {
    for (let left = receiveMessageOnPort(this.#port); left !== undefined; left = receiveMessageOnPort(this.#port)) this.#heard(left.message as Line);
    this.#makeRoom();
    this.#port.close();
  }

  #heard({ level, text }: Line): void {
    this.#lines = (this.#lines + 1) | 0;
    this.#units = (this.#units + text.length) | 0;
    this.#hear(level, text);
    if (this.#due) return;
    this.#due = true;
    // Room that were made line by line would be filled while this portion is being heard, which then had no end.
    setImmediate(() => this.#makeRoom());
  }

  #makeRoom(): void {
    const { counts } = this.end;
    this.#due = false;
    const dropped = Atomics.exchange(counts, droppedLines, 0);
    if (dropped > 0) this.#hear("warn", `lines of the console dropped here: ${dropped}; the main thread was too busy to hear them`);
    Atomics.store(counts, heardUnits, this.#units);
    Atomics.store(counts, heardLines, this.#lines);
    Atomics.notify(counts, heardLines);
  }
}
