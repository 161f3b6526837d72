import { limits } from "@millrace/core";
import type { ClassicLevel } from "classic-level";

export type Level = ClassicLevel<Uint8Array, Uint8Array>;

/** Operations handed to LevelDB before the event loop gets a turn; less than a millisecond. */
const OPERATIONS_PER_BREATH = 200;
const nowhere = new TextEncoder().encode("!nowhere");

/** Collects operations into large batches without keeping the event loop busy. */
export class StoreWriter {
  readonly #level: Level;
  #batch: ReturnType<Level["batch"]> | undefined;
  #bytes = 0;
  #sinceBreath = 0;

  constructor(level: Level) {
    this.#level = level;
  }

  /** The bytes are copied. */
  put(key: Uint8Array, value: Uint8Array): void {
    this.#open().put(key, value);
    this.#count(key.length + value.length);
  }

  /** As `put`. */
  delete(key: Uint8Array): void {
    this.#open().del(key);
    this.#count(key.length);
  }

  /** Between operations: writes a full batch, and now and then lets others run. */
  async breathe(): Promise<void> {
    if (this.#bytes >= limits.storeBatchBytesMax) await this.finish();
    if (this.#sinceBreath < OPERATIONS_PER_BREATH) return;
    this.#sinceBreath = 0;
    // A read in LevelDB's thread pool: it comes back in another turn of the event loop.
    await this.#level.get(nowhere);
  }

  async finish(): Promise<void> {
    const batch = this.#batch;
    this.#batch = undefined;
    this.#bytes = 0;
    await batch?.write({ sync: true });
  }

  #open(): ReturnType<Level["batch"]> {
    this.#batch ??= this.#level.batch();
    return this.#batch;
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#sinceBreath++;
  }
}
