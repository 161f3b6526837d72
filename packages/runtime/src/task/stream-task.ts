import { type Json, limits, messageOf } from "@millrace/core";
import { ChainFailure, chainFailure, explainFailure } from "../chain/code.ts";
import { nodeOf } from "../chain/program.ts";
import type { CheckpointOptions } from "../deployment/deployment.ts";
import { ClockTimers } from "./clock-timers.ts";
import { ExpiryCleanup } from "./expiry-cleanup.ts";
import type { OperatorHost } from "./operator-host.ts";
import { SourceInput } from "./source-input.ts";
import { StateRoomWatch } from "./state-room-watch.ts";
import { TaskCheckpoints } from "./task-checkpoints.ts";
import type { TaskParts } from "./task-parts.ts";
import { TaskTimes } from "./task-times.ts";

/**
 * running: records are processed, or the end is on its way. ended: all is emitted; barriers are still served. failed: an
 * error was reported. closed: nothing happens any more.
 */
export type TaskState = "running" | "ended" | "failed" | "closed";

/**
 * One subtask of one chain: a state machine that its worker steps. A step is synchronous and short; whatever takes longer
 * (a reader's I/O, a sink's flush, writing a checkpoint) happens elsewhere and wakes the task. In a step the order is:
 * checkpoint work, pending watermarks and firings, due timers, then one bounded piece of input; nothing but checkpoint
 * work happens while an output is full, or behind a barrier that suspends.
 */
export class StreamTask {
  readonly times: TaskTimes;
  queued = false;
  readonly #parts: TaskParts;
  readonly #wake: () => void;
  readonly #checkpoints: TaskCheckpoints;
  readonly #cleanup: ExpiryCleanup;
  readonly #timers: ClockTimers;
  readonly #room: StateRoomWatch;
  #state: TaskState = "running";
  #hasEnded = false;
  #othersWait = (): boolean => false;
  #mailCame = false;
  #flushedAt = 0;

  constructor(parts: TaskParts, wake: () => void) {
    this.#parts = parts;
    this.#wake = wake;
    this.#checkpoints = new TaskCheckpoints(parts, wake, this.#sinkFailed);
    const backends = parts.hosts.flatMap(({ backend }) => backend ?? []);
    this.#cleanup = new ExpiryCleanup(backends, parts.ports, wake);
    this.#timers = new ClockTimers(parts, wake);
    this.#room = new StateRoomWatch(parts, wake);
    this.times = new TaskTimes(parts.ports.clock, parts.active);
  }

  get state(): TaskState {
    return this.#state;
  }

