import type { KeyedStateBackend } from "@millrace/contracts";
import type { Cancel, Ports } from "@millrace/core";

const SLICE_MS = 0.2;
/** For each moment that it takes, so many go by: about two percent of the thread's time. */
const PAUSE_FACTOR = 50;
const PAUSE_MIN_MS = 5;
/** From the end of a round over all state to the next. */
const ROUND_PAUSE_MS = 10_000;

/** Goes round over the state that expires of a task's operators, between records, and removes what has: also what nobody asks for. */
export class ExpiryCleanup {
  readonly #backends: readonly KeyedStateBackend[];
  /** Known once the operators have declared their state. */
  #expiring: readonly KeyedStateBackend[] | undefined;
  readonly #ports: Pick<Ports, "clock" | "scheduler">;
  readonly #wake: () => void;
  #turn = 0;
  #nextMs = Number.NEGATIVE_INFINITY;
  #cancel: Cancel | undefined;

  constructor(backends: readonly KeyedStateBackend[], ports: Pick<Ports, "clock" | "scheduler">, wake: () => void) {
    this.#backends = backends;
    this.#ports = ports;
    this.#wake = wake;
  }

  /** Works for a moment if it is time to. No operator may hold a value. */
  run(): void {
    this.#expiring ??= this.#backends.filter(({ expires }) => expires === true);
    const backend = this.#expiring[this.#turn];
    if (backend === undefined) return;
    const { clock, scheduler } = this.#ports;
    const start = clock.monotonic();
    if (start < this.#nextMs) return;
    const isDone = backend.cleanupSlice?.(SLICE_MS) === true;
    if (isDone) this.#turn = (this.#turn + 1) % this.#expiring.length;
    const end = clock.monotonic();
    const pauseMs = isDone && this.#turn === 0 ? ROUND_PAUSE_MS : Math.max(PAUSE_MIN_MS, (end - start) * PAUSE_FACTOR);
    this.#nextMs = end + pauseMs;
    this.#cancel?.();
    this.#cancel = scheduler.after(pauseMs, this.#wake);
  }

  close(): void {
    this.#cancel?.();
  }
}
