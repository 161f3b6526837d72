import { type ByteReader, type ByteWriter, type Codec, decodeKey, encodeKey } from "@millrace/codec";
import type { Key, Namespace, TimerService, TimerTarget } from "@millrace/contracts";
import { StateCell } from "../cells/cell.ts";
import type { CellStore } from "../cells/cell-store.ts";
import { Table } from "../cells/table.ts";
import { TimerIndex } from "./timer-index.ts";

export type TimerDomain = "event" | "processing";

/** A timer is a cell whose value is `true` while it is set. */
export class TimerCell extends StateCell<true> {
  readonly domain: TimerDomain;
  readonly time: number;
  constructor(table: Table, key: Key, namespace: unknown, domain: TimerDomain, time: number, guard: number) {
    super(table, key, namespace, true, guard);
    this.domain = domain;
    this.time = time;
  }
}

/** The timers of one operator: an index by key to find, and a queue by time to fire, for each domain. */
export class Timers<N extends Namespace> extends Table implements TimerService<N> {
  readonly #store: CellStore;
  readonly #codec: Codec<N>;
  readonly #target: TimerTarget<N>;
  readonly #event = new TimerIndex();
  readonly #processing = new TimerIndex();
  #onEarlier: (time: number) => void = () => undefined;

  constructor(store: CellStore, name: string, codec: Codec<N>, target: TimerTarget<N>, maxParallelism: number) {
    super("t", name, maxParallelism);
    this.#store = store;
    this.#codec = codec;
    this.#target = target;
  }

  registerEventTime(namespace: N, time: number): void {
    this.#register(this.#event, "event", namespace, time);
  }

  deleteEventTime(namespace: N, time: number): void {
    this.#delete(this.#event, namespace, time);
  }

  registerProcessingTime(namespace: N, time: number): void {
    const before = this.#processing.next;
    this.#register(this.#processing, "processing", namespace, time);
    if (time < before) this.#onEarlier(time);
  }

  deleteProcessingTime(namespace: N, time: number): void {
    this.#delete(this.#processing, namespace, time);
  }

  advanceEventTime(watermark: number, shouldYield: () => boolean): boolean {
    return this.#advance(this.#event, watermark, shouldYield);
  }

  advanceProcessingTime(now: number, shouldYield: () => boolean): boolean {
    return this.#advance(this.#processing, now, shouldYield);
  }

  nextProcessingTime(): number {
    return this.#processing.next;
  }

  onEarlier(listener: (time: number) => void): void {
    this.#onEarlier = listener;
  }

  get eventTimers(): number {
    return this.#event.size;
  }

  get processingTimers(): number {
    return this.#processing.size;
  }

  get size(): number {
    return this.#event.size + this.#processing.size;
  }

  *cells(): Iterable<StateCell<unknown>> {
    yield* this.#event.all();
    yield* this.#processing.all();
  }

  protected encodePlace(cell: StateCell<unknown>, writer: ByteWriter): void {
    const timer = cell as TimerCell;
    writer.u8(timer.domain === "event" ? 0 : 1);
    writer.f64(timer.time);
    this.#codec.encode(timer.namespace as N, writer);
    encodeKey(timer.key, writer);
  }

  encodeValue(): void {
    // A timer is its place; there is nothing else to it.
  }

  restored(place: ByteReader): void {
    const domain = place.u8() === 0 ? "event" : "processing";
    const time = place.f64();
    const namespace = this.#codec.decode(place);
    const timer = new TimerCell(this, decodeKey(place), namespace, domain, time, 0);
    timer.stored = true;
    (domain === "event" ? this.#event : this.#processing).add(timer);
  }

  #register(index: TimerIndex, domain: TimerDomain, namespace: N, time: number): void {
    const store = this.#store;
    if (index.find(store.mapKey, namespace, time) !== undefined) return;
    const timer = new TimerCell(this, store.key, namespace, domain, time, store.epoch);
    index.add(timer);
    store.changed(timer);
  }

  #delete(index: TimerIndex, namespace: N, time: number): void {
    const timer = index.find(this.#store.mapKey, namespace, time);
    if (timer === undefined) return;
    index.remove(timer);
    this.#bury(timer);
  }

  #advance(index: TimerIndex, until: number, shouldYield: () => boolean): boolean {
    while (index.next <= until) {
      const timer = index.takeNext();
      if (timer === undefined) break;
      this.#bury(timer);
      this.#store.setCurrent(timer.key);
      if (timer.domain === "event") this.#target.onEventTime(timer.time, timer.namespace as N);
      else this.#target.onProcessingTime(timer.time, timer.namespace as N);
      if (index.next <= until && shouldYield()) return false;
    }
    return true;
  }

  #bury(timer: TimerCell): void {
    const store = this.#store;
    if (timer.guard !== store.epoch) store.touch(timer);
    timer.value = undefined;
    if (timer.changed !== store.epoch) store.changed(timer);
  }
}
