import { dataFileName } from "@millrace/checkpoint";
import type { DataFile } from "@millrace/contracts";
import { assert, limits, WATERMARK_MIN } from "@millrace/core";
import { nodeOf } from "../chain/program.ts";
import type { BarrierElement } from "../channel/element.ts";
import type { CheckpointOptions } from "../deployment/deployment.ts";
import { BackgroundBases } from "./background-bases.ts";
import type { Overtaking } from "./barrier-alignment.ts";
import { InputGate } from "./gate.ts";
import type { OperatorHost } from "./operator-host.ts";
import { SourceInput } from "./source-input.ts";
import { type InFlightPart, type KeyedChain, type KeyedPart, TaskCheckpoint, timeOf } from "./task-checkpoint.ts";
import type { TaskParts } from "./task-parts.ts";

// Asked in each step, so it is no function that each step makes.
const wantsCheckpoint = ({ backend }: OperatorHost): boolean => backend?.wantsCheckpoint === true;

/**
 * The checkpoints of one task, one at a time: asked for or brought by a barrier, begun between two steps, encoded in
 * slices, written, and then complete everywhere or given up. Word of that may come later than the barrier of the next.
 */
export class TaskCheckpoints {
  readonly #parts: TaskParts;
  readonly #wake: () => void;
  readonly #sinkFailed: (node: number, error: unknown) => void;
  readonly #bases: BackgroundBases;
  #requested: { readonly barrier: BarrierElement; readonly full: boolean } | undefined;
  /** The one that this task has begun and that is neither complete nor given up. */
  #begun: number | undefined;
  /** While it is being encoded. */
  #encoding: TaskCheckpoint | undefined;
  /** What has been written and is not complete yet. */
  #written: { readonly checkpointId: number; readonly chains: ReadonlyMap<number, KeyedChain> } | undefined;
  /** The one behind whose barrier this task does nothing. */
  #suspendedBy: number | undefined;
  #abortedUpTo = 0;
  #completeUpTo = 0;
  /** The newest that was over when state last asked for one. */
  #askedAfter: number | undefined;
  #afterBarrier: (() => void)[] = [];
  #filesSettled: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(parts: TaskParts, wake: () => void, sinkFailed: (node: number, error: unknown) => void) {
    this.#parts = parts;
    this.#wake = wake;
    this.#sinkFailed = sinkFailed;
    this.#bases = new BackgroundBases(parts.subtask, wake);
  }

  /** The coordinator wants one of a task with a source; it is begun when the task next serves it. */
  request(checkpointId: number, { full, alignmentTimeoutMs, suspends }: CheckpointOptions): void {
    this.#requested = { barrier: { kind: "barrier", checkpointId, alignmentTimeoutMs, unaligned: false, suspends }, full };
  }

  /** Behind the barrier of the last checkpoint before the task is closed: nothing that came of it would be in the checkpoint. */
  get suspended(): boolean {
    return this.#suspendedBy !== undefined;
  }

  /** The task is not closed after all. */
  resume(): void {
    if (this.#suspendedBy === undefined) return;
    this.#suspendedBy = undefined;
    this.#parts.active.resume();
    this.#wake();
  }

  get requested(): boolean {
    return this.#requested !== undefined;
  }

  /**
   * A checkpoint that was asked for of a source task is taken between two polls, also in the middle of a firing or while
   * blocked; so is one that no longer waits for the barriers of all channels. True: one was begun.
   */
  serve(): boolean {
    const { input } = this.#parts;
    const overtaking = input instanceof InputGate ? input.overtake() : undefined;
    if (overtaking !== undefined) {
      this.begin(overtaking.barrier, { inFlight: overtaking.inFlight });
      return true;
    }
    const requested = this.#requested;
    if (requested === undefined) return false;
    this.#requested = undefined;
    this.begin(requested.barrier, { full: requested.full });
    this.#runAfterBarrier();
    return true;
  }

  /** The barrier is here: everything before it is processed, nothing behind it. `inFlight`: what it has overtaken. */
  begin(barrier: BarrierElement, { full = false, inFlight }: { readonly full?: boolean; readonly inFlight?: Overtaking["inFlight"] } = {}): void {
    const { checkpointId } = barrier;
    if (this.#begun !== undefined) this.abort(this.#begun);
    this.#begun = checkpointId;
    const { program, hosts, sinks, storage, subtask, input, edges, flow, active } = this.#parts;
    assert(storage !== undefined, "checkpoints need a storage");
    const hasRead = input instanceof SourceInput && input.finished;
    // Behind the source the end may still be waiting, for asynchronous calls or in the middle of a firing.
    const hasEnded = hasRead && flow.ended && flow.idle;
    const nodes = program.nodes.map((node) => ({
      uid: node.uid,
      node: node.id,
      ...timeOf(hosts.find((host) => host.node === node.id) ?? { watermark: node.id === program.head ? input.watermark : WATERMARK_MIN }),
      splits: node.id === program.head ? input.snapshot() : undefined,
      finished: node.id === program.head ? hasRead : hasEnded,
    }));
    const parts = {
      checkpointId,
      subtask,
      nodes,
      hosts,
      sinks,
      keyed: hosts.flatMap((host) => (host.backend === undefined ? [] : this.#keyedPart(host, checkpointId, full))),
      sinkFailed: this.#sinkFailed,
      inFlight: inFlight === undefined ? undefined : this.#inFlightPart(checkpointId, inFlight),
    };
    this.#encoding = new TaskCheckpoint(parts, storage);
    for (const edge of edges) edge.barrier(barrier);
    if (!barrier.suspends) return;
    this.#suspendedBy = checkpointId;
    active.pause();
  }

  #keyedPart(host: OperatorHost, checkpointId: number, full: boolean): KeyedPart {
    const chain = this.#parts.chains.get(host.node) ?? { files: [] };
    const base = full || chain.files.length === 0 || this.#bases.needsWhole(host, chain);
    const fileName = dataFileName({ uid: host.uid, subtask: this.#parts.subtask, checkpointId, kind: base ? "base" : "delta" });
    return { host, full: base, fileName, filesBefore: () => this.#filesBefore(checkpointId, host, chain) };
  }

  /**
   * Where a checkpoint has moved a base, every later one of the task refers to it, or holds everything: so garbage never is what a
   * later one needs. One that was given up and is still being written moves none, since the next may be complete without it by now.
   */
  async #filesBefore(checkpointId: number, host: OperatorHost, chain: KeyedChain): Promise<readonly DataFile[]> {
    const { storage } = this.#parts;
    assert(storage !== undefined, "checkpoints need a storage");
    if (checkpointId <= this.#abortedUpTo) return chain.files;
    const base = this.#bases.take(host.node);
    return base === undefined ? chain.files : this.#bases.adopt(base, host, chain, storage);
  }

  #inFlightPart(checkpointId: number, channels: Overtaking["inFlight"]): InFlightPart {
    const { program, subtask } = this.#parts;
    const head = nodeOf(program, program.head);
    return { node: head.id, channels, fileName: dataFileName({ uid: head.uid, subtask, checkpointId, kind: "inflight" }) };
  }

  /** Encodes a slice of the one that was begun. True while there is something left to encode. */
  advance(): boolean {
    const checkpoint = this.#encoding;
    if (checkpoint === undefined) {
      this.#ask();
      return false;
    }
    if (!checkpoint.encode(limits.sliceMs)) return true;
    this.#encoding = undefined;
    void this.#write(checkpoint);
    this.#filesSettled = Promise.all([this.#filesSettled, checkpoint.filesSettled]).then(() => undefined);
    return false;
  }

  #ask(): void {
    const over = Math.max(this.#completeUpTo, this.#abortedUpTo);
    if (this.#askedAfter === over || !this.#parts.hosts.some(wantsCheckpoint)) return;
    this.#askedAfter = over;
    this.#parts.listener.wantsCheckpoint(over);
  }

  async #write(checkpoint: TaskCheckpoint): Promise<void> {
    const { listener } = this.#parts;
    const { checkpointId } = checkpoint;
    try {
      const { nodes, chains } = await checkpoint.write();
      // What was given up meanwhile must not take the place of what a later checkpoint has written.
      if (checkpointId <= this.#abortedUpTo) return;
      this.#written = { checkpointId, chains };
      listener.acknowledged(checkpointId, nodes);
    } catch (error) {
      if (checkpointId > this.#abortedUpTo) listener.declined(checkpointId, error);
    }
  }

  /** It is complete everywhere. Resolves when the local state has followed. */
  async complete(checkpointId: number): Promise<void> {
    const { hosts, sinks, chains } = this.#parts;
    if (this.#written?.checkpointId === checkpointId) {
      for (const [node, chain] of this.#written.chains) chains.set(node, chain);
      this.#written = undefined;
    }
    if (this.#begun === checkpointId) this.#begun = undefined;
    for (const sink of sinks) sink.completed(checkpointId);
    await Promise.all(hosts.map((host) => host.backend?.complete(checkpointId)));
    this.#completeUpTo = checkpointId;
    for (const host of hosts) {
      const chain = chains.get(host.node);
      if (chain !== undefined) this.#bases.completed(host, chain);
    }
  }

  /** It is given up. Again for the same one, or an older one: nothing happens. */
  abort(checkpointId: number): void {
    if (checkpointId <= this.#abortedUpTo) return;
    this.#abortedUpTo = checkpointId;
    if (this.#requested?.barrier.checkpointId === checkpointId) this.#requested = undefined;
    if (this.#encoding?.checkpointId === checkpointId) this.#encoding = undefined;
    if (this.#written?.checkpointId === checkpointId) this.#written = undefined;
    if (this.#begun === checkpointId) this.#begun = undefined;
    if (this.#suspendedBy !== undefined && this.#suspendedBy <= checkpointId) this.resume();
    if (this.#parts.input instanceof InputGate) this.#parts.input.abort(checkpointId);
    for (const host of this.#parts.hosts) host.backend?.abort(checkpointId);
    this.#runAfterBarrier();
    this.#wake();
  }

  /** Runs `action` now, or, when one was asked for whose barrier has not gone out, after that. */
  afterRequestedBarrier(action: () => void): void {
    this.#afterBarrier.push(action);
    this.#runAfterBarrier();
  }

  #runAfterBarrier(): void {
    if (this.#requested !== undefined || this.#closed) return;
    for (const action of this.#afterBarrier.splice(0)) action();
  }

  /** Resolves when no file is being written any more; once the input is closed nothing else is waited for. */
  get filesSettled(): Promise<void> {
    return this.#filesSettled;
  }

  close(): void {
    this.#closed = true;
    this.#bases.close();
  }
}
