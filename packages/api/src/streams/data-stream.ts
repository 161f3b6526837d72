import type { Codec } from "@millrace/codec";
import type { BroadcastStates, Key, OutputTag, ProcessFunction, Sink, WatermarkStrategy } from "@millrace/contracts";
import { checkChoice, MillraceError } from "@millrace/core";
import {
  checkInStream,
  createProcessOperator,
  createWatermarksOperator,
  type LookupContext,
  type WatermarkCadence,
  type WindowAssigner,
} from "@millrace/operators";
import { type AsyncCall, type AsyncOptions, addAsync, LookupJoin } from "./async-wait.ts";
import { BroadcastConnectedStream, BroadcastStream } from "./broadcast-streams.ts";
import { ConnectedStreams } from "./connected-streams.ts";
import { type Emits, tagNames } from "./functions.ts";
import { JoinedStreams } from "./joined-streams.ts";
import { KeyedStream } from "./keyed-stream.ts";
import type { NodeOptions, StatefulNodeOptions } from "./options.ts";
import { addTransform, type OperatorFactory, type TransformOptions } from "./transform.ts";
import { addNode, checkSameJob, typeOf, type Upstream, withExchange, withPartitioner } from "./upstream.ts";
import { defaultSettings, WindowedStream } from "./windowed-stream.ts";

/** The records that a predicate lets through: narrowed by a type guard, also one that the compiler infers. */
export type Filtered<T, P> = P extends TypeGuard<T, infer Narrowed> ? Narrowed : T;

type TypeGuard<T, Narrowed extends T> = (value: T) => value is Narrowed;

/** The records of several streams. */
export type RecordOf<S> = S extends DataStream<infer T> ? T : never;

export interface WatermarksOptions extends StatefulNodeOptions, WatermarkCadence {}

/** A stream of records (Flink's DataStream). Every method adds to the job's plan and returns a new stream; nothing runs. */
export class DataStream<T> {
  readonly #upstream: Upstream;

  constructor(upstream: Upstream) {
    this.#upstream = upstream;
  }

