import { fmix32 } from "@millrace/core";
import { datagen, defineJob, discard, state, t } from "millrace";

/** A keyed count whose state is as big as wanted, as the `state` job of the Flink harness. */
export interface BigStateOptions {
  readonly keys: number;
  /** Of a value, incompressible but for its first, the count. */
  readonly valueBytes: number;
  /** Records; the first `keys` of them come to every key once, the others to keys by their hash. undefined: without end. */
  readonly records: number | undefined;
  /** Of the later records, only so many keys are hit. */
  readonly hotKeys?: number;
  readonly ratePerSecond?: number;
  /** Records between two calls of `seen`, a power of two. */
  readonly every?: number;
  readonly seen?: (record: number) => void;
}

interface Touched {
  readonly key: number;
  readonly n: number;
}

export function bigStateJob({ keys, valueBytes, records, hotKeys = keys, ratePerSecond, every = 1024, seen }: BigStateOptions) {
  return defineJob("big-state", (env) => {
    env
      .from(
        datagen({
          generate: (n): Touched => ({ key: n < keys ? n : (mix(n) >>> 1) % hotKeys, n }),
          ...(records === undefined ? {} : { count: records }),
          ...(ratePerSecond === undefined ? {} : { ratePerSecond }),
        }),
        { uid: "keys" },
      )
      .keyBy(({ key }) => key)
      .process(
        {
          state: { value: state.value(t.bytes()) },
          emits: t.integer(),
          processElement({ n }: Touched, { state: { value } }, out) {
            const held = value.value();
            const next = held === undefined ? filled(n, valueBytes) : Buffer.from(held);
            const count = ((next[0] as number) + 1) & 0xff || 1;
            next[0] = count;
            value.update(next);
            if ((n & (every - 1)) === 0) seen?.(n);
            out.collect(count);
          },
        },
        { uid: "touch" },
      )
      .to(discard(), { uid: "out" });
  });
}

/** Counts alone: what the cache does when everything is in it. */
export function hotCountJob({ keys, records, seen }: { readonly keys: number; readonly records: number; readonly seen?: (record: number) => void }) {
  return defineJob("hot-count", (env) => {
    env
      .from(datagen({ generate: (n) => n, count: records }), { uid: "numbers" })
      .keyBy((n) => mix(n) % keys)
      .process(
        {
          state: { count: state.value(t.integer()) },
          emits: t.integer(),
          processElement(n: number, { state: { count } }, out) {
            const next = (count.value() ?? 0) + 1;
            count.update(next);
            if ((n & 65_535) === 0) seen?.(n);
            out.collect(next);
          },
        },
        { uid: "count" },
      )
      .to(discard(), { uid: "out" });
  });
}

/** Incompressible bytes to cut values from. */
const pool = Uint8Array.from({ length: 1 << 16 }, (_, at) => mix(at));

/** A copy in Node's pool of small buffers, as programs make them. */
function filled(n: number, bytes: number): Uint8Array {
  const start = mix(n) % (pool.length - bytes);
  const value = Buffer.from(pool.subarray(start, start + bytes));
  value[0] = 0;
  return value;
}

/** Not negative. */
export function mix(n: number): number {
  return fmix32(n) >>> 0;
}
