import { dataFileName } from "@millrace/checkpoint";
import type { CheckpointStorage, DataFile } from "@millrace/contracts";
import { assert, type Json, limits, messageOf, type Ports, WATERMARK_MIN } from "@millrace/core";
import type { ActivityClock } from "@millrace/operators";
import { type ChainCode, type ChainControl, ChainFailure, chainFailure, explainFailure } from "../chain/code.ts";
import type { ChainProgram } from "../chain/program.ts";
import { nodeOf } from "../chain/program.ts";
import type { EdgeWriter } from "../channel/edge-writer.ts";
import type { BarrierElement } from "../channel/element.ts";
import type { CheckpointOptions } from "../deployment/deployment.ts";
import { BackgroundBases } from "./background-bases.ts";
import { ExpiryCleanup } from "./expiry-cleanup.ts";
import { InputGate, type Overtaking } from "./gate.ts";
import type { TaskInput } from "./input.ts";
import type { OperatorHost } from "./operator-host.ts";
import type { SinkPort } from "./sink-port.ts";
import { SourceInput } from "./source-input.ts";
import type { StateRoom } from "./state-room.ts";
import { type CheckpointParts, type KeyedChain, TaskCheckpoint, timeOf } from "./task-checkpoint.ts";
import type { TaskListener } from "./task-events.ts";
import { TaskTimes } from "./task-times.ts";
import type { WatermarkFlow } from "./watermark-flow.ts";

const STATE_ROOM_LOOK_MS = 5;

/** The parts of a task, put together by `buildTask`. */
export interface TaskParts {
  readonly jobName: string;
  readonly program: ChainProgram;
  readonly code: ChainCode;
  readonly subtask: number;
  readonly ports: Ports;
  readonly control: ChainControl;
  readonly input: TaskInput;
  readonly flow: WatermarkFlow;
  readonly hosts: readonly OperatorHost[];
  readonly sinks: readonly SinkPort[];
  readonly edges: readonly EdgeWriter[];
  readonly storage: CheckpointStorage | undefined;
  readonly listener: TaskListener;
  /** Keyed files restored from, by node. */
  readonly chains: Map<number, KeyedChain>;
  readonly stateRoom: StateRoom;
  /** Stands still while an output is full. */
  readonly active: ActivityClock;
}

/**
 * running: records are processed. draining: the input has ended, the end still flows. ended: all is emitted; barriers
 * are still served. failed: an error was reported. closed: nothing happens any more.
 */
export type TaskState = "running" | "draining" | "ended" | "failed" | "closed";

/**
 * One subtask of one chain: a state machine that its worker steps. A step is synchronous and short; whatever takes longer
 * (a reader's I/O, a sink's flush, writing a checkpoint) happens elsewhere and wakes the task. In a step the order is:
 * checkpoint work, pending watermarks and firings, due timers, then one bounded piece of input; nothing but checkpoint
 * work happens while an output is full.
 */
