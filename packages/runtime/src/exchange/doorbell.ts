/**
 * Wakes a thread that waits on its event loop. Whoever has something for the thread first makes it visible (an atomic
 * store), then rings. The thread first says that it will sleep, then looks once more for something to do, and only then
 * waits: one of the two always sees the other, so no ring is lost (Dekker's argument; Atomics are sequentially consistent).
 */
const SIGNAL = 0;
const SLEEPING = 16;

export function doorbellMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(128);
}

/** The outer side. */
export class Doorbell {
  readonly #words: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
  }

  ring(): void {
    if (Atomics.load(this.#words, SLEEPING) === 0) return;
    if (Atomics.exchange(this.#words, SLEEPING, 0) === 0) return;
    Atomics.add(this.#words, SIGNAL, 1);
    Atomics.notify(this.#words, SIGNAL);
  }
}

/** The side of the thread that is woken. */
export class Sleeper {
  readonly #words: Int32Array;
  readonly #wake: () => void;
  #waiting = false;

  /** `wake` is called from a turn of the event loop after each ring that came while the thread slept. */
  constructor(memory: SharedArrayBuffer, wake: () => void) {
    this.#words = new Int32Array(memory);
    this.#wake = wake;
  }

  /** From here on rings are heard. Look for work after this, before the event loop turns. */
  sleep(): void {
    const signal = Atomics.load(this.#words, SIGNAL);
    Atomics.store(this.#words, SLEEPING, 1);
    if (!this.#waiting) this.#wait(signal);
  }

  /** The thread is at work and looks for more by itself; rings cost nothing now. */
  awake(): void {
    Atomics.store(this.#words, SLEEPING, 0);
  }

  #wait(signal: number): void {
    this.#waiting = true;
    const { async, value } = Atomics.waitAsync(this.#words, SIGNAL, signal);
    const woken = (): void => {
      this.#waiting = false;
      this.#wake();
    };
    if (async) void value.then(woken);
    else queueMicrotask(woken);
  }
}
