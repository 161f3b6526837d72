import type { Attempt } from "./attempt.ts";
import type { CheckpointCoordinator } from "./checkpoints/checkpoint-coordinator.ts";

/** An attempt whose checkpoints are on. */
export type Checkpointed = Attempt & { readonly checkpoints: CheckpointCoordinator };

export function isCheckpointed(attempt: Attempt | undefined): attempt is Checkpointed {
  return attempt?.checkpoints !== undefined;
}

/** A stop with a savepoint that is under way. */
export class Stopping {
  /** Of the savepoint's checkpoint: from its completion on nothing is published. */
  readonly suspends = Symbol("stop with a savepoint");
  /** Event time goes to its end first. */
  readonly drains: boolean;
  /** Whether the savepoint was taken. */
  readonly taken: Promise<boolean>;
  readonly over: (taken: boolean) => void;
  readonly #attempt: Checkpointed;
  #failure: { readonly error: unknown } | undefined;
  #hasGivenUp = false;

  constructor(attempt: Checkpointed, drains: boolean) {
    this.#attempt = attempt;
    this.drains = drains;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.taken = promise;
    this.over = resolve;
  }

  /** What the attempt failed with since that checkpoint. It matters only if the savepoint can't be written. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  /** The run is to end without delay: a drain that is still under way is given up, and nothing of it is published. */
  giveUpDrain(): void {
    if (this.#attempt.giveUpDrain()) this.#hasGivenUp = true;
  }

  get hasGivenUp(): boolean {
    return this.#hasGivenUp;
  }

  /** False: the failure is to be dealt with. True: all that the savepoint needs is there, and a restart would publish what it does not hold. */
  bears(attempt: Attempt | undefined, error: unknown): boolean {
    if (attempt !== this.#attempt || !this.#attempt.checkpoints.suspendedBy(this.suspends)) return false;
    this.#failure ??= { error };
    return true;
  }
}
