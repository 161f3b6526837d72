import type { CheckpointManifest } from "@millrace/contracts";
import type { MillraceError } from "@millrace/core";
import { jobEnded } from "./checkpoint-aborted.ts";

export interface TakeOptions {
  /** Called when all tasks have taken it, before it exists. When this rejects it never will, and who asked is refused with the same. */
  readonly beforehand?: (manifest: CheckpointManifest) => Promise<void>;
  /** Called when it is complete, committed and applied, before anything changes again. */
  readonly completed?: (manifest: CheckpointManifest) => void;
  /**
   * Nothing is processed behind its barrier, and no checkpoint is triggered after it, until `resume` with the same: one may serve
   * several who want that. With `beforehand` it suspends checkpoints from there on.
   */
  readonly suspends?: symbol;
  /** The sources were drained: where event time stood is left out, since it begins anew after a restore. */
  readonly drained?: boolean;
}

interface Request {
  readonly reason: "savepoint" | "final";
  readonly options: TakeOptions;
  /** The one that it gets; undefined: none has been triggered since. */
  checkpointId: number | undefined;
  /** Its own, when `beforehand` was called: what becomes of that is the answer. */
  begun: boolean;
  /** Why `beforehand` came to nothing. */
  failure: unknown;
  readonly promise: Promise<CheckpointManifest>;
  readonly resolve: (manifest: CheckpointManifest) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Who waits for a checkpoint that is triggered after he asked, and who wants none after his. One that is under way when he
 * asks serves nobody who comes later: it does not hold everything.
 */
export class CheckpointRequests {
  #requests: Request[] = [];
  readonly #suspensions = new Set<symbol>();

  get suspended(): boolean {
    return this.#suspensions.size > 0;
  }

  suspendedBy(suspension: symbol): boolean {
    return this.#suspensions.has(suspension);
  }

  add(reason: Request["reason"], options: TakeOptions): Promise<CheckpointManifest> {
    const { promise, resolve, reject } = Promise.withResolvers<CheckpointManifest>();
    this.#requests.push({ reason, options, checkpointId: undefined, begun: false, failure: undefined, promise, resolve, reject });
    return promise;
  }

  /** Resolves when all who have asked so far have their answers. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#requests.map(({ promise }) => promise));
  }

  /** Says whether a savepoint will be made of it, whatever it was triggered for, and whether it will suspend checkpoints. */
  triggered(checkpointId: number): { readonly savepointWanted: boolean; readonly suspends: boolean } {
    for (const request of this.#requests) request.checkpointId ??= checkpointId;
    return {
      savepointWanted: this.#requests.some(({ reason }) => reason === "savepoint"),
      suspends: this.#requests.some(({ options }) => options.suspends !== undefined),
    };
  }

  /** All tasks have taken it. Rejects when it is to come to nothing. */
  async acknowledged(manifest: CheckpointManifest): Promise<void> {
    for (const request of this.#requests.filter(({ checkpointId }) => checkpointId === manifest.checkpointId)) {
      const { beforehand, suspends } = request.options;
      if (beforehand === undefined) continue;
      request.begun = true;
      if (suspends !== undefined) this.#suspensions.add(suspends);
      try {
        await beforehand(manifest);
      } catch (error) {
        request.failure = error;
        throw error;
      }
    }
  }

  completed(manifest: CheckpointManifest): void {
    for (const { options, resolve } of this.#take(({ checkpointId }) => checkpointId === manifest.checkpointId)) {
      if (options.suspends !== undefined) this.#suspensions.add(options.suspends);
      options.completed?.(manifest);
      resolve(manifest);
    }
  }

  /** Savepoints are refused. Says whether a final one was waited for: that is for a later checkpoint. */
  aborted(aborted: number, error: MillraceError): { readonly finalWanted: boolean } {
    const refused = this.#take(({ reason, checkpointId }) => reason === "savepoint" && checkpointId === aborted);
    for (const { options, failure, reject } of refused) {
      if (options.suspends !== undefined) this.#suspensions.delete(options.suspends);
      reject(failure ?? error);
    }
    const again = this.#requests.filter(({ checkpointId }) => checkpointId === aborted);
    for (const request of again) request.checkpointId = undefined;
    return { finalWanted: again.length > 0 };
  }

  /** False: it had not come to suspend any, or does not any more. */
  resume(suspension: symbol): boolean {
    return this.#suspensions.delete(suspension);
  }

  /** It exists, but it could not be published, or the tasks did not follow. */
  failed(failed: number, error: unknown): void {
    for (const { reject } of this.#take(({ checkpointId }) => checkpointId === failed)) reject(error);
  }

  /** There will be no more checkpoints. */
  close(): void {
    for (const { reject } of this.#take(({ begun }) => !begun)) reject(jobEnded());
  }

  #take(which: (request: Request) => boolean): readonly Request[] {
    const taken = this.#requests.filter(which);
    this.#requests = this.#requests.filter((request) => !taken.includes(request));
    return taken;
  }
}
