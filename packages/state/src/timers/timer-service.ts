import { type ByteReader, type ByteWriter, createReader, decodeKey, encodeKey } from "@millrace/codec";
import type { Namespace, NamespaceCodec, TimerService, TimerTarget } from "@millrace/contracts";
import { assert, limits, MillraceError } from "@millrace/core";
import { corruptState } from "../format/checksum.ts";
import { RECORD_HEAD_BYTES, recordForms, stateIdOf, writeRecordHead } from "../format/record-key.ts";
import type { KeyScope } from "../keys/key-scope.ts";
import type { Timer } from "./timer.ts";
import { TimerSet } from "./timer-set.ts";

const EVENT = 0;
const PROCESSING = 1;

export interface TimerParts {
  readonly scope: KeyScope;
  /** As `Changes.epoch`. */
  readonly epoch: () => number;
  /** Whether changes are remembered for a checkpoint. */
  readonly tracks: boolean;
}

/** The timers of one name, after Flink's InternalTimerServiceImpl. */
export class KeyedTimers implements TimerService<Namespace> {
  readonly name: string;
  readonly id: number;
  readonly event: TimerSet;
  readonly processing: TimerSet;
  readonly #scope: KeyScope;
  readonly #codec: NamespaceCodec<Namespace>;
  readonly #target: TimerTarget<Namespace>;
  #onEarlier: ((time: number) => void) | undefined;

  constructor(name: string, codec: NamespaceCodec<Namespace>, target: TimerTarget<Namespace>, parts: TimerParts) {
    const { scope } = parts;
    this.name = name;
    this.id = stateIdOf(name);
    this.#codec = codec;
    this.#target = target;
    this.#scope = scope;
    const own = scope.own.bind(scope);
    this.event = new TimerSet(own, parts.epoch, parts.tracks);
    this.processing = new TimerSet(own, parts.epoch, parts.tracks);
  }

  get fingerprint(): string {
    return this.#codec.fingerprint;
  }

  get eventTimers(): number {
    return this.event.size;
  }

  get processingTimers(): number {
    return this.processing.size;
  }

  registerEventTime(namespace: Namespace, time: number): void {
    this.#add(this.event, checked(time), namespace);
  }

  deleteEventTime(namespace: Namespace, time: number): void {
    this.event.remove(time, namespace, this.#scope.requireMapKey());
  }

  registerProcessingTime(namespace: Namespace, time: number): void {
    const first = this.processing.firstTime();
    this.#add(this.processing, checked(time), namespace);
    if (time < first) this.#onEarlier?.(time);
  }

  deleteProcessingTime(namespace: Namespace, time: number): void {
    this.processing.remove(time, namespace, this.#scope.requireMapKey());
  }

  advanceEventTime(watermark: number, shouldYield: () => boolean): boolean {
    for (;;) {
      const timer = this.#due(this.event, watermark);
      if (timer === undefined) return true;
      this.#target.onEventTime(timer.time, timer.namespace);
      if (shouldYield()) return false;
    }
  }

  advanceProcessingTime(now: number, shouldYield: () => boolean): boolean {
    for (;;) {
      const timer = this.#due(this.processing, now);
      if (timer === undefined) return true;
      this.#target.onProcessingTime(timer.time, timer.namespace);
      if (shouldYield()) return false;
    }
  }

  nextProcessingTime(): number {
    return this.processing.firstTime();
  }

  onEarlier(listener: (time: number) => void): void {
    this.#onEarlier = listener;
  }

  /** The key of a timer's record; its value is empty. */
  writeKey(timer: Timer, set: TimerSet, writer: ByteWriter): void {
    const key = this.#scope.keyOf(timer.mapKey);
    writeRecordHead(writer, this.#scope.keyGroupOf(key), recordForms.timer, this.id);
    writer.u8(set === this.event ? EVENT : PROCESSING);
    writer.f64(timer.time);
    encodeKey(key, writer);
    this.#codec.encode(timer.namespace, writer);
  }

  /** Takes in a timer's record. */
  load(recordKey: Uint8Array): void {
    const reader: ByteReader = createReader(recordKey, RECORD_HEAD_BYTES);
    const domain = reader.u8();
    if (domain > PROCESSING) throw corruptState(`a timer of "${this.name}" has the unknown time domain ${domain}`);
    const time = reader.f64();
    const mapKey = this.#scope.mapKeyOf(decodeKey(reader));
    const set = domain === EVENT ? this.event : this.processing;
    if (set.size >= limits.timersMax) throw this.#tooMany(set);
    set.load(time, this.#codec.decode(reader), mapKey);
  }

  #add(set: TimerSet, time: number, namespace: Namespace): void {
    if (set.size >= limits.timersMax) throw this.#tooMany(set);
    set.add(time, namespace, this.#scope.requireMapKey());
  }

  #tooMany({ size }: TimerSet): MillraceError {
    return new MillraceError("STATE_TOO_LARGE", `a subtask has ${size} timers "${this.name}", and there is room for no more`, {
      hint: "raise the parallelism: each subtask then has fewer keys",
      where: { uid: this.#scope.uid },
    });
  }

  /** Takes out the earliest timer up to `time` and sets its key. */
  #due(set: TimerSet, time: number): Timer | undefined {
    if (set.size === 0 || set.firstTime() > time) return undefined;
    const timer = set.poll();
    if (timer !== undefined) this.#scope.setMapKey(timer.mapKey);
    return timer;
  }
}

function checked(time: number): number {
  assert(!Number.isNaN(time), "a timer's time is a number");
  return time;
}
