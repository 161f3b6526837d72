import { type Codec, t } from "@millrace/codec";
import type { AsyncContext, AsyncFunction, Key } from "@millrace/contracts";
import { type Json, limits, MillraceError, returned } from "@millrace/core";
import {
  type AsyncRetryStrategy,
  type AsyncSpec,
  checkCacheOptions,
  createAsyncOperator,
  createLookupFunction,
  type LookupCacheOptions,
  type LookupContext,
} from "@millrace/operators";
import type { DataStream } from "./data-stream.ts";
import { type Emits, tagNames } from "./functions.ts";
import type { StatefulNodeOptions } from "./options.ts";
import { addNode, typeOf, type Upstream } from "./upstream.ts";

/** A function that is called for each record, or an object with one that also handles timeouts. */
export type AsyncCall<In, Out> = ((value: In, context: AsyncContext) => Out | Promise<Out>) | (AsyncFunction<In, Out> & Emits<Out>);

/** How many calls are under way, for how long, and how often. */
export interface AsyncOptions<In, Out> extends StatefulNodeOptions {
  /** How long a record may take, all attempts included. */
  readonly timeoutMs: number;
  /** Records under way at a time in one subtask; while there are so many, it takes no other. Default 100. */
  readonly capacity?: number | undefined;
  /** Default: an error fails the job. */
  readonly retry?: AsyncRetryStrategy<Out> | undefined;
  /** Of the stream's records, which stand in the snapshot while they are under way. Default: `t.any()`. */
  readonly codec?: Codec<In> | undefined;
}

export interface LookupJoinOptions<In, Found> extends AsyncOptions<In, Found | undefined> {
  /** What was found, or that there was nothing, is taken for true for a while. Default: every record is looked up. */
  readonly cache?: LookupCacheOptions | undefined;
  /** Results come as they are ready, between the same watermarks. Default false: in the order of the records. */
  readonly unordered?: boolean | undefined;
}

/** Adds the node of an asynchronous function. */
export function addAsync<In, Out>(upstream: Upstream, call: AsyncCall<In, Out>, ordered: boolean, options: AsyncOptions<In, Out>): DataStream<Out> {
  const fn: AsyncFunction<In, Out> & Emits<Out> = typeof call === "function" ? { asyncInvoke: call } : call;
  const spec = specOf(options, fn as AsyncFunction<unknown, unknown>, ordered);
  return addNode([upstream], options, {
    kind: "async",
    called: [fn.timeout, spec.retry],
    sideOutputs: tagNames(fn.sideOutputs),
    details: { ...detailsOf(spec), emits: typeOf(fn.emits) },
    body: { kind: "operator", keySelectors: [], create: () => createAsyncOperator(spec) },
  });
}

/** What was said of a lookup join before its terminal call. */
export interface LookupSettings {
  readonly keyOf: (value: unknown) => Key;
  readonly lookup: (key: Key, context: LookupContext) => unknown;
  readonly outer: boolean;
}

/** A stream and what is looked up for each of its records, before the function that joins them (Flink's lookup join). */
export class LookupJoin<T, Found, Joined> {
  readonly #upstream: Upstream;
  readonly #settings: LookupSettings;

  constructor(upstream: Upstream, settings: LookupSettings) {
    this.#upstream = upstream;
    this.#settings = settings;
  }

  /** Records come too when nothing was found for them, with undefined in its place. */
  leftOuter(): LookupJoin<T, Found, Found | undefined> {
    return new LookupJoin(this.#upstream, { ...this.#settings, outer: true });
  }

  /** One result for each record, or for each that something was found for. */
  select<Out>(fn: (value: T, found: Joined) => Out, options: LookupJoinOptions<T, Found>): DataStream<Out> {
    const { cache, unordered = false } = options;
    const retry = options.retry as AsyncRetryStrategy<unknown> | undefined;
    if (cache !== undefined) checkCacheOptions(cache);
    const { keyOf, lookup, outer } = this.#settings;
    const join = fn as (value: unknown, found: unknown) => unknown;
    const finish: AsyncSpec["finish"] = (value, found, out) => {
      if (outer || found !== undefined) out.collect(returned(join(value, found)));
    };
    const specFor = (): AsyncSpec => ({
      ...specOf<T, Found | undefined>(options, createLookupFunction({ keyOf, lookup, cache, retry }), !unordered),
      finish,
    });
    return addNode([this.#upstream], options, {
      kind: "lookupJoin",
      called: [fn, keyOf, retry],
      details: { ...detailsOf(specFor()), join: outer ? "leftOuter" : "inner", cache: cache === undefined ? undefined : { ...cache } },
      body: { kind: "operator", keySelectors: [], create: () => createAsyncOperator(specFor()) },
    });
  }
}

function specOf<In, Out>(options: AsyncOptions<In, Out>, fn: AsyncFunction<unknown, unknown>, ordered: boolean): AsyncSpec {
  const { uid, timeoutMs, capacity = limits.asyncCapacityDefault, retry, codec = t.any() } = options;
  for (const [name, value] of Object.entries({ timeoutMs, capacity })) {
    if (Number.isSafeInteger(value) && value >= 1) continue;
    throw new MillraceError("ASYNC_OPTIONS", `${name} of an asynchronous function is a whole number from 1, not ${value}`, {
      hint: "e.g. { timeoutMs: seconds(10), capacity: 100 }",
      where: { uid },
    });
  }
  return { fn, ordered, capacity, timeoutMs, retry: retry as AsyncRetryStrategy<unknown> | undefined, codec: codec as Codec<unknown> };
}

function detailsOf({ ordered, capacity, timeoutMs, retry, codec }: AsyncSpec): { readonly [name: string]: Json | undefined } {
  return { wait: ordered ? "ordered" : "unordered", capacity, timeoutMs, retry: retry?.description, records: codec.type };
}
