import type { SourceSplit } from "@millrace/contracts";
import { type Cancel, MillraceError, type Ports } from "@millrace/core";
import { createExchangeMemory, threadOf } from "../exchange/exchange-memory.ts";
import {
  type CheckpointOptions,
  type Deployer,
  type Deployment,
  type DeploymentListener,
  type DeploymentOrder,
  type SinkOutput,
  type SubtaskPlace,
  type SubtaskStatus,
  subtasksOf,
} from "./deployment.ts";
import { errorFromData } from "./error-data.ts";
import type { ThreadAnswer, ThreadCommand, ThreadEvent } from "./thread-protocol.ts";

/** A thread that was started and serves commands, see `serveThread`. */
export interface StartedThread {
  post(command: ThreadCommand): void;
  /** Ends it at once; resolves when it has gone, also when it had before. */
  terminate(): Promise<void>;
}

export interface ThreadListener {
  event(event: ThreadEvent): void;
  /** The thread is gone, for a reason of its own. No event comes any more. */
  exited(error: Error): void;
}

export interface ThreadsOptions {
  readonly ports: Pick<Ports, "clock" | "scheduler">;
  readonly threads: number;
  readonly startThread: (thread: number, listener: ThreadListener) => StartedThread;
}

/** A thread that does not close within this time is ended: a user function may never return. */
const CLOSE_MS = 10_000;
const STATUS_MS = 200;
/** A thread that has not built the job after so long is named. */
const LOADING_MS = 30_000;

/** Deploys subtasks over threads that are started for each attempt anew: nothing of a failed one stays. */
export function inThreads(options: ThreadsOptions): Deployer {
  return (order, listener) => new ThreadsDeployment(options, order, listener);
}

interface Thread {
  readonly index: number;
  readonly started: StartedThread;
  readonly ready: PromiseWithResolvers<void>;
  readonly requests: Map<number, PromiseWithResolvers<ThreadAnswer>>;
  last: ThreadAnswer;
  /** It has been asked for its status, and has not answered. */
  isAsked: boolean;
  gone: Error | undefined;
}

class ThreadsDeployment implements Deployment {
  readonly subtasks: readonly SubtaskPlace[];
  readonly #options: ThreadsOptions;
  readonly #order: DeploymentOrder;
  readonly #listener: DeploymentListener;
  readonly #threads: Thread[] = [];
  #requests = 0;
  #closing = false;
  /** Threads that have not built the job yet. */
  readonly #loading = new Set<number>();
  #cancelLoading: Cancel = () => undefined;
  #statusAskedAt = Number.NEGATIVE_INFINITY;

  constructor(options: ThreadsOptions, order: DeploymentOrder, listener: DeploymentListener) {
    this.#options = options;
    this.#order = order;
    this.#listener = listener;
    this.subtasks = subtasksOf(order.physical);
  }