  /** All of its input has gone through, whatever has become of it since. */
  get hasEnded(): boolean {
    return this.#hasEnded;
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
  triggerCheckpoint(checkpointId: number, options: CheckpointOptions): void {
    if (this.#state === "failed" || this.#state === "closed") return;
    this.#checkpoints.request(checkpointId, options);
    this.#wake();
  }

  /** The checkpoint is complete everywhere. Resolves when this task's local state has followed. */
  async completeCheckpoint(checkpointId: number): Promise<void> {
    if (this.#parts.input instanceof SourceInput) this.#parts.input.checkpointCompleted();
    await this.#checkpoints.complete(checkpointId);
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
    this.#checkpoints.abort(checkpointId);
  }

  /** Nothing happens unless a checkpoint has suspended it. */
  resume(): void {
    this.#checkpoints.resume();
  }

  /** Runs `action` now, or, when a checkpoint was asked for whose barrier has not gone out, after that. */
  afterRequestedBarrier(action: () => void): void {
    this.#checkpoints.afterRequestedBarrier(action);
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
      this.#timers.released();
      this.#wake();
    }
  }

  position(): string | undefined {
    return this.#parts.input.position();
  }

  /** An operator asks to be woken when `time` is over. */
  wakeAt(time: number): void {
    this.#timers.wakeAt(time);
  }

  /** Reports a failure once, as one on the record in hand; the task does no more work. */
  fail(error: unknown): void {
    const { program, input } = this.#parts;
    const failure = error instanceof ChainFailure ? error : new ChainFailure(program.head, error);
    this.#report(failure, input.position(failure.index));
  }

  /** A target that can't be written to is no matter of the record in hand, so its position is left out. */
  readonly #sinkFailed = (node: number, error: unknown): void => {
    this.#report(new ChainFailure(node, error), undefined);
  };

  #report({ node, failure }: ChainFailure, position: string | undefined): void {
    if (this.#state === "failed" || this.#state === "closed") return;
    this.#state = "failed";
    const { program, subtask, jobName, listener } = this.#parts;
    listener.failed(explainFailure(failure, { job: jobName, uid: nodeOf(program, node).uid, subtask, position }));
  }

  async close(): Promise<void> {
    this.#state = "closed";
    this.#checkpoints.close();
    this.#cleanup.close();
    this.#timers.close();
    this.#room.close();
    const closings: (() => Promise<void> | void | undefined)[] = [
      // First, because it gives up what a checkpoint still waits for.
      () => this.#parts.input.close(),
      () => this.#checkpoints.filesSettled,
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

  /** What a checkpoint can't encode was written by a record before, so the position of the one in hand is left out. */
  #encodeState(): boolean {
    try {
      return this.#checkpoints.advance();
    } catch (error) {
      this.#report(new ChainFailure(this.#parts.program.head, error), undefined);
      return false;
    }
  }

  #work(): boolean {
    const { control, flow } = this.#parts;
    const encoding = this.#encodeState();
    if (this.#state === "failed") return false;
    this.#room.tell();
    if (this.#checkpoints.suspended) return encoding;
    control.interrupt = false;
    if (this.#blocked()) {
      // While the output is full a source's barrier still goes out: channels take control elements beyond their bound.
      this.times.blocked();
      return this.#checkpoints.serve() || encoding;
    }
    if (this.#mailCame) this.#readMail();
    const isDrained = flow.idle || this.#drainFlow();
    if (this.#checkpoints.serve()) return true;
    // What waits for an operator that holds is no matter of those further down, whose timers go on.
    if (!isDrained && !flow.stuck) return this.#waitsForRelease(encoding);
    if (this.#timers.due && !this.#fireTimers()) return true;
    if (!isDrained || flow.holding) return this.#waitsForRelease(encoding);
    this.#cleanup.run();
    const more = this.#takeInput();
    if (!flow.idle) this.#drainFlow();
    // Whatever else comes: where one checkpoint follows on the other, there always is a barrier in one of many channels.
    if (this.#state === "running" && flow.ended && flow.idle && !flow.holding) this.#becomeEnded();
    this.#flushEdges(more);
    return more || encoding || this.#hasMore();
  }

  /** Something can be done at once, whatever becomes of the input. */
  #hasMore(): boolean {
    const { flow, hosts } = this.#parts;
    if (this.#checkpoints.requested || this.#timers.due || (!flow.idle && !flow.stuck)) return true;
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
    const { input } = this.#parts;
    if (input instanceof SourceInput && !input.drains && this.#room.noRoom()) {
      this.times.blocked();
      return false;
    }
    const step = input.step(this.#settle);
    if (step.kind === "barrier") this.#checkpoints.begin(step.barrier);
    return step.kind !== "waiting";
  }

  /** Nothing but records is to be seen to: all events have gone through, there is room for what records make, and no other task waits. */
  readonly #settle = (): boolean => {
    const { control, flow } = this.#parts;
    if (!flow.idle && !this.#drainFlow()) return false;
    return !(control.interrupt || flow.holding || this.#timers.due || this.#mailCame || this.#othersWait() || this.#blocked());
  };

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
    this.#hasEnded = true;
    for (const edge of this.#parts.edges) edge.flush();
    this.#parts.listener.ended();
  }

  /** True when all pending watermarks have gone through. */
  #drainFlow(): boolean {
    this.times.startSlice();
    return this.#parts.flow.advance();
  }

  #fireTimers(): boolean {
    this.times.startSlice();
    return this.#timers.fire();
  }

  /** Operators ask this while they emit; looks at the clock only now and then. */
  shouldYield(): boolean {
    return this.#parts.control.interrupt || this.times.sliceOver(limits.sliceMs);
  }

  #blocked(): boolean {
    for (const edge of this.#parts.edges) if (edge.full) return true;
    let blocked = false;
    for (const sink of this.#parts.sinks) blocked = sink.blocked(this.#wake, this.#sinkFailed) || blocked;
    return blocked;
  }
}
