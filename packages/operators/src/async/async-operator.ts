import type { Collector, Operator, OperatorContext, WatermarkStatus } from "@millrace/contracts";
import { assert, checkReturned, NO_TIMESTAMP, WATERMARK_MAX } from "@millrace/core";
import { createSideEmitter, type SideEmitter } from "../process/side-outputs.ts";
import { AsyncCalls } from "./async-calls.ts";
import type { AsyncSpec } from "./async-spec.ts";
import { guarded, processContextOf } from "./entry-scope.ts";
import { abandon, type Entry, newEntry } from "./in-flight-entry.ts";
import { InFlightQueue, type Mark } from "./in-flight-queue.ts";
import { type InFlightRecord, restoreElements, type StoredElement, storeElements } from "./stored-element.ts";

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

  constructor(spec: AsyncSpec) {
    this.#spec = spec;
    this.#queue = new InFlightQueue(spec.ordered);
  }

  async open(context: OperatorContext<unknown>): Promise<void> {
    const { fn } = this.#spec;
    const calls = new AsyncCalls(this.#spec, context, { done: (entry) => this.#queue.complete(entry), arrived: () => this.#emit() });
    this.#opened = { context, emitSide: createSideEmitter(fn.sideOutputs, context), calls };
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
    this.#opened?.calls.close();
    for (const element of this.#queue.waiting()) if ("entry" in element) abandon(element.entry);
    await this.#spec.fn.close?.();
  }

  #admit(record: InFlightRecord): void {
    const entry = newEntry(record);
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
    if (entry !== undefined) this.#require().calls.begin(entry);
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
    const { context, emitSide } = this.#require();
    const { value, outcome, timestamp } = entry;
    this.#timestamp = timestamp;
    if (outcome?.kind !== "result")
      guarded(context, entry, () => checkReturned(fn.timeout?.(value, processContextOf(context, emitSide, entry), this.#out)));
    else if (finish === undefined) this.#out.collect(outcome.value);
    else guarded(context, entry, () => checkReturned(finish(value, outcome.value, this.#out)));
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

  #require(): Opened {
    assert(this.#opened !== undefined, "the asynchronous operator is used before open");
    return this.#opened;
  }
}

interface Opened {
  readonly context: OperatorContext<unknown>;
  readonly emitSide: SideEmitter;
  readonly calls: AsyncCalls;
}

function* storedOf(queue: InFlightQueue<Entry>): IterableIterator<StoredElement> {
  for (const element of queue.waiting()) {
    if ("entry" in element) yield { record: element.entry };
    else if (element.mark.kind === "watermark") yield { mark: element.mark };
  }
}
