import { batchesOf, readable, type VisibleBatch } from "../batch/record-set.ts";
import { denied, type KafkaClient } from "../client/kafka-client.ts";
import { offsetsAt } from "../client/partition-offsets.ts";
import { refusedError } from "../client/retry.ts";
import { errorCodes, errorText, isDenied } from "../protocol/error-codes.ts";
import { earliestTimestamp, type FetchedPartition, type FetchResponse, fetch, latestTimestamp } from "../protocol/record-apis.ts";
import { TransportError } from "../transport/transport.ts";
import { fetchRefused, isPassingFetch, offsetOutOfRange } from "./errors.ts";
import { FetchSession, keyOf } from "./fetch-session.ts";
import type { ReadingOptions } from "./options.ts";
import { PartitionLeaders } from "./partition-leaders.ts";
import type { PartitionReading } from "./partition-reading.ts";

export interface FetcherListener {
  /** Batches have come. */
  available(): void;
  failed(error: unknown): void;
}

type Reading = PartitionReading<unknown>;

/** As many compressed batches are worked on at a time as Node's thread pool has threads. */
const sideBySide = 4;

interface BrokerLoop {
  readonly session: FetchSession;
  running: boolean;
  wake: (() => void) | undefined;
}

/**
 * Fetches ahead for the partitions of one reader: one loop, one connection and one fetch session for each broker that
 * leads some of them. A loop asks for the partitions that have room, hands the batches over, and asks again while they
 * are being read; with no room anywhere it sleeps, which is back pressure. Partitions whose leader is gone are looked for,
 * which leaves their offsets untouched.
 */
export class Fetcher {
  readonly #client: KafkaClient;
  readonly #options: ReadingOptions;
  readonly #listener: FetcherListener;
  readonly #readings = new Map<string, Reading>();
  readonly #loops = new Map<number, BrokerLoop>();
  readonly #leaders: PartitionLeaders;
  /** By split. */
  #paused: ReadonlySet<string> = new Set();
  /** Loops that have batches to unpack, and no room for them. */
  #waiting: (() => void)[] = [];
  #closed = false;

