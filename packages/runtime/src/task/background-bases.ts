import { dataFileName, parseDataFileName } from "@millrace/checkpoint";
import type { CheckpointStorage, DataFile, WrittenBase } from "@millrace/contracts";
import { assert, MillraceError } from "@millrace/core";
import type { OperatorHost } from "./operator-host.ts";
import { type KeyedChain, wantsBase } from "./task-checkpoint.ts";

/** A base that was written in the background, from its end until a complete checkpoint has it. */
export interface FinishedBase {
  readonly written: WrittenBase;
  /** Once a checkpoint has begun to take it: an aborted one leaves it to the next. */
  name: string | undefined;
  adopted: Promise<DataFile> | undefined;
}

/**
 * The bases of a task's keyed state. They are made between checkpoints, in the background, from the files of the last completed one
 * or from the local store that holds its state. The next checkpoint puts a base in the place of the files that it makes needless:
 * no checkpoint waits for it, and what a checkpoint writes is what has changed. The files that are read stay meanwhile, because the
 * newest complete checkpoint refers to them until one with the new base is complete.
 */
export class BackgroundBases {
  readonly #subtask: number;
  readonly #wake: () => void;
  readonly #finished = new Map<number, FinishedBase>();
  readonly #underWay = new Set<number>();
  /** By node the first file of the chain of which one turned out to be damaged. */
  readonly #damaged = new Map<number, string>();
  #failure: { readonly error: unknown } | undefined;
  #closed = false;

  constructor(subtask: number, wake: () => void) {
    this.#subtask = subtask;
    this.#wake = wake;
  }

  /** A checkpoint with this chain is complete, and the local store holds it. */
  completed(host: OperatorHost, chain: KeyedChain): void {
    const { backend, node } = host;
    const adopted = this.#finished.get(node)?.name;
    if (adopted !== undefined && chain.files[0]?.name === adopted) this.#finished.delete(node);
    // One failure after the other: none is to be forgotten over the next.
    if (backend?.writeBase === undefined || this.#closed || this.#failure !== undefined || !wantsBase(chain)) return;
    if (this.#underWay.has(node) || this.#finished.has(node) || this.#damaged.get(node) === chain.files[0]?.name) return;
    this.#underWay.add(node);
    backend.writeBase(chain.files).then(
      (written) => {
        this.#underWay.delete(node);
        this.#finished.set(node, { written, name: undefined, adopted: undefined });
      },
      (error: unknown) => {
        this.#underWay.delete(node);
        if (this.#closed) return;
        const [first] = chain.files;
        if (first !== undefined && isCorrupt(error)) this.#damaged.set(node, first.name);
        this.#failure = { error };
        this.#wake();
      },
    );
  }

  /**
   * The next checkpoint has to hold everything itself: no base can be made of these files, which a failed checkpoint has told of. Or so much
   * has changed that everything is hardly more, and there is no base to be made afterwards.
   */
  needsWhole({ node, backend }: OperatorHost, { files: [first] }: KeyedChain): boolean {
    if (this.#failure !== undefined) return false;
    if (first !== undefined && this.#damaged.get(node) === first.name) return true;
    return backend?.mostlyChanged === true && !this.#underWay.has(node) && !this.#finished.has(node);
  }

  /** What the next checkpoint may take. Throws, once, what the writing of one has failed with. */
  take(node: number): FinishedBase | undefined {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure.error;
    return this.#finished.get(node);
  }

  /** The files that hold the state of the last completed checkpoint, with the base in the place of those that it stands for. */
  async adopt(base: FinishedBase, host: OperatorHost, chain: KeyedChain, storage: CheckpointStorage): Promise<readonly DataFile[]> {
    const { checkpointId, file } = base.written;
    // A checkpoint in which nothing had changed has no file.
    const newest = chain.files.findLast((each) => idOf(each) <= checkpointId);
    if (newest === undefined) {
      // A checkpoint that was under way when the base was begun holds everything.
      this.#finished.delete(host.node);
      return chain.files;
    }
    const newestId = idOf(newest);
    base.name ??= dataFileName({ uid: host.uid, subtask: this.#subtask, checkpointId: newestId, kind: "base" });
    base.adopted ??= storage.adoptData(base.name, file);
    try {
      return [await base.adopted, ...chain.files.filter((each) => idOf(each) > newestId)];
    } catch (error) {
      this.#finished.delete(host.node);
      // An earlier attempt wrote it, and a newer checkpoint than the one restored may need it: the chain goes on as it is.
      if (error instanceof MillraceError && error.code === "CHECKPOINT_EXISTS") return chain.files;
      throw error;
    }
  }

  close(): void {
    this.#closed = true;
  }
}

function isCorrupt(error: unknown): boolean {
  return error instanceof MillraceError && error.code === "CHECKPOINT_CORRUPT";
}

function idOf(file: DataFile): number {
  const identity = parseDataFileName(file.name);
  assert(identity !== undefined, "a file of keyed state says of which checkpoint it is");
  return identity.checkpointId;
}