export class StreamTask {
  readonly times: TaskTimes;
  readonly #parts: TaskParts;
  readonly #wake: () => void;
  readonly #bases: BackgroundBases;
  readonly #cleanup: ExpiryCleanup;
  #state: TaskState = "running";
  #requested: { readonly barrier: BarrierElement; readonly full: boolean } | undefined;
  /** The checkpoint that this task has begun and that is neither complete nor given up. */
  #begun: number | undefined;
  #fillsRoom = false;
  #cancelLook: (() => void) | undefined;
  #checkpoint: TaskCheckpoint | undefined;
  #written: { checkpointId: number; chains: Map<number, KeyedChain> } | undefined;
  #cancelWake: (() => void) | undefined;
  #othersWait = (): boolean => false;
  #wakeTime = Number.POSITIVE_INFINITY;
  #timersDue = false;
  #mailCame = false;
  #flushedAt = 0;
  #afterBarrier: (() => void)[] = [];
  #abortedUpTo = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(parts: TaskParts, wake: () => void) {
    this.#parts = parts;
    this.#wake = wake;
    this.#bases = new BackgroundBases(parts.subtask, wake);
    const backends = parts.hosts.flatMap(({ backend }) => backend ?? []);
    this.#cleanup = new ExpiryCleanup(backends, parts.ports, wake);
    this.times = new TaskTimes(parts.ports.clock, parts.active);
  }

  get state(): TaskState {
    return this.#state;
  }

  get name(): string {
    return `${this.#parts.program.name} [${this.#parts.subtask}]`;
  }

  /** Works for a moment. True: there is more to do now; false: call again after the next wake. */
  step(othersWait: () => boolean): boolean {
    if (this.#state === "failed" || this.#state === "closed") return false;
    this.#othersWait = othersWait;
    try {
      return this.#work();
    } catch (error) {
      this.fail(error);
      return false;
    } finally {
      this.#parts.code.settleMetrics();
    }
  }

  /** The coordinator starts a checkpoint; for tasks with a source. */
  triggerCheckpoint(checkpointId: number, { full, alignmentTimeoutMs }: CheckpointOptions): void {
    if (this.#state === "failed" || this.#state === "closed") return;
    this.#requested = { barrier: { kind: "barrier", checkpointId, alignmentTimeoutMs, unaligned: false }, full };
    this.#wake();
  }

  /** The checkpoint is complete everywhere. Resolves when this task's local state has followed. */
  async completeCheckpoint(checkpointId: number): Promise<void> {
    const written = this.#written;
    if (written !== undefined && written.checkpointId === checkpointId) {
      for (const [node, chain] of written.chains) this.#parts.chains.set(node, chain);
      this.#written = undefined;
    }
    if (this.#begun === checkpointId) this.#begun = undefined;
    for (const sink of this.#parts.sinks) sink.completed(checkpointId);
    if (this.#parts.input instanceof SourceInput) this.#parts.input.checkpointCompleted();
    await Promise.all(this.#parts.hosts.map((host) => host.backend?.complete(checkpointId)));
    for (const host of this.#parts.hosts) {
      const chain = this.#parts.chains.get(host.node);
      if (chain !== undefined) this.#bases.completed(host, chain);
    }
    this.#wake();
  }

  /** With checkpoints off, at the end: the committables of every sink, by uid. */
  async prepareSinks(): Promise<ReadonlyMap<string, readonly Json[]>> {
    const committables = new Map<string, readonly Json[]>();
    for (const sink of this.#parts.sinks) committables.set(nodeOf(this.#parts.program, sink.node).uid, (await sink.prepare(1)).committables);
    return committables;
  }

  /** Again for the same one, or an older one: nothing happens. */
  abortCheckpoint(checkpointId: number): void {
    if (checkpointId <= this.#abortedUpTo) return;
    this.#abortedUpTo = Math.max(this.#abortedUpTo, checkpointId);
    if (this.#requested?.barrier.checkpointId === checkpointId) this.#requested = undefined;
    if (this.#checkpoint?.checkpointId === checkpointId) this.#checkpoint = undefined;
    if (this.#written?.checkpointId === checkpointId) this.#written = undefined;
    if (this.#begun === checkpointId) this.#begun = undefined;
    if (this.#parts.input instanceof InputGate) this.#parts.input.abort(checkpointId);
    for (const host of this.#parts.hosts) host.backend?.abort(checkpointId);
    this.#runAfterBarrier();
    this.#wake();
  }

  /** Runs `action` now, or, when a checkpoint was asked for whose barrier has not gone out, after that. */
  afterRequestedBarrier(action: () => void): void {
    this.#afterBarrier.push(action);
    this.#runAfterBarrier();
  }

  #runAfterBarrier(): void {
    if (this.#requested !== undefined || this.#state === "closed") return;
    for (const action of this.#afterBarrier.splice(0)) action();
  }

  mailCame(): void {
    this.#mailCame = true;
    this.#wake();
  }

  /** An operator takes nothing more for now, or takes it again. */
  held(host: OperatorHost, held: boolean): void {
    this.#parts.flow.hold(host, held);
    if (held) this.#parts.control.interrupt = true;
    else {
      this.#timersDue ||= this.#parts.hosts.some(({ wakeTime }) => wakeTime <= this.#parts.ports.clock.now());
      this.#wake();
    }
  }

  position(): string | undefined {
    return this.#parts.input.position();
  }

  /** An operator asks to be woken at `time`. */
  wakeAt(time: number): void {
    const now = this.#parts.ports.clock.now();
    if (time <= now) {
      this.#timersDue = true;
      this.#parts.control.interrupt = true;
      return;
    }
    if (time >= this.#wakeTime) return;
    this.#cancelWake?.();
    this.#wakeTime = time;
    const delayMs = Math.min(time - now, 0x7fff_ffff);
    this.#cancelWake = this.#parts.ports.scheduler.after(delayMs, () => {
      this.#wakeTime = Number.POSITIVE_INFINITY;
      this.#cancelWake = undefined;
      this.#timersDue = true;
      this.#wake();
    });
  }

  /** Reports a failure once, as one on the record in hand; the task does no more work. */
  fail(error: unknown): void {
    const { program, input } = this.#parts;
    const failure = error instanceof ChainFailure ? error : new ChainFailure(program.head, error);
    this.#report(failure, input.position());
  }

  /** A target that can't be written to is no matter of the record in hand, so its position is left out. */
  #sinkFailed(node: number, error: unknown): void {
    this.#report(new ChainFailure(node, error), undefined);
  }

  #report({ node, failure }: ChainFailure, position: string | undefined): void {
    if (this.#state === "failed" || this.#state === "closed") return;
    this.#state = "failed";
    const { program, subtask, jobName, listener } = this.#parts;
    listener.failed(explainFailure(failure, { job: jobName, uid: nodeOf(program, node).uid, subtask, position }));
  }

  async close(): Promise<void> {
    this.#state = "closed";
    this.#bases.close();
    this.#cleanup.close();
    this.#cancelWake?.();
    this.#cancelLook?.();
    const closings: (() => Promise<void> | void | undefined)[] = [
      () => this.#writing,
      () => this.#parts.input.close(),
      ...this.#parts.sinks.map((sink) => () => sink.writer.close()),
      ...this.#parts.hosts.map((host) => () => host.operator.close?.()),
      ...this.#parts.hosts.map((host) => () => host.backend?.close()),
    ];
    const errors: unknown[] = [];
    for (const close of closings) {
      try {
        await close();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, `closing ${this.name}: ${errors.map(messageOf).join("; ")}`);
  }

  #work(): boolean {
    const { control, flow } = this.#parts;
    const encoding = this.#advanceCheckpoint();
    this.#watchStateRoom();
    control.interrupt = false;
    if (this.#blocked()) {
      // While the output is full a source's barrier still goes out: channels take control elements beyond their bound.
      this.times.blocked();
      return this.#serveRequest() || encoding;
    }
    if (this.#mailCame) this.#readMail();
    if (!flow.idle && !this.#drainFlow()) return this.#serveRequest() || this.#waitsForRelease(encoding);
    if (this.#serveRequest()) return true;
    // As in Flink, processing-time timers that are left when the input has ended do not fire any more.
    if (this.#timersDue && !flow.ended && !this.#fireTimers()) return true;
    if (flow.holding) return this.#waitsForRelease(encoding);
    this.#cleanup.run();
    const more = this.#takeInput();
    if (!flow.idle) this.#drainFlow();
    this.#flushEdges(more);
    return more || encoding || (this.#timersDue && !flow.ended) || this.#hasMore();
  }

  /** Something can be done at once, whatever becomes of the input. */
  #hasMore(): boolean {
    const { flow, hosts } = this.#parts;
    if (this.#requested !== undefined || (!flow.idle && !flow.stuck)) return true;
    return this.#mailCame && hosts.some((host) => host.mail.length > 0 && flow.opens(host));
  }

  /** An operator takes nothing for now, which is back pressure; or a firing has only given way. True: go on at once. */
  #waitsForRelease(encoding: boolean): boolean {
    if (!this.#parts.flow.holding) return true;
    this.times.blocked();
    this.#flushEdges(false);
    return encoding || this.#hasMore();
  }

  /** What operators have posted, those at the end of the chain first: they make room for the others. */
  #readMail(): void {
    const { hosts, control, flow } = this.#parts;
    this.times.startSlice();
    this.#mailCame = false;
    for (let index = hosts.length - 1; index >= 0; index--) {
      const host = hosts[index] as OperatorHost;
      while (host.mail.length > 0) {
        this.#mailCame = true;
        if (!flow.opens(host)) break;
        if (control.interrupt) return;
        const action = host.mail.shift() as () => void;
        try {
          action();
        } catch (error) {
          throw chainFailure(error, host.node);
        }
      }
    }
  }

  #takeInput(): boolean {
    if (this.#parts.input instanceof SourceInput && this.#parts.stateRoom.isFull) {
      this.times.blocked();
      this.#lookAgain();
      return false;
    }
    const step = this.#parts.input.step(this.#settle);
    switch (step.kind) {
      case "progress":
        return true;
      case "waiting":
        return false;
      case "barrier":
        this.#beginCheckpoint(step.barrier, false, undefined);
        return true;
      case "ended":
        if (this.#state === "running") this.#state = "draining";
        if (this.#state === "draining" && this.#parts.flow.idle) this.#becomeEnded();
        return this.#state === "draining";
    }
  }

  /** Nothing but records is to be seen to: all events have gone through, there is room for what records make, and no other task waits. */
  readonly #settle = (): boolean => {
    const { control, flow } = this.#parts;
    if (!flow.idle && !this.#drainFlow()) return false;
    return !(control.interrupt || flow.holding || this.#timersDue || this.#mailCame || this.#othersWait() || this.#blocked());
  };

  /** Tells the sources of the job when changes fill the memory here, and when they no longer do. */
  #watchStateRoom(): void {
    const isFull = this.#parts.hosts.some((host) => host.backend?.overfull === true);
    if (isFull === this.#fillsRoom) return;
    this.#fillsRoom = isFull;
    this.#parts.stateRoom.change(isFull ? 1 : -1);
  }

  /** The task that fills the memory may be in another thread: nobody rings when it has room again. */
  #lookAgain(): void {
    this.#cancelLook ??= this.#parts.ports.scheduler.after(STATE_ROOM_LOOK_MS, () => {
      this.#cancelLook = undefined;
      this.#wake();
    });
  }

  /** Half-full batches travel when the task runs out of input; a task that never does sends them after a while. */
  #flushEdges(more: boolean): void {
    if (this.#parts.edges.length === 0) return;
    if (more) {
      const now = this.#parts.ports.clock.monotonic();
      if (now - this.#flushedAt < limits.lingerMs) return;
      this.#flushedAt = now;
    }
    for (const edge of this.#parts.edges) edge.flush();
  }

  #becomeEnded(): void {
    this.#state = "ended";
    for (const edge of this.#parts.edges) edge.flush();
    this.#parts.listener.ended();
  }

  /** True when all pending watermarks have gone through. */
  #drainFlow(): boolean {
    this.times.startSlice();
    return this.#parts.flow.advance();
  }

  #fireTimers(): boolean {
    this.#timersDue = false;
    const now = this.#parts.ports.clock.now();
    this.times.startSlice();
    for (const host of this.#parts.hosts) {
      if (host.wakeTime > now || this.#parts.flow.holds(host)) continue;
      host.wakeTime = Number.POSITIVE_INFINITY;
      const done = host.operator.onProcessingTime?.(now) ?? true;
      if (!done) {
        host.wakeTime = now;
        this.#timersDue = true;
        return false;
      }
    }
    // One that holds is looked at again when it is released.
    for (const host of this.#parts.hosts) if (host.wakeTime > now && host.wakeTime !== Number.POSITIVE_INFINITY) this.wakeAt(host.wakeTime);
    return true;
  }

  /** Operators ask this while they emit; looks at the clock only now and then. */
  shouldYield(): boolean {
    return this.#parts.control.interrupt || this.times.sliceOver(limits.sliceMs);
  }

  #blocked(): boolean {
    for (const edge of this.#parts.edges) if (edge.full) return true;
    let blocked = false;
    for (const sink of this.#parts.sinks) blocked = sink.blocked(this.#wake, (error) => this.#sinkFailed(sink.node, error)) || blocked;
    return blocked;
  }

  /**
   * A checkpoint that was asked for of a source task is taken between two polls, also in the middle of a firing or while
   * blocked; so is one that no longer waits for the barriers of all channels.
   */
  #serveRequest(): boolean {
    const { input } = this.#parts;
    const overtaking = input instanceof InputGate ? input.overtake() : undefined;
    if (overtaking !== undefined) {
      this.#beginCheckpoint(overtaking.barrier, false, overtaking.inFlight);
      return true;
    }
    const requested = this.#requested;
    if (requested === undefined) return false;
    this.#requested = undefined;
    this.#beginCheckpoint(requested.barrier, requested.full, undefined);
    this.#runAfterBarrier();
    return true;
  }

  #beginCheckpoint(barrier: BarrierElement, full: boolean, inFlight: Overtaking["inFlight"] | undefined): void {
    const { checkpointId } = barrier;
    // There is one at a time: word that an earlier one was given up may come later than the barrier of the next.
    if (this.#begun !== undefined) this.abortCheckpoint(this.#begun);
    this.#begun = checkpointId;
    const { program, hosts, sinks, storage, subtask, input, edges } = this.#parts;
    assert(storage !== undefined, "checkpoints need a storage");
    const keyed = hosts.flatMap((host) => {
      if (host.backend === undefined) return [];
      const chain = this.#parts.chains.get(host.node) ?? { files: [] };
      const base = full || chain.files.length === 0 || this.#bases.needsWhole(host, chain);
      const fileName = dataFileName({ uid: host.uid, subtask, checkpointId, kind: base ? "base" : "delta" });
      return [{ host, full: base, fileName, filesBefore: () => this.#filesBefore(host, chain) }];
    });
    const nodes = program.nodes.map((node) => ({
      uid: node.uid,
      node: node.id,
      ...timeOf(hosts.find((host) => host.node === node.id) ?? { watermark: node.id === program.head ? input.watermark : WATERMARK_MIN }),
      splits: node.id === program.head ? input.snapshot() : undefined,
    }));
    const finished = input instanceof SourceInput && input.finished;
    const sinkFailed = (node: number, error: unknown): void => this.#sinkFailed(node, error);
    const parts = { checkpointId, subtask, finished, nodes, keyed, hosts, sinks, sinkFailed, inFlight: this.#inFlight(checkpointId, inFlight) };
    this.#checkpoint = new TaskCheckpoint(parts, storage);
    for (const edge of edges) edge.barrier(barrier);
  }

  async #filesBefore(host: OperatorHost, chain: KeyedChain): Promise<readonly DataFile[]> {
    const { storage } = this.#parts;
    assert(storage !== undefined, "checkpoints need a storage");
    const base = this.#bases.take(host.node);
    return base === undefined ? chain.files : this.#bases.adopt(base, host, chain, storage);
  }

  #inFlight(checkpointId: number, channels: Overtaking["inFlight"] | undefined): CheckpointParts["inFlight"] {
    if (channels === undefined) return undefined;
    const { program, subtask } = this.#parts;
    const head = nodeOf(program, program.head);
    return { node: head.id, channels, fileName: dataFileName({ uid: head.uid, subtask, checkpointId, kind: "inflight" }) };
  }

  /** True while there is something left to encode. */
  #advanceCheckpoint(): boolean {
    const checkpoint = this.#checkpoint;
    if (checkpoint === undefined) {
      if (this.#parts.hosts.some((host) => host.backend?.wantsCheckpoint === true)) this.#parts.listener.wantsCheckpoint();
      return false;
    }
    if (!checkpoint.encode(limits.sliceMs)) return true;
    this.#checkpoint = undefined;
    void this.#writeCheckpoint(checkpoint);
    this.#writing = Promise.all([this.#writing, checkpoint.filesSettled]).then(() => undefined);
    return false;
  }

  async #writeCheckpoint(checkpoint: TaskCheckpoint): Promise<void> {
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
}