  constructor(client: KafkaClient, options: ReadingOptions, listener: FetcherListener) {
    this.#client = client;
    this.#options = options;
    this.#listener = listener;
    this.#leaders = new PartitionLeaders(client, this.#readings, {
      led: (leaderId) => this.#led(leaderId),
      failed: (error) => this.#fail(error),
    });
  }

  add(readings: readonly Reading[]): void {
    for (const reading of readings) this.#readings.set(keyOf(reading.split), reading);
    this.#leaders.locate();
  }

  remove(reading: Reading): void {
    this.#readings.delete(keyOf(reading.split));
  }

  /** Something was read, or is no longer counted: there may be room again. */
  roomMade(): void {
    if (this.#waiting.length > 0 && this.#hasRoom()) for (const goOn of this.#waiting.splice(0)) goOn();
    for (const [nodeId, loop] of this.#loops) if (loop.wake !== undefined && this.#wanted(nodeId).length > 0) loop.wake();
  }

  /**
   * These and no others are not fetched, and what is buffered of them counts against no other: they wait for those to be
   * read.
   */
  pause(splitIds: ReadonlySet<string>): void {
    this.#paused = splitIds;
    for (const reading of this.#readings.values()) if (this.#isPaused(reading)) reading.lostSinceMs = undefined;
    this.roomMade();
  }

  close(): void {
    this.#closed = true;
    this.#leaders.close();
    for (const loop of this.#loops.values()) loop.wake?.();
    for (const goOn of this.#waiting.splice(0)) goOn();
  }

  #isPaused({ split }: Reading): boolean {
    return this.#paused.has(split.id);
  }

  #hasRoom(): boolean {
    let sum = 0;
    for (const reading of this.#readings.values()) if (!this.#isPaused(reading)) sum += reading.bufferedBytes;
    return sum < this.#options.bufferBytes;
  }

  /** What is buffered is read meanwhile, and the broker is asked for nothing. */
  async #untilRoom(): Promise<void> {
    while (!this.#closed && !this.#hasRoom()) {
      this.#listener.available();
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #led(leaderId: number): void {
    let loop = this.#loops.get(leaderId);
    if (loop === undefined) {
      loop = { session: new FetchSession(), running: false, wake: undefined };
      this.#loops.set(leaderId, loop);
    }
    loop.wake?.();
    if (!loop.running) this.#start(leaderId, loop);
  }

  #start(nodeId: number, loop: BrokerLoop): void {
    loop.running = true;
    this.#run(nodeId, loop)
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        loop.running = false;
      });
  }

  async #run(nodeId: number, loop: BrokerLoop): Promise<void> {
    // Once it is known of all partitions who leads them.
    await null;
    while (!this.#closed) {
      if (![...this.#readings.values()].some((reading) => reading.leaderId === nodeId)) return;
      const wanted = this.#wanted(nodeId);
      if (wanted.length === 0) await this.#rest(nodeId, loop);
      else await this.#fetch(nodeId, loop, wanted);
      await this.#leaders.lookNowAndThen();
    }
  }

  /** Until there is room. A partition that is not asked for meanwhile is not out of reach. */
  async #rest(nodeId: number, loop: BrokerLoop): Promise<void> {
    const { clock } = this.#client.ports;
    const since = clock.monotonic();
    await new Promise<void>((resolve) => this.#sleep(loop, resolve));
    const until = clock.monotonic();
    for (const reading of this.#readings.values()) {
      const { leaderId, lostSinceMs } = reading;
      if (leaderId === nodeId && lostSinceMs !== undefined) reading.lostSinceMs = lostSinceMs + until - Math.max(since, lostSinceMs);
    }
  }

  #sleep(loop: BrokerLoop, resolve: () => void): void {
    loop.wake = () => {
      loop.wake = undefined;
      resolve();
    };
  }

  /** Partitions led by the broker that have room for more. */
  #wanted(nodeId: number): readonly Reading[] {
    const { partitionMaxBytes } = this.#options;
    if (!this.#hasRoom()) return [];
    return [...this.#readings.values()].filter(
      (reading) =>
        reading.leaderId === nodeId && !reading.fetched && !reading.readsUp && !this.#isPaused(reading) && reading.bufferedBytes < partitionMaxBytes,
    );
  }

  async #fetch(nodeId: number, loop: BrokerLoop, wanted: readonly Reading[]): Promise<void> {
    const { maxWaitMs, minBytes, partitionMaxBytes, readCommitted } = this.#options;
    const maxBytes = this.#maxBytes();
    const node = this.#client.node(nodeId);
    if (node === undefined) return this.#leaders.lose(wanted, `broker ${nodeId} is not known`);
    const session = loop.session.next(
      wanted.map(({ split, leaderEpoch, fetchOffset }) => ({
        topicId: split.topicId,
        partition: split.partition,
        leaderEpoch,
        offset: fetchOffset,
        maxBytes: partitionMaxBytes,
      })),
    );
    let answer: FetchResponse;
    try {
      const timeoutMs = maxWaitMs + this.#client.cluster.requestTimeoutMs;
      answer = await this.#client.call(node, fetch, { maxWaitMs, minBytes, maxBytes, readCommitted, ...session }, { lane: "fetch", timeoutMs });
    } catch (error) {
      loop.session.reset();
      if (!(error instanceof TransportError)) throw error;
      if (error.kind === "refused") throw refusedError(error);
      return this.#leaders.lose(wanted, error.message);
    }
    if (this.#closed) return;
    if (answer.errorCode !== 0) return this.#sessionFailed(loop, answer.errorCode, wanted);
    loop.session.answered(answer.sessionId);
    this.#heardOf(wanted, answer);
    let came = false;
    for (const part of answer.partitions) came = (await this.#take(part)) || came;
    if (came) this.#listener.available();
  }

  /** Of one answer: those of all brokers may come at a time. */
  #maxBytes(): number {
    const { maxBytes, bufferBytes } = this.#options;
    const asking = [...this.#loops.values()].filter(({ running }) => running).length;
    return Math.max(1, Math.min(maxBytes, Math.floor(bufferBytes / asking)));
  }

  #sessionFailed(loop: BrokerLoop, code: number, wanted: readonly Reading[]): void {
    loop.session.reset();
    const { fetchSessionIdNotFound, invalidFetchSessionEpoch, fetchSessionTopicIdError } = errorCodes;
    const begunAnew = code === fetchSessionIdNotFound || code === invalidFetchSessionEpoch || code === fetchSessionTopicIdError;
    if (isPassingFetch(code)) this.#leaders.lose(wanted, errorText(code));
    else if (!begunAnew) throw fetchRefused(wanted[0]?.split.id ?? "", wanted[0]?.fetchOffset ?? 0, code);
  }

  /** A session's answer names partitions only where there is news: the others are well, too. */
  #heardOf(wanted: readonly Reading[], { partitions }: FetchResponse): void {
    const refused = new Set(partitions.filter(({ errorCode }) => errorCode !== 0).map(keyOf));
    for (const reading of wanted) if (!refused.has(keyOf(reading.split))) reading.lostSinceMs = undefined;
  }

  /** True when there is something to read. */
  async #take(part: FetchedPartition): Promise<boolean> {
    const reading = this.#readings.get(keyOf(part));
    if (reading === undefined) return false;
    if (part.errorCode !== 0) {
      await this.#partitionFailed(reading, part);
      return true;
    }
    if (part.records.length > 0) this.#toTheEnd(reading);
    const { topic, partition } = reading.split;
    const place = { topic, partition };
    const batches = batchesOf(part.records, this.#options.readCommitted ? part.aborted : undefined, place);
    for (let from = 0; from < batches.length; from += sideBySide) {
      const some = batches.slice(from, from + sideBySide);
      if (some.some(isCompressed)) await this.#untilRoom();
      if (this.#closed) return false;
      const ready = some.map((batch) => readable(part.records, batch, place));
      for (const batch of ready) batch.catch(() => undefined);
      // They are waited for in the order of the log.
      for (const batch of ready) {
        const taken = await batch;
        if (taken.header.lastOffset < reading.fetchOffset) continue;
        reading.push(taken);
        reading.fetchOffset = taken.header.lastOffset + 1;
      }
    }
    return batches.length > 0;
  }

  /** A broker fills its answer in the order of the request: what has just been given is asked for behind the others. */
  #toTheEnd(reading: Reading): void {
    const key = keyOf(reading.split);
    this.#readings.delete(key);
    this.#readings.set(key, reading);
  }

  async #partitionFailed(reading: Reading, part: FetchedPartition): Promise<void> {
    const { id, topic } = reading.split;
    const code = part.errorCode;
    if (code === errorCodes.offsetOutOfRange) return this.#outOfRange(reading);
    if (isPassingFetch(code)) this.#leaders.lose([reading], errorText(code));
    else if (isDenied(code)) throw denied(`topic ${topic}`, code);
    else throw fetchRefused(id, reading.fetchOffset, code);
  }

  async #outOfRange(reading: Reading): Promise<void> {
    const { id, topic, partition } = reading.split;
    const { readCommitted, onOffsetOutOfRange } = this.#options;
    const offsetAt = async (timestamp: number): Promise<number> => {
      const found = await offsetsAt(this.#client, [{ topic, partition, timestamp }], readCommitted);
      return found.get(id) ?? 0;
    };
    const [from, to] = [await offsetAt(earliestTimestamp), await offsetAt(latestTimestamp)];
    // A new leader may not have caught up with what its predecessor had told: then the offset is in range by now.
    if (reading.fetchOffset >= from && reading.fetchOffset <= to) return this.#leaders.lose([reading], errorText(errorCodes.offsetOutOfRange));
    if (onOffsetOutOfRange === "fail") throw offsetOutOfRange(id, reading.fetchOffset, from, to);
    // What lies in front of the gap comes first. Where it goes on then is asked once more.
    if (reading.hasBatches) reading.readUp();
    else reading.moveTo(onOffsetOutOfRange === "earliest" ? from : to);
  }

  #fail(error: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#leaders.close();
    this.#listener.failed(error);
  }
}

function isCompressed({ header, visible }: VisibleBatch): boolean {
  return visible && header.compression !== "none";
}
