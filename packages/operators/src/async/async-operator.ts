import type { Codec } from "@millrace/codec";
import type { AsyncContext, AsyncFunction, Collector, Operator, OperatorContext, ProcessContext, WatermarkStatus } from "@millrace/contracts";
import { assert, type Cancel, MillraceError, NO_TIMESTAMP, WATERMARK_MAX } from "@millrace/core";
import { createSideEmitter, type SideEmitter } from "../process/side-outputs.ts";
import { userFunctionError } from "../process/user-error.ts";
import { InFlightQueue, type Mark } from "./in-flight-queue.ts";
import type { AsyncRetryStrategy } from "./retry.ts";
import { type InFlightRecord, restoreElements, type StoredElement, storeElements } from "./stored-element.ts";

export interface AsyncSpec {
  readonly fn: AsyncFunction<unknown, unknown>;
  /** Results come in the order of the records; else as they are ready, between the same watermarks. */
  readonly ordered: boolean;
  /** Records under way at a time; one more holds the task. */
  readonly capacity: number;
  /** From the first call for a record to its last result. */
  readonly timeoutMs: number;
  readonly retry: AsyncRetryStrategy<unknown> | undefined;
  /** Of the records, which are in the snapshot while they are under way. */
  readonly codec: Codec<unknown>;
  /** Makes of a record and its result what is emitted. Default: the result. */
  readonly finish?: (value: unknown, result: unknown, out: Collector<unknown>) => void;
}

/** What is emitted for a record: its result, or what the timeout handler made of it. */
type Outcome = { readonly kind: "result"; readonly value: unknown } | { readonly kind: "timeout" };

/** A record under way. */
interface Entry extends InFlightRecord {
  attempt: number;
  outcome: Outcome | undefined;
  cancelTimeout: Cancel | undefined;
  cancelRetry: Cancel | undefined;
  abort: AbortController | undefined;
}

/**
 * Calls an asynchronous function for each record and emits what it settles to (Flink's AsyncWaitOperator). Results come
 * through the task's mailbox. Records under way, also those whose result waits for its turn, are in the snapshot, and the
 * function is called for them again after a restore.
 */
export function createAsyncOperator(spec: AsyncSpec): Operator<unknown, unknown> {
  return new AsyncOperator(spec);
}

class AsyncOperator implements Operator<unknown, unknown> {
  readonly ownsWatermarks = true;
  readonly #spec: AsyncSpec;
  readonly #queue: InFlightQueue<Entry>;
  /** Calls begin when others have ended: more records than the capacity were made by one call upstream, or restored. */
  readonly #unstarted: Entry[] = [];
  /** Of the record whose results are emitted. */
  #timestamp = NO_TIMESTAMP;
  readonly #out: Collector<unknown> = { collect: (value) => this.#require().context.output.collect(value, this.#timestamp) };
  #opened: Opened | undefined;
  #held = false;
  #ending = false;
  #emissionPosted = false;
  #closed = false;

  constructor(spec: AsyncSpec) {
    this.#spec = spec;
    this.#queue = new InFlightQueue(spec.ordered);
  }

  async open(context: OperatorContext<unknown>): Promise<void> {
    const { fn } = this.#spec;
    this.#opened = { context, emitSide: createSideEmitter(fn.sideOutputs, context) };
    await fn.open?.({ subtask: context.subtask, parallelism: context.parallelism });
  }

