import type { CheckpointStorage, DataFile, KeyedSnapshot, SubtaskSnapshot } from "@millrace/contracts";
import { assert, type Json } from "@millrace/core";
import type { OperatorHost } from "./operator-host.ts";
import type { SinkPort } from "./sink-port.ts";
import type { NodeSnapshot } from "./task-events.ts";

/** The files that hold a node's keyed state as of the last completed checkpoint, base first. */
export interface KeyedChain {
  readonly files: readonly DataFile[];
}

export interface KeyedPart {
  readonly host: OperatorHost;
  readonly chain: KeyedChain;
  /** Set all state aside, so that the file stands alone. */
  readonly full: boolean;
  readonly fileName: string;
}

export interface CheckpointParts {
  readonly checkpointId: number;
  readonly subtask: number;
  readonly finished: boolean;
  /** The chain's nodes with what is known of them at the barrier, by uid. */
  readonly nodes: readonly {
    readonly uid: string;
    readonly node: number;
    readonly watermark: number | "min" | "max";
    readonly splits: readonly Json[] | undefined;
  }[];
  readonly keyed: readonly KeyedPart[];
  readonly hosts: readonly OperatorHost[];
  readonly sinks: readonly SinkPort[];
}

/**
 * One checkpoint in one task. The constructor is the synchronous part at the barrier: it freezes keyed state, copies the
 * rest and lets the sinks cut. Encoding goes on in slices between records; files are written when it is done.
 */
export class TaskCheckpoint {
  readonly checkpointId: number;
  readonly #parts: CheckpointParts;
  readonly #storage: CheckpointStorage;
  readonly #operatorState = new Map<number, readonly Json[]>();
  readonly #prepared = new Map<number, Promise<{ committables: readonly Json[]; writerStates: readonly Json[] }>>();
  readonly #encoding: KeyedPart[];

  constructor(parts: CheckpointParts, storage: CheckpointStorage) {
    this.checkpointId = parts.checkpointId;
    this.#parts = parts;
    this.#storage = storage;
    for (const part of parts.keyed) backendOf(part).freeze(parts.checkpointId, part.full);
    for (const host of parts.hosts) {
      const items = host.operator.snapshotState?.();
      if (items !== undefined) this.#operatorState.set(host.node, items);
    }
    for (const sink of parts.sinks) {
      const prepared = sink.prepare(parts.checkpointId);
      // It is awaited when the encoding is done; a failure before that must not count as unhandled.
      prepared.catch(() => undefined);
      this.#prepared.set(sink.node, prepared);
    }
    this.#encoding = [...parts.keyed];
  }

  /** Encodes for at most `budgetMs`; true when all is encoded. */
  encode(budgetMs: number): boolean {
    for (;;) {
      const part = this.#encoding[0];
      if (part === undefined) return true;
      if (!backendOf(part).encodeSlice(budgetMs)) return false;
      this.#encoding.shift();
    }
  }

  /** Writes what was encoded and waits for the sinks. Once, after `encode` returned true. */
  async write(): Promise<{ nodes: NodeSnapshot[]; chains: Map<number, KeyedChain> }> {
    assert(this.#encoding.length === 0, "all state is encoded before it is written");
    const keyed = new Map<number, KeyedSnapshot>();
    const chains = new Map<number, KeyedChain>();
    for (const part of this.#parts.keyed) {
      const files = await this.#writeKeyed(part);
      chains.set(part.host.node, { files });
      keyed.set(part.host.node, { keyGroups: backendOf(part).keyGroups, files });
    }
    const nodes: NodeSnapshot[] = [];
    for (const node of this.#parts.nodes) {
      const sink = await this.#prepared.get(node.node);
      const keyedSnapshot = keyed.get(node.node);
      const operatorState = this.#operatorState.get(node.node);
      const snapshot: SubtaskSnapshot = {
        subtask: this.#parts.subtask,
        watermark: node.watermark,
        ...(this.#parts.finished ? { finished: true } : {}),
        ...(keyedSnapshot === undefined ? {} : { keyed: keyedSnapshot }),
        ...(operatorState === undefined ? {} : { operatorState }),
        ...(node.splits === undefined ? {} : { splits: node.splits }),
        ...(sink === undefined ? {} : sink),
      };
      nodes.push({ uid: node.uid, snapshot });
    }
    return { nodes, chains };
  }

  async #writeKeyed(part: KeyedPart): Promise<readonly DataFile[]> {
    const delta = backendOf(part).takeDelta();
    const before = part.full ? [] : part.chain.files;
    if (delta.records === 0 && !part.full) return before;
    return [...before, await this.#storage.writeData(part.fileName, delta.chunks)];
  }
}

function backendOf(part: KeyedPart): NonNullable<OperatorHost["backend"]> {
  assert(part.host.backend !== undefined, "a keyed part has a backend");
  return part.host.backend;
}
