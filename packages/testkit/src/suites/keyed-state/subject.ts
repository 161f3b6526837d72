import type { EncodedState, KeyedStateBackend, KeyGroupRange } from "@millrace/contracts";

/** How the suite opens the backend under test, anew or from what completed checkpoints left. */
export interface KeyedStateSubject {
  /** Nothing is there yet. */
  open(): Promise<KeyedStateBackend>;
  /** The process crashed: opens again from the chain of completed snapshots, base first. A local store may still be there. */
  reopen(chain: readonly EncodedState[]): Promise<KeyedStateBackend>;
  /** From the chains alone, for a range of key groups; as after a change of parallelism. */
  restore(chain: readonly EncodedState[], keyGroups: KeyGroupRange): Promise<KeyedStateBackend>;
  close(): Promise<void>;
}