  processElement(value: unknown, timestamp: number): void {
    const { context } = this.#require();
    this.#admit({ value, timestamp, position: context.position() });
    if (this.#underWay() < this.#spec.capacity) this.#startNext();
    if (this.#queue.size > 0) this.#emit();
    this.#holdOrRelease();
  }

  onWatermark(watermark: number): boolean {
    const { context } = this.#require();
    if (watermark !== WATERMARK_MAX) {
      this.#pass({ kind: "watermark", watermark });
      return true;
    }
    this.#ending = !this.#queue.empty;
    this.#holdOrRelease();
    if (this.#ending) return false;
    context.output.watermark(WATERMARK_MAX);
    return true;
  }

  onStatus(status: WatermarkStatus): void {
    this.#pass({ kind: "status", status });
  }

  snapshotState(): ReturnType<typeof storeElements> {
    return storeElements(storedOf(this.#queue), this.#spec.codec, this.#require().context.parallelism);
  }

  restoreState(items: Parameters<typeof restoreElements>[0]): void {
    const { context } = this.#require();
    for (const element of restoreElements(items, this.#spec.codec, context.parallelism)) {
      if ("record" in element) this.#admit(element.record);
      else this.#queue.mark(element.mark);
    }
    // Nothing is emitted before the operators further down are open.
    if (!this.#queue.empty) this.#postEmission();
    this.#holdOrRelease();
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const element of this.#queue.waiting()) if ("entry" in element) abandon(element.entry);
    await this.#spec.fn.close?.();
  }

  #admit(record: InFlightRecord): void {
    const entry: Entry = { ...record, attempt: 0, outcome: undefined, cancelTimeout: undefined, cancelRetry: undefined, abort: undefined };
    this.#queue.add(entry);
    this.#unstarted.push(entry);
  }

  #pass(mark: Mark): void {
    if (this.#queue.empty && !this.#emissionPosted) this.#sendOn(mark);
    else this.#queue.mark(mark);
  }

  /** Records whose call has begun and that have not been emitted. */
  #underWay(): number {
    return this.#queue.size - this.#unstarted.length;
  }

  #startNext(): void {
    const entry = this.#unstarted.shift();
    if (entry === undefined) return;
    entry.cancelTimeout = this.#require().context.mailbox.after(this.#spec.timeoutMs, () => this.#timedOut(entry));
    this.#call(entry);
  }

  #call(entry: Entry): void {
    entry.attempt++;
    let result: unknown;
    try {
      result = this.#spec.fn.asyncInvoke(entry.value, this.#contextOf(entry));
    } catch (error) {
      this.#failedWith(entry, error);
      return;
    }
    if (!isThenable(result)) {
      this.#settledWith(entry, result);
      return;
    }
    const { attempt } = entry;
    const { mailbox } = this.#require().context;
    const stillAsked = (): boolean => !this.#closed && entry.outcome === undefined && entry.attempt === attempt;
    result.then(
      (value) => {
        if (stillAsked()) mailbox.post(() => stillAsked() && this.#arrived(() => this.#settledWith(entry, value)));
      },
      (error: unknown) => {
        if (stillAsked()) mailbox.post(() => stillAsked() && this.#arrived(() => this.#failedWith(entry, error)));
      },
    );
  }

  #arrived(settle: () => void): void {
    settle();
    this.#emit();
  }

  #settledWith(entry: Entry, value: unknown): void {
    const { retry } = this.#spec;
    if (retry?.ifResult !== undefined && this.#guarded(entry, () => retry.ifResult?.(value) === true) && this.#retry(entry, retry)) return;
    this.#done(entry, { kind: "result", value });
  }

  #failedWith(entry: Entry, error: unknown): void {
    const { retry } = this.#spec;
    const retries = retry !== undefined && this.#guarded(entry, () => retry.ifError?.(error) ?? retry.ifResult === undefined);
    if (retries && this.#retry(entry, retry)) return;
    throw this.#placed(error, entry);
  }

  /** True when there is another attempt. */
  #retry(entry: Entry, retry: AsyncRetryStrategy<unknown>): boolean {
    if (entry.attempt >= retry.attempts) return false;
    const delayMs = retry.delayMs(entry.attempt + 1);
    entry.cancelRetry = this.#require().context.mailbox.after(delayMs, () => {
      if (!this.#closed && entry.outcome === undefined) this.#arrived(() => this.#call(entry));
    });
    return true;
  }

  #timedOut(entry: Entry): void {
    if (this.#closed || entry.outcome !== undefined) return;
    if (this.#spec.fn.timeout === undefined) throw this.#placed(timeout(this.#spec.timeoutMs, entry.attempt), entry);
    this.#arrived(() => this.#done(entry, { kind: "timeout" }));
  }

  #done(entry: Entry, outcome: Outcome): void {
    entry.outcome = outcome;
    if (outcome.kind === "timeout") abandon(entry);
    else entry.cancelTimeout?.();
    this.#queue.complete(entry);
  }

  /** Emits what is due. Gives way when the output is full, and after a watermark, which takes effect after the call: nothing goes before that. */
  #emit(): void {
    const { context } = this.#require();
    while (!this.#emissionPosted) {
      const next = this.#queue.next();
      if (next === undefined) {
        if (this.#unstarted.length === 0 || this.#underWay() >= this.#spec.capacity) break;
        this.#startNext();
        continue;
      }
      if ("mark" in next) this.#sendOn(next.mark);
      else this.#deliver(next.entry);
      if ("mark" in next || context.shouldYield()) this.#postEmission();
    }
    this.#holdOrRelease();
  }

  #postEmission(): void {
    if (this.#emissionPosted) return;
    this.#emissionPosted = true;
    this.#require().context.mailbox.post(() => {
      this.#emissionPosted = false;
      this.#emit();
    });
  }

