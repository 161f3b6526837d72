import type { DataFile } from "@millrace/contracts";
import type { FileSum } from "../runs/store-work.ts";

/** The files of one operator subtask's keyed state in a checkpoint become one. */
export interface ChainTask {
  /** Directory of the checkpoints. */
  readonly checkpoints: string;
  /** Base first, then deltas; oldest first, at least one. */
  readonly files: readonly DataFile[];
  /** Of the new base. */
  readonly path: string;
}

/** Makes bases in the background. */
export interface ChainWork {
  /**
   * The new base is on disk when the promise resolves; its name may not be. Rejects with CHECKPOINT_CORRUPT or STATE_CORRUPT when a file is
   * not what was written. A failure leaves no file.
   */
  mergeChain(task: ChainTask): Promise<FileSum>;
  /** Ends what is under way, with an error, as what is asked for later. Resolves when nothing is being written any more. */
  close(): Promise<void>;
}