  map<Out>(fn: (value: T) => Out, options?: NodeOptions): DataStream<Out> {
    return addNode([this.#upstream], options, { kind: "map", body: { kind: "map", fn: fn as (value: unknown) => unknown } });
  }

  /** Keeps the records for which `predicate` is true. A type guard narrows the stream. */
  filter<P extends (value: T) => boolean>(predicate: P, options?: NodeOptions): DataStream<Filtered<T, P>> {
    const fn = predicate as (value: never) => boolean as (value: unknown) => boolean;
    return addNode([this.#upstream], options, { kind: "filter", body: { kind: "filter", fn } });
  }

  /** Emits every element of what `fn` returns: an array, a generator, any iterable. */
  flatMap<Out>(fn: (value: T) => Iterable<Out>, options?: NodeOptions): DataStream<Out> {
    const body = { kind: "flatMap", fn: fn as (value: unknown) => Iterable<unknown> } as const;
    return addNode([this.#upstream], options, { kind: "flatMap", body });
  }

  /** A function with side outputs and a view of time, but without a key: it has neither state nor timers. */
  process<Out>(fn: ProcessFunction<T, Out> & Emits<Out>, options?: NodeOptions): DataStream<Out> {
    const erased = fn as ProcessFunction<unknown, unknown>;
    return addNode([this.#upstream], options, {
      kind: "process",
      called: [fn],
      sideOutputs: tagNames(fn.sideOutputs),
      details: { emits: typeOf(fn.emits) },
      body: { kind: "operator", keySelectors: [], create: () => createProcessOperator(erased) },
    });
  }

  /**
   * Asks somebody else about each record; many calls are under way at a time, and results come in the order of the records
   * (Flink's AsyncDataStream.orderedWait). Calls under way at a checkpoint are made again after a restore, so they should be
   * safe to repeat.
   */
  orderedWait<Out>(call: AsyncCall<T, Out>, options: AsyncOptions<T, Out>): DataStream<Out> {
    return addAsync(this.#upstream, call, true, options);
  }

  /** As orderedWait, but results come as they are ready. No record overtakes a watermark, nor a watermark a record. */
  unorderedWait<Out>(call: AsyncCall<T, Out>, options: AsyncOptions<T, Out>): DataStream<Out> {
    return addAsync(this.#upstream, call, false, options);
  }

  /**
   * Joins each record with what `lookup` finds under its key, undefined when there is nothing; records of one key share a
   * look-up that is under way. Name a cache in the options of `select` so that not every record is looked up.
   */
  lookupJoin<const K extends Key, Found>(
    key: (value: T) => K,
    lookup: (key: K, context: LookupContext) => Found | undefined | Promise<Found | undefined>,
  ): LookupJoin<T, Found, Found> {
    const settings = { keyOf: key as (value: unknown) => Key, lookup: lookup as (key: Key, context: LookupContext) => unknown, outer: false };
    return new LookupJoin(this.#upstream, settings);
  }

  /**
   * Deals records out by key, so that all of one key meet in one subtask. A key is a string, number, boolean, bigint or a
   * tuple of these, always of one kind. `key`: its codec, for the plan.
   */
  keyBy<const K extends Key>(selector: (value: T) => K, options: { readonly key?: Codec<K> | undefined } = {}): KeyedStream<T, K> {
    return new KeyedStream<T, K>({
      upstream: withExchange(this.#upstream, "hash"),
      keySelector: selector as (value: unknown) => Key,
      keyType: typeOf(options.key as Codec<unknown> | undefined),
    });
  }

  /** The records of this stream and of the others, in no order between them. */
  union<Others extends readonly DataStream<unknown>[]>(...others: Others): DataStream<T | RecordOf<Others[number]>> {
    const { builder, exchange, partitioner } = this.#upstream;
    const all: readonly Upstream[] = [this.#upstream, ...others.map((other) => other.#upstream)];
    for (const one of all) {
      checkSameJob(builder, one);
      if (one.exchange === exchange && one.partitioner === partitioner) continue;
      throw new MillraceError("PLAN_UNION", "streams that are dealt out in different ways can't be united", {
        hint: "call rebalance() or global() after union(…)",
      });
    }
    return new DataStream({ ...this.#upstream, origins: all.flatMap((one) => one.origins) });
  }

  /** Two streams for one function, or, after `keyBy(…)` on the pair, for one that shares state. */
  connect<Other>(other: DataStream<Other>): ConnectedStreams<T, Other>;
  /** A broadcast stream beside this one: one function sees both, and what is kept of the broadcast one. */
  connect<Other, B extends BroadcastStates>(other: BroadcastStream<Other, B>): BroadcastConnectedStream<T, Other, B>;
  connect<Other>(other: DataStream<Other> | BroadcastStream<Other, BroadcastStates>): unknown {
    if (other instanceof BroadcastStream) return new BroadcastConnectedStream(this.#upstream, other);
    return new ConnectedStreams(this.#upstream, other.#upstream);
  }

  /**
   * Sends every record to every subtask of the function that this stream is connected to, which keeps of it what `states`
   * declares: `rules.broadcast({ rules: state.map(t.string(), rule) })`.
   */
  broadcast<B extends BroadcastStates>(states: B): BroadcastStream<T, B>;
  /** Each record goes to every subtask of the next node. */
  broadcast(): DataStream<T>;
  broadcast(states?: BroadcastStates): unknown {
    if (states === undefined) return new DataStream(withExchange(this.#upstream, "broadcast"));
    return new BroadcastStream(this.#upstream, states);
  }

  /**
   * Every pair of records of two streams with one key and window (Flink's join):
   * `.join(other).where(…).equalTo(…).window(…).apply(…)`.
   */
  join<Other>(other: DataStream<Other>): JoinedStreams<T, Other, "join"> {
    return new JoinedStreams(this.#upstream, other.#upstream, "join");
  }

  /** As `join`, with all records of both streams of a key and window at once, also where one has none (Flink's coGroup). */
  coGroup<Other>(other: DataStream<Other>): JoinedStreams<T, Other, "coGroup"> {
    return new JoinedStreams(this.#upstream, other.#upstream, "coGroup");
  }

  /** Gives records timestamps and makes watermarks here; those from upstream end here. */
  assignTimestampsAndWatermarks(strategy: WatermarkStrategy<T>, options: WatermarksOptions): DataStream<T> {
    const { builder, origins } = this.#upstream;
    const { everyRecords, intervalMs } = options;
    checkInStream(options.uid, strategy, options);
    // Over input that ends, a pause is the machine's and not the stream's: the wall clock decides what is late only if it is asked to.
    const watchesQuiet = (strategy.idlenessMs ?? 0) > 0 || origins.some(({ node }) => builder.isLive(node));
    const quietMs = options.quietMs ?? (watchesQuiet ? undefined : 0);
    const cadence: WatermarkCadence = {
      ...(everyRecords === undefined ? {} : { everyRecords }),
      ...(intervalMs === undefined ? {} : { intervalMs }),
      ...(quietMs === undefined ? {} : { quietMs }),
    };
    const erased = strategy as WatermarkStrategy<unknown>;
    return addNode([this.#upstream], options, {
      kind: "watermarks",
      details: { watermarks: strategy.description, ...cadence },
      body: { kind: "operator", keySelectors: [], create: () => createWatermarksOperator(erased, cadence) },
    });
  }

  /** What the node before writes to a side output that it declares. */
  sideOutput<Side>(tag: OutputTag<Side>): DataStream<Side> {
    const { builder, streamOf, origins } = this.#upstream;
    const [origin, ...others] = origins;
    if (origin === undefined || others.length > 0 || origin.output !== "") {
      throw new MillraceError(
        "PLAN_SIDE_OUTPUT",
        `the side output "${tag.name}" is asked of ${others.length > 0 ? "a union" : "a side output"}, which has none`,
        {
          hint: "call sideOutput on the stream that the function, window or source gave",
        },
      );
    }
    return new DataStream({ builder, streamOf, origins: [{ node: origin.node, output: tag.name }], exchange: "forward" });
  }

  /** One group of windows over all records, without a key; it runs in one subtask. */
  windowAll(assigner: WindowAssigner<T>): WindowedStream<T, number> {
    return new WindowedStream<T, number>(
      { upstream: withExchange(this.#upstream, "hash"), keySelector: () => theOnlyKey, keyType: undefined },
      defaultSettings(assigner as WindowAssigner<unknown>, true),
    );
  }

  /** Records go to the same subtask of the next node, as they do anyway; to its subtasks in turn where it has more or fewer. */
  forward(): DataStream<T> {
    return new DataStream(withExchange(this.#upstream, "forward"));
  }

  /** Records go to the next node's subtasks in turn. */
  rebalance(): DataStream<T> {
    return new DataStream(withExchange(this.#upstream, "rebalance"));
  }

  /** As rebalance, but each subtask deals to its share of the next node's alone, which is cheaper where their numbers differ. */
  rescale(): DataStream<T> {
    return new DataStream(withExchange(this.#upstream, "rescale"));
  }

  /** Each record goes to a subtask at random. */
  shuffle(): DataStream<T> {
    return new DataStream(withExchange(this.#upstream, "shuffle"));
  }

  /** All records go to the first subtask of the next node. */
  global(): DataStream<T> {
    return new DataStream(withExchange(this.#upstream, "global"));
  }

  /** `partition` chooses the subtask of the next node for a key: a whole number from 0, less than `partitions`. For state per key use keyBy. */
  partitionCustom<K>(partition: (key: K, partitions: number) => number, key: (value: T) => K): DataStream<T> {
    return new DataStream(withPartitioner(this.#upstream, (value, partitions) => partition(key(value as T), partitions)));
  }

  /**
   * An operator of one's own, for what functions can't do (Flink's transform): it is called as `Operator` says, and has to
   * keep that contract.
   */
  transform<Out>(create: OperatorFactory<T, Out>, options: TransformOptions): DataStream<Out> {
    return addTransform([this.#upstream], [], create as OperatorFactory<never, Out>, options);
  }

  /** Writes every record to a sink. */
  to(sink: Sink<T>, options: StatefulNodeOptions): void {
    checkChoice("the guarantee of a sink", sink.guarantee, ["exactly-once", "at-least-once", "none"]);
    addNode([this.#upstream], options, {
      kind: "sink",
      details: { connector: sink.name, guarantee: sink.guarantee, options: sink.description },
      body: { kind: "sink", sink: sink as Sink<unknown> },
    });
  }

  /** Flink's name of `to`. */
  sinkTo(sink: Sink<T>, options: StatefulNodeOptions): void {
    this.to(sink, options);
  }
}

/** Of records that are windowed without a key. */
const theOnlyKey = 0;