  #deliver(entry: Entry): void {
    const { fn, finish } = this.#spec;
    const { value, outcome, timestamp } = entry;
    this.#timestamp = timestamp;
    if (outcome?.kind !== "result") this.#guarded(entry, () => fn.timeout?.(value, this.#processContextOf(entry), this.#out));
    else if (finish === undefined) this.#out.collect(outcome.value);
    else this.#guarded(entry, () => finish(value, outcome.value, this.#out));
  }

  #sendOn(mark: Mark): void {
    const { output } = this.#require().context;
    if (mark.kind === "watermark") output.watermark(mark.watermark);
    else output.status(mark.status);
  }

  /** Records beyond the capacity wait before the task; at the end of the input the last watermark waits for all of them. */
  #holdOrRelease(): void {
    const { context } = this.#require();
    if (this.#queue.empty) this.#ending = false;
    const held = this.#ending || this.#queue.size >= this.#spec.capacity;
    if (held === this.#held) return;
    this.#held = held;
    if (held) context.hold();
    else context.release();
  }

  #contextOf(entry: Entry): AsyncContext {
    return {
      ...timesOf(this.#require().context, entry),
      attempt: entry.attempt,
      get signal() {
        entry.abort ??= new AbortController();
        return entry.abort.signal;
      },
    };
  }

  #processContextOf(entry: Entry): ProcessContext {
    const { context, emitSide } = this.#require();
    return { ...timesOf(context, entry), output: (tag, value) => emitSide(tag, value, entry.timestamp) };
  }

  #guarded<T>(entry: Entry, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw this.#placed(error, entry);
    }
  }

  /** The record in hand is another one by now. */
  #placed(error: unknown, { position }: Entry): unknown {
    const failure = userFunctionError(error, { context: this.#require().context, key: undefined });
    return failure instanceof MillraceError ? failure.at({ position }) : failure;
  }

  #require(): Opened {
    assert(this.#opened !== undefined, "the asynchronous operator is used before open");
    return this.#opened;
  }
}

interface Opened {
  readonly context: OperatorContext<unknown>;
  readonly emitSide: SideEmitter;
}

function* storedOf(queue: InFlightQueue<Entry>): IterableIterator<StoredElement> {
  for (const element of queue.waiting()) {
    if ("entry" in element) yield { record: element.entry };
    else if (element.mark.kind === "watermark") yield { mark: element.mark };
  }
}

function timesOf(
  context: OperatorContext<unknown>,
  { timestamp }: Entry,
): Pick<AsyncContext, "timestamp" | "currentWatermark" | "currentProcessingTime"> {
  return {
    timestamp: () => (timestamp === NO_TIMESTAMP ? undefined : timestamp),
    currentWatermark: () => context.currentWatermark(),
    currentProcessingTime: () => context.now(),
  };
}

/** Nobody waits for the call any more. */
function abandon(entry: Entry): void {
  entry.cancelTimeout?.();
  entry.cancelRetry?.();
  entry.abort?.abort();
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

function timeout(timeoutMs: number, attempts: number): MillraceError {
  const calls = attempts === 1 ? "call" : `${attempts} calls`;
  return new MillraceError("ASYNC_TIMEOUT", `the asynchronous ${calls} for a record did not settle within ${timeoutMs} ms`, {
    hint: "raise timeoutMs, or give the function a timeout(…) that emits something in its place or sends the record to a side output",
  });
}
