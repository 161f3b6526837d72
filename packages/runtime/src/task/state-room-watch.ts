import type { Cancel } from "@millrace/core";
import type { OperatorHost } from "./operator-host.ts";
import type { TaskParts } from "./task-parts.ts";

const LOOK_MS = 5;

// Asked in each step, so it is no function that each step makes.
const overfull = ({ backend }: OperatorHost): boolean => backend?.overfull === true;

/** A task's part in the room for changes of keyed state: it says when it has none left, and a source looks whether there is some again. */
export class StateRoomWatch {
  readonly #parts: TaskParts;
  readonly #wake: () => void;
  #isFull = false;
  #cancelLook: Cancel | undefined;

  constructor(parts: TaskParts, wake: () => void) {
    this.#parts = parts;
    this.#wake = wake;
  }

  /** Tells the sources of the job when changes fill the memory here, and when they no longer do. */
  tell(): void {
    const { hosts, stateRoom } = this.#parts;
    const isFull = hosts.some(overfull);
    if (isFull === this.#isFull) return;
    this.#isFull = isFull;
    stateRoom.change(isFull ? 1 : -1);
  }

  /** Somewhere in the job there is no room. Looked for again soon: the task that fills it may be in another thread, and nobody rings when it has room. */
  noRoom(): boolean {
    if (!this.#parts.stateRoom.isFull) return false;
    this.#cancelLook ??= this.#parts.ports.scheduler.after(LOOK_MS, () => {
      this.#cancelLook = undefined;
      this.#wake();
    });
    return true;
  }

  close(): void {
    this.#cancelLook?.();
  }
}