  async deploy(): Promise<void> {
    const { threads, startThread } = this.#options;
    const memory = createExchangeMemory(this.#order.physical, threads);
    for (let index = 0; index < threads; index++) {
      const ready = Promise.withResolvers<void>();
      ready.promise.catch(() => undefined);
      const started = startThread(index, { event: (event) => this.#heard(thread, event), exited: (error) => this.#lost(thread, error) });
      const last: ThreadAnswer = { localMarkers: [], status: [], outputs: [] };
      const thread: Thread = { index, started, ready, requests: new Map(), last, isAsked: false, gone: undefined };
      this.#threads.push(thread);
      this.#loading.add(index);
    }
    this.#cancelLoading = this.#options.ports.scheduler.after(LOADING_MS, () => this.#listener.warn(stillLoading([...this.#loading])));
    await Promise.all(
      this.#threads.map(async (thread) => {
        await thread.ready.promise;
        if (this.#closing) return;
        await this.#ask(thread, (request) => ({ kind: "deploy", request, order: this.#order, place: { thread: thread.index, memory } }));
      }),
    );
  }

  start(): void {
    this.#postAll({ kind: "start", args: [] });
  }

  assignSplits(node: number, subtask: number, splits: readonly SourceSplit[]): void {
    this.#threadOf(subtask)?.started.post({ kind: "assignSplits", args: [node, subtask, splits] });
  }

  noMoreSplits(node: number, subtask: number): void {
    this.#threadOf(subtask)?.started.post({ kind: "noMoreSplits", args: [node, subtask] });
  }

  alignWatermarks(node: number, allowed: number): void {
    this.#postAll({ kind: "alignWatermarks", args: [node, allowed] });
  }

  drain(): void {
    this.#postAll({ kind: "drain", args: [] });
  }

  async heard(): Promise<void> {
    await this.#askAll((request) => ({ kind: "status", request }));
  }

  triggerCheckpoint(checkpointId: number, options: CheckpointOptions): void {
    this.#postAll({ kind: "triggerCheckpoint", args: [checkpointId, options] });
  }

  abortCheckpoint(checkpointId: number): void {
    this.#postAll({ kind: "abortCheckpoint", args: [checkpointId] });
  }

  resume(): void {
    this.#postAll({ kind: "resume", args: [] });
  }

  async completeCheckpoint(checkpointId: number): Promise<void> {
    await this.#askAll((request) => ({ kind: "completeCheckpoint", request, checkpointId }));
  }

  /** Stores belong to their threads; a checkpoint's files are within reach of all. */
  holdState(): undefined {
    return undefined;
  }

  async prepareSinks(): Promise<readonly SinkOutput[]> {
    const answers = await this.#askAll((request) => ({ kind: "prepareSinks", request }));
    return answers.flatMap(({ outputs }) => outputs);
  }

  get localMarkers(): readonly number[] {
    return this.#threads.flatMap(({ last }) => last.localMarkers);
  }

  /** The threads are asked for the next answer when somebody looks, at most every `STATUS_MS`, and none again before it has answered. */
  status(): readonly SubtaskStatus[] {
    const now = this.#options.ports.clock.monotonic();
    if (!this.#closing && now - this.#statusAskedAt >= STATUS_MS) {
      this.#statusAskedAt = now;
      for (const thread of this.#threads) if (!thread.isAsked) void this.#askStatus(thread);
    }
    return this.#threads.flatMap(({ last }) => last.status);
  }

  async #askStatus(thread: Thread): Promise<void> {
    thread.isAsked = true;
    await this.#ask(thread, (request) => ({ kind: "status", request })).catch(() => undefined);
    thread.isAsked = false;
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#cancelLoading();
    const errors: unknown[] = [];
    await Promise.all(this.#threads.map((thread) => this.#closeThread(thread).catch((error: unknown) => errors.push(error))));
    if (errors.length > 0) throw errors[0];
  }

  async #closeThread(thread: Thread): Promise<void> {
    let cancel: Cancel = () => undefined;
    const tooLong = new Promise<never>((_, reject) => {
      cancel = this.#options.ports.scheduler.after(CLOSE_MS, () => reject(stuck(thread.index)));
    });
    try {
      if (thread.gone === undefined) await Promise.race([this.#ask(thread, (request) => ({ kind: "close", request })), tooLong]);
    } catch (error) {
      // One that is gone holds nothing any more.
      if (thread.gone === undefined) throw error;
    } finally {
      cancel();
      await thread.started.terminate();
    }
  }

  #heard(thread: Thread, event: ThreadEvent): void {
    switch (event.kind) {
      case "ready":
        this.#loading.delete(thread.index);
        if (this.#loading.size === 0) this.#cancelLoading();
        thread.ready.resolve();
        return;
      case "refused":
        // Something in the job's module may keep it.
        this.#answersNothing(thread, errorFromData(event.error));
        return;
      case "answer":
        thread.last = event.answer;
        this.#settle(thread, event.request)?.resolve(event.answer);
        return;
      case "refusal":
        this.#settle(thread, event.request)?.reject(errorFromData(event.error));
        return;
    }
    if (this.#closing) return;
    switch (event.kind) {
      case "acknowledged":
        this.#listener.acknowledged(...event.args);
        return;
      case "declined":
        this.#listener.declined(event.subtaskId, event.checkpointId, errorFromData(event.error));
        return;
      case "ended":
        this.#listener.ended(...event.args);
        return;
      case "failed":
        this.#listener.failed(errorFromData(event.error));
        return;
      case "warn":
        this.#listener.warn(errorFromData(event.error));
        return;
      case "wantsCheckpoint":
        this.#listener.wantsCheckpoint(...event.args);
        return;
      case "requestSplit":
        this.#listener.requestSplit(...event.args);
        return;
      case "sourceWatermark":
        this.#listener.sourceWatermark(...event.args);
        return;
    }
  }

  #lost(thread: Thread, error: Error): void {
    this.#answersNothing(thread, error);
    if (!this.#closing) this.#listener.failed(error);
  }

  #answersNothing(thread: Thread, error: Error): void {
    thread.gone ??= error;
    thread.ready.reject(error);
    for (const { reject } of thread.requests.values()) reject(error);
    thread.requests.clear();
  }

  #settle(thread: Thread, request: number): PromiseWithResolvers<ThreadAnswer> | undefined {
    const waiting = thread.requests.get(request);
    thread.requests.delete(request);
    return waiting;
  }

  #ask(thread: Thread, command: (request: number) => ThreadCommand): Promise<ThreadAnswer> {
    if (thread.gone !== undefined) return Promise.reject(thread.gone);
    const request = ++this.#requests;
    const waiting = Promise.withResolvers<ThreadAnswer>();
    thread.requests.set(request, waiting);
    thread.started.post(command(request));
    return waiting.promise;
  }

  #askAll(command: (request: number) => ThreadCommand): Promise<readonly ThreadAnswer[]> {
    return Promise.all(this.#threads.map((thread) => this.#ask(thread, command)));
  }

  #postAll(command: ThreadCommand): void {
    for (const { started } of this.#threads) started.post(command);
  }

  #threadOf(subtask: number): Thread | undefined {
    return this.#threads[threadOf(subtask, this.#options.threads)];
  }
}

function stillLoading(threads: readonly number[]): MillraceError {
  const named = threads.length === 1 ? `worker ${threads[0]} has` : `workers ${threads.join(", ")} have`;
  return new MillraceError("WORKER_LOADING", `${named} not loaded the job's module after ${LOADING_MS / 1_000} s, and the job waits for that`, {
    hint: "look for an await at the top of the module, or of one that it imports, that takes long or never comes where it is evaluated once more",
  });
}

function stuck(thread: number): MillraceError {
  return new MillraceError("WORKER_STUCK", `worker ${thread} did not end within ${CLOSE_MS / 1_000} s and was ended`, {
    hint: "a user function that never returns blocks its worker: look for endless loops and for synchronous waiting",
  });
}
