import {
  ancestryOf,
  type ChainFile,
  type CheckpointIdentity,
  chainFile,
  decideLocalStore,
  hasOtherLayout,
  identityOf,
  type LocalMarker,
  takenIn,
} from "@millrace/checkpoint";
import type { BackendOptions, CheckpointManifest, CheckpointStorage, DataFile } from "@millrace/contracts";
import { type Files, type Json, MillraceError } from "@millrace/core";
import { createStoreBackend, LocalStore, type StoreBackendOptions, type StoreSnapshot, type StoreWork } from "@millrace/state";
import type { HeldState, OpenedBackend, StateBackends } from "./backends.ts";
import { localPlace } from "./left-behind.ts";

export interface StoreBackendsOptions {
  readonly files: Files;
  /** Holds a store for each slot. */
  readonly directory: string;
  readonly storage: CheckpointStorage;
  /** The identity under which this process writes checkpoints. */
  readonly identity: { readonly runId: string; readonly lockToken: string };
  /** Estimated bytes of memory for the values and changes of all backends; each has an equal share. */
  readonly cacheBytes: number;
  /** Makes what sorts and merges a slot's store in the background. */
  readonly work: () => StoreWork;
}

interface Slot {
  readonly subtask: number;
  readonly store: LocalStore;
  /** The restored checkpoint stands in the store. */
  readonly filled: boolean;
  participants: number;
  marker: number;
  applying: { readonly checkpointId: number; left: number; readonly done: PromiseWithResolvers<void> } | undefined;
}

/** A local store for each slot, shared by its operators, which holds exactly the last completed checkpoint (law S3). */
export class StoreBackends implements StateBackends {
  /** Subtasks whose store was filled from the checkpoint, because there was none that could be trusted. */
  readonly rebuilt: number[] = [];
  readonly #options: StoreBackendsOptions;
  readonly #slots = new Map<number, Promise<Slot>>();
  readonly #open: Slot[] = [];
  /** Gives up the stores of an attempt: another one after each `prepare`, since whoever is closed may still be building. */
  #opening = new AbortController();
  /** Open ones. */
  #backends = 0;
  #restored: CheckpointManifest | undefined;
  #others: readonly CheckpointManifest[] = [];
  #parallelismOf: (uid: string) => number | undefined = () => undefined;
  #migrated = false;
  #trusted = true;

  constructor(options: StoreBackendsOptions) {
    this.#options = options;
  }

  distrust(): void {
    this.#trusted = false;
  }

  async prepare(...[restored, others, parallelismOf, migrated]: Parameters<StateBackends["prepare"]>): Promise<void> {
    this.#opening = new AbortController();
    this.#restored = restored;
    this.#others = others;
    this.#parallelismOf = parallelismOf;
    this.#migrated = migrated;
  }

  async open(options: BackendOptions): Promise<OpenedBackend> {
    // Whoever builds the next part of a chain may not have heard yet that all of it was given up.
    this.#opening.signal.throwIfAborted();
    let opening = this.#slots.get(options.subtask);
    if (opening === undefined) {
      opening = this.#openSlot(options.subtask);
      this.#slots.set(options.subtask, opening);
    }
    const slot = await opening;
    slot.participants++;
    this.#backends++;
    const backend = await createStoreBackend({
      ...options,
      store: slot.store,
      cacheBytesMax: () => this.#options.cacheBytes / this.#backends,
      filled: slot.filled,
      apply: (...applied) => this.#apply(slot, options.uid, ...applied),
    });
    return { backend, filled: slot.filled, needsBase: !slot.filled };
  }

  markers(): readonly number[] {
    return this.#open.map((slot) => slot.marker).filter((marker) => marker > 0);
  }

