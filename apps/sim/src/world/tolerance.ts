import type { JobEvent } from "millrace";

/** Whether a job bears as many checkpoints that fail, one after the other, as it was told to, and no more. */
export class Tolerance {
  fault: string | undefined;
  readonly #tolerable: number;
  #failed = 0;

  constructor(tolerable: number) {
    this.#tolerable = tolerable;
  }

  heard(event: JobEvent): void {
    switch (event.kind) {
      case "checkpointCompleted":
      case "running":
        this.#failed = 0;
        return;
      case "checkpointFailed":
        if (++this.#failed > this.#tolerable + 1) this.fault = `${this.#failed} checkpoints have failed, of which ${this.#tolerable} are to be borne`;
        return;
      case "restarting":
        if (isAborted(event.error) && this.#failed <= this.#tolerable)
          this.fault = `it restarts after ${this.#failed} failed checkpoints, of which ${this.#tolerable} are to be borne`;
    }
  }
}

function isAborted(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "CHECKPOINT_ABORTED";
}
