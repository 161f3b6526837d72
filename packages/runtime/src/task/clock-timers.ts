import type { Cancel, Ports } from "@millrace/core";
import type { TaskParts } from "./task-parts.ts";

/** When a task's operators are called because of the time of day. */
export class ClockTimers {
  /** An operator may want to be called now. */
  due = false;
  readonly #parts: Pick<TaskParts, "hosts" | "flow" | "control">;
  readonly #ports: Ports;
  readonly #wake: () => void;
  #wakeTime = Number.POSITIVE_INFINITY;
  #cancelWake: Cancel | undefined;

  constructor({ hosts, flow, control, ports }: TaskParts, wake: () => void) {
    this.#parts = { hosts, flow, control };
    this.#ports = ports;
    this.#wake = wake;
  }

  /** An operator asks to be woken when `time` is over. */
  wakeAt(time: number): void {
    const over = this.#timeOver();
    if (time <= over) {
      this.due = true;
      this.#parts.control.interrupt = true;
      return;
    }
    if (time >= this.#wakeTime) return;
    this.#cancelWake?.();
    this.#wakeTime = time;
    this.#cancelWake = this.#ports.scheduler.after(time - over, () => {
      this.#wakeTime = Number.POSITIVE_INFINITY;
      this.#cancelWake = undefined;
      this.due = true;
      this.#wake();
    });
  }

  /** An operator that held has been released: those that it kept from their turn may have been due for long. */
  released(): void {
    this.due ||= this.#parts.hosts.some(({ wakeTime }) => wakeTime <= this.#timeOver());
  }

  /** Calls all that are due and not held up. False: one yields, and goes on the next time. */
  fire(): boolean {
    this.due = false;
    const { hosts, flow } = this.#parts;
    const now = this.#timeOver();
    for (const host of hosts) {
      if (host.inputEnded || host.wakeTime > now || flow.holds(host)) continue;
      host.wakeTime = Number.POSITIVE_INFINITY;
      const done = host.operator.onProcessingTime?.(now) ?? true;
      if (!done) {
        host.wakeTime = now;
        this.due = true;
        return false;
      }
    }
    // One that holds is looked at again when it is released.
    for (const host of hosts) if (!host.inputEnded && host.wakeTime > now && host.wakeTime !== Number.POSITIVE_INFINITY) this.wakeAt(host.wakeTime);
    return true;
  }

  close(): void {
    this.#cancelWake?.();
  }

  /**
   * The last millisecond that is over: more records may come in the one that the clock shows, and belong to it, as records
   * at a watermark no longer may. Flink's ProcessingTimeServiceUtil waits for a millisecond more likewise.
   */
  #timeOver(): number {
    return this.#ports.clock.now() - 1;
  }
}