  hold(checkpointId: number): HeldState | undefined {
    const held = new Map<number, StoreSnapshot>();
    for (const { subtask, marker, store } of this.#open) if (marker === checkpointId) held.set(subtask, store.snapshot());
    return {
      records: (uid, subtask) => held.get(subtask)?.records(uid),
      close: async () => {
        for (const snapshot of held.values()) await snapshot.close();
      },
    };
  }

  /** One that is being opened comes to its end first, as soon as it can: its files may be another run's afterwards. */
  async close(): Promise<void> {
    this.#opening.abort(new MillraceError("STATE_STORE", "the local store was given up while it was being opened"));
    const opening = [...this.#slots.values()];
    this.#slots.clear();
    await Promise.allSettled(opening);
    const slots = this.#open.splice(0);
    this.#trusted = true;
    this.#backends = 0;
    const errors: unknown[] = [];
    for (const { store } of slots) await store.close().catch((error: unknown) => errors.push(error));
    if (errors.length > 0) throw errors[0];
  }

  /** Each operator's part is written; all become part of the store at once, with the marker. */
  async #apply(slot: Slot, uid: string, ...[checkpointId, header, chunks]: Parameters<StoreBackendOptions["apply"]>): Promise<void> {
    if (slot.applying?.checkpointId !== checkpointId) {
      slot.applying = { checkpointId, left: slot.participants, done: Promise.withResolvers() };
      slot.applying.done.promise.catch(() => undefined);
    }
    const applying = slot.applying;
    try {
      await slot.store.add(uid, header, chunks);
      if (--applying.left === 0) {
        const identity: CheckpointIdentity = { checkpointId, ...this.#options.identity };
        await slot.store.setMarker({ kind: "applied", checkpoint: identity as unknown as Json });
        slot.marker = checkpointId;
        applying.done.resolve();
      }
    } catch (error) {
      applying.done.reject(error);
    }
    await applying.done.promise;
  }

  /** Opens a slot's store and brings it to the restored checkpoint, if it can be trusted to be close to it. */
  async #openSlot(subtask: number): Promise<Slot> {
    const { signal } = this.#opening;
    const path = localPlace({ directory: this.#options.directory, backend: "disk" }, subtask);
    await this.#options.files.makeDirectory(this.#options.directory);
    const store = await this.#openStore(path);
    const filled = await this.#fill(store, subtask, signal).catch(async (error: unknown) => {
      // It is none of the open ones yet.
      await store.close().catch(() => undefined);
      throw error;
    });
    const slot: Slot = { subtask, store, filled, participants: 0, marker: 0, applying: undefined };
    if (slot.filled) slot.marker = this.#restored?.checkpointId ?? 0;
    this.#open.push(slot);
    return slot;
  }

  /** A store that is damaged is disposable: it is removed and begun anew. */
  async #openStore(path: string): Promise<LocalStore> {
    const { files, work } = this.#options;
    try {
      return await LocalStore.open(path, { files, work: work() });
    } catch {
      await files.remove(path);
      return LocalStore.open(path, { files, work: work() }).catch((cause: unknown) => {
        throw new MillraceError("STATE_STORE", `the local store at ${path} cannot be opened`, {
          cause,
          hint: "check the permissions and the space of the disk",
        });
      });
    }
  }

  async #fill(store: LocalStore, subtask: number, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    const restored = this.#restored;
    if (restored === undefined) {
      await store.clear();
      return false;
    }
    const layoutChanged = this.#migrated || hasOtherLayout(restored, this.#parallelismOf);
    const chains = restored.operators.flatMap((operator) => {
      const files = operator.subtasks[subtask]?.keyed?.files;
      return files === undefined ? [] : [{ uid: operator.uid, chain: files.map(chainFile) }];
    });
    const marker = this.#trusted ? (store.marker() as LocalMarker | undefined) : undefined;
    const ancestors = ancestryOf(restored, this.#others);
    const decisions = chains.map(({ uid, chain }) => ({
      uid,
      decision: decideLocalStore({ marker, restored: identityOf(restored), ancestors, chain, layoutChanged }),
    }));
    if (layoutChanged) {
      await store.clear();
      return false;
    }
    // What is left of an operator that was dropped meanwhile is none of the checkpoint, whatever the marker says of the others.
    const isStrange = store.uids.some((uid) => !chains.some((chain) => chain.uid === uid));
    if (marker === undefined || isStrange || decisions.some(({ decision }) => decision.kind === "rebuild")) {
      await this.#rebuild(store, chains, signal);
      this.rebuilt.push(subtask);
    } else {
      for (const { uid, decision } of decisions) {
        if (decision.kind !== "applyDeltas") continue;
        for (const { file } of decision.deltas) await this.#takeIn(store, uid, file, signal);
      }
    }
    signal.throwIfAborted();
    await store.setMarker({ kind: "applied", checkpoint: identityOf(restored) as unknown as Json });
    return true;
  }

  /** Fills the store from the checkpoint's files; without a marker it says nothing before all of it is there. */
  async #rebuild(store: LocalStore, chains: readonly { uid: string; chain: readonly ChainFile[] }[], signal: AbortSignal): Promise<void> {
    await store.clear();
    for (const { uid, chain } of chains) for (const { file } of chain) await this.#takeIn(store, uid, file, signal);
  }

  #takeIn(store: LocalStore, uid: string, file: DataFile, signal: AbortSignal): Promise<void> {
    const { storage } = this.#options;
    return takenIn(storage, [{ files: [file] }], () => store.apply(uid, whileWanted(storage.readData(file), signal)));
  }
}

async function* whileWanted(chunks: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncIterable<Uint8Array> {
  for await (const chunk of chunks) {
    signal.throwIfAborted();
    yield chunk;
  }
}
