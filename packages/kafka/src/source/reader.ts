import type { ReaderContext, ReaderOutput, SourceReader } from "@millrace/contracts";
import type { KafkaCluster } from "../client/kafka.ts";
import { KafkaClient } from "../client/kafka-client.ts";
import { Pending, type RecordDeserializer } from "../formats/format.ts";
import { Fetcher } from "./fetcher.ts";
import { GroupOffsets } from "./group-offsets.ts";
import type { ReadingOptions } from "./options.ts";
import { PartitionReading } from "./partition-reading.ts";
import type { KafkaSplit } from "./split.ts";

/** Reads partitions, turning to the next one at every poll so that none starves. */
export class KafkaReader<T> implements SourceReader<T, KafkaSplit> {
  readonly #context: ReaderContext;
  readonly #client: KafkaClient;
  readonly #options: ReadingOptions;
  readonly #deserializer: RecordDeserializer<T>;
  readonly #fetcher: Fetcher;
  readonly #groupOffsets: GroupOffsets | undefined;
  readonly #readings: PartitionReading<T>[] = [];
  #paused: ReadonlySet<string> = new Set();
  #turn = 0;
  #last: PartitionReading<T> | undefined;
  #noMore = false;
  #failure: { readonly error: unknown } | undefined;
  /** A deserializer waits for something. */
  #pending = false;
  #skippedBefore = 0;

  constructor(context: ReaderContext, cluster: KafkaCluster, options: ReadingOptions, deserializer: RecordDeserializer<T>) {
    this.#context = context;
    this.#client = new KafkaClient(cluster, context.ports);
    this.#options = options;
    this.#deserializer = deserializer;
    this.#fetcher = new Fetcher(this.#client, options, {
      available: () => context.available(),
      failed: (error) => this.#fail(error),
    });
    this.#groupOffsets = options.groupId === undefined ? undefined : new GroupOffsets(this.#client, options.groupId, (error) => this.#fail(error));
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#context.available();
  }

  addSplits(splits: readonly KafkaSplit[]): void {
    const readings = splits.map((split) => new PartitionReading(split, this.#deserializer, this.#options.onError));
    this.#readings.push(...readings);
    this.#fetcher.add(readings.filter((reading) => !reading.finished) as readonly PartitionReading<unknown>[]);
    this.#context.available();
  }

  /** What was fetched of them waits, and no more is fetched. */
  pauseSplits(ids: ReadonlySet<string>): void {
    this.#paused = ids;
    this.#fetcher.pause(ids);
  }

  noMoreSplits(): void {
    this.#noMore = true;
    this.#context.available();
  }

  poll(output: ReaderOutput<T>, limit: number): "more" | "waiting" | "ended" {
    if (this.#failure !== undefined) throw this.#failure.error;
    if (output.stop) return "more";
    if (this.#pending) return "waiting";
    const reading = this.#next();
    if (reading === undefined) return this.#noMore && this.#readings.length === 0 ? "ended" : "waiting";
    this.#last = reading;
    try {
      reading.deliver(output, limit);
    } catch (error) {
      if (!(error instanceof Pending)) throw error;
      this.#wait(error);
      return "waiting";
    }
    if (reading.finished) this.#finish(reading, output);
    this.#fetcher.roomMade();
    return "more";
  }

  /** The next partition in turn with something to hand over, or that has come to its end. */
  #next(): PartitionReading<T> | undefined {
    for (let turns = this.#readings.length; turns > 0; turns--) {
      const reading = this.#readings[this.#turn++ % this.#readings.length];
      if (reading === undefined || (this.#paused.has(reading.split.id) && !reading.finished)) continue;
      if (reading.hasBatches || reading.finished) return reading;
    }
    return undefined;
  }

  #wait(pending: Pending): void {
    this.#pending = true;
    pending.ready.then(
      () => {
        this.#pending = false;
        this.#context.available();
      },
      (error: unknown) => this.#fail(error),
    );
  }

  #finish(reading: PartitionReading<T>, output: ReaderOutput<T>): void {
    this.#readings.splice(this.#readings.indexOf(reading), 1);
    this.#skippedBefore += reading.skipped;
    this.#fetcher.remove(reading as PartitionReading<unknown>);
    this.#groupOffsets?.finished(reading.snapshot());
    output.splitFinished(reading.split.id);
  }

  snapshot(): readonly KafkaSplit[] {
    const splits = this.#readings.map((reading) => reading.snapshot());
    this.#groupOffsets?.snapshot(splits);
    return splits;
  }

  checkpointCompleted(): void {
    this.#groupOffsets?.commit();
  }

  position(): string | undefined {
    return this.#last === undefined || this.#last.lastOffset < 0 ? undefined : this.#last.position();
  }

  /** Bad records left out so far by `onError: "skip"`. */
  get skipped(): number {
    return this.#readings.reduce((sum, reading) => sum + reading.skipped, this.#skippedBefore);
  }

  async close(): Promise<void> {
    this.#fetcher.close();
    await this.#groupOffsets?.close();
    await this.#client.close();
  }
}
