import { decideBase } from "@millrace/checkpoint";
import { createWriter } from "@millrace/codec";
import type { CheckpointStorage, DataFile, EncodedState, InFlightSnapshot, KeyedSnapshot, SubtaskSnapshot } from "@millrace/contracts";
import { assert, type Json, watermarkToJson } from "@millrace/core";
import type { OvertakenBytes } from "./in-flight.ts";
import type { OperatorHost } from "./operator-host.ts";
import type { SinkPort, SinkPrepared } from "./sink-port.ts";
import type { NodeSnapshot } from "./task-events.ts";

/** The files that hold a node's keyed state as of the last completed checkpoint, base first. */
export interface KeyedChain {
  readonly files: readonly DataFile[];
}

/** Whether the next file holds all state, because the deltas have outgrown the base. */
export function wantsBase({ files: [base, ...deltas] }: KeyedChain): boolean {
  const deltaBytes = deltas.reduce((sum, file) => sum + file.bytes, 0);
  return decideBase({ baseBytes: base?.bytes, deltaBytes, deltaCount: deltas.length }) === "base";
}

/** Where a node stands, and whether it is not done with that. */
export function timeOf({ watermark, firing = false }: Partial<OperatorHost> & Pick<OperatorHost, "watermark">): NodeTime {
  return { watermark: watermarkToJson(watermark), firing };
}

export interface NodeTime {
  readonly watermark: number | "min" | "max";
  readonly firing: boolean;
}

export interface NodeAtBarrier extends NodeTime {
  readonly uid: string;
  readonly node: number;
  readonly splits: readonly Json[] | undefined;
  /** It has ended: a source has read all, another node has done and emitted all that it ever will. */
  readonly finished: boolean;
}

export interface KeyedPart {
  readonly host: OperatorHost;
  /** Set all state aside, so that the file stands alone. */
  readonly full: boolean;
  /** The chain's files, or what takes their place. Called once. */
  readonly filesBefore: () => Promise<readonly DataFile[]>;
  readonly fileName: string;
}

export interface CheckpointParts {
  readonly checkpointId: number;
  readonly subtask: number;
  /** The chain's nodes with what is known of them at the barrier, by uid. */
  readonly nodes: readonly NodeAtBarrier[];
  readonly keyed: readonly KeyedPart[];
  readonly hosts: readonly OperatorHost[];
  readonly sinks: readonly SinkPort[];
  /** The records before the barrier could not be made durable: the writer has lost them, so the task can't go on. */
  readonly sinkFailed: (node: number, error: unknown) => void;
  /** Absent: all barriers were waited for. */
  readonly inFlight: InFlightPart | undefined;
}

/** What the checkpoint overtook on its way to this task. */
export interface InFlightPart {
  /** The head of the chain. */
  readonly node: number;
  /** Undefined: the checkpoint was given up. */
  readonly channels: Promise<readonly OvertakenBytes[] | undefined>;
  readonly fileName: string;
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
  readonly #prepared = new Map<number, Promise<SinkPrepared>>();
  readonly #encoding: KeyedPart[];
  #filesSettled: Promise<unknown> = Promise.resolve();

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
      prepared.catch((error: unknown) => parts.sinkFailed(sink.node, error));
      this.#prepared.set(sink.node, prepared);
    }
    this.#encoding = [...parts.keyed];
  }

  /** Resolves when no file of it is being written any more, nor will be: what it overtakes is there or was given up. The sinks may still be at it. */
  get filesSettled(): Promise<unknown> {
    return this.#filesSettled;
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
    // All at once: an abort during the writing gives the frozen state back, and the next barrier freezes another.
    const deltas = this.#parts.keyed.map((part) => ({ part, delta: backendOf(part).takeDelta() }));
    const writing = this.#writeFiles(deltas);
    const overtaken = this.#writeInFlight();
    this.#filesSettled = Promise.allSettled([writing, overtaken]);
    const inFlight = await overtaken;
    const chains = await writing;
    const nodes: NodeSnapshot[] = [];
    for (const node of this.#parts.nodes) {
      const sink = await this.#prepared.get(node.node);
      const keyedSnapshot = this.#keyedSnapshot(node.node, chains);
      const operatorState = this.#operatorState.get(node.node);
      const snapshot: SubtaskSnapshot = {
        subtask: this.#parts.subtask,
        watermark: node.watermark,
        ...(node.firing ? { firing: true } : {}),
        ...(node.finished ? { finished: true } : {}),
        ...(keyedSnapshot === undefined ? {} : { keyed: keyedSnapshot }),
        ...(operatorState === undefined ? {} : { operatorState, ...this.#stateMode(node.node) }),
        ...(node.splits === undefined ? {} : { splits: node.splits }),
        ...(sink === undefined ? {} : sink),
        ...(inFlight === undefined || node.node !== this.#parts.inFlight?.node ? {} : { inFlight }),
      };
      nodes.push({ uid: node.uid, snapshot });
    }
    return { nodes, chains };
  }

  /** Each element as its length (u32, little-endian) and its bytes, channel by channel. */
  async #writeInFlight(): Promise<InFlightSnapshot | undefined> {
    const part = this.#parts.inFlight;
    const channels = await part?.channels;
    if (part === undefined || channels === undefined || channels.length === 0) return undefined;
    const writer = createWriter();
    for (const { elements } of channels) {
      for (const element of elements) {
        writer.u32(element.length);
        writer.raw(element);
      }
    }
    const file = await this.#storage.writeData(part.fileName, [writer.slice()]);
    return {
      file,
      channels: channels.map(({ place: { from, output, input, sender }, time, age, elements }) => ({
        ...{ from, output, input, sender },
        ...{ watermark: watermarkToJson(time.watermark), idle: time.idle },
        ...{ age, elements: elements.length },
      })),
    };
  }

  #stateMode(node: number): Pick<SubtaskSnapshot, "operatorStateMode"> {
    const mode = this.#parts.hosts.find((host) => host.node === node)?.operator.stateMode;
    return mode === undefined ? {} : { operatorStateMode: mode };
  }

  async #writeFiles(deltas: readonly { readonly part: KeyedPart; readonly delta: EncodedState }[]): Promise<Map<number, KeyedChain>> {
    const chains = new Map<number, KeyedChain>();
    for (const { part, delta } of deltas) chains.set(part.host.node, { files: await this.#writeKeyed(part, delta) });
    return chains;
  }

  #keyedSnapshot(node: number, chains: ReadonlyMap<number, KeyedChain>): KeyedSnapshot | undefined {
    const part = this.#parts.keyed.find(({ host }) => host.node === node);
    const chain = chains.get(node);
    return part === undefined || chain === undefined ? undefined : { keyGroups: backendOf(part).keyGroups, files: chain.files };
  }

  async #writeKeyed(part: KeyedPart, delta: EncodedState): Promise<readonly DataFile[]> {
    const before = part.full ? [] : await part.filesBefore();
    if (delta.records === 0 && !part.full) return before;
    return [...before, await this.#storage.writeData(part.fileName, delta.chunks)];
  }
}

function backendOf(part: KeyedPart): NonNullable<OperatorHost["backend"]> {
  assert(part.host.backend !== undefined, "a keyed part has a backend");
  return part.host.backend;
}
