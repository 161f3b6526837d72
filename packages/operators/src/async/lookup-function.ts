import type { AsyncContext, AsyncFunction, Key } from "@millrace/contracts";
import { checkKey, truth } from "@millrace/core";
import { LookupCache, type LookupCacheOptions, nameOf } from "./lookup-cache.ts";
import type { AsyncRetryStrategy } from "./retry.ts";

/** What a look-up may know of its call. Values are shared between records of one key, so it sees none of them. */
export type LookupContext = Pick<AsyncContext, "signal">;

export interface LookupSpec {
  readonly keyOf: (value: unknown) => Key;
  /** undefined: there is nothing of that key. */
  readonly lookup: (key: Key, context: LookupContext) => unknown;
  readonly cache: LookupCacheOptions | undefined;
  /** That of the operator: what it asks for again is not cached, or the cache would answer that. */
  readonly retry: AsyncRetryStrategy<unknown> | undefined;
}

/** A look-up that is under way, and how many records wait for it. */
interface Asked {
  readonly found: Promise<unknown>;
  readonly abort: AbortController;
  waiting: number;
}

/**
 * Finds what there is under the key of each record, for a lookup join. Records of one key that come while it is looked up
 * wait for the same look-up; what was found, or that there was nothing, is cached if it is good enough for `retry` or the last
 * attempt gave it. Of one subtask.
 */
export function createLookupFunction(spec: LookupSpec): AsyncFunction<unknown, unknown> {
  const cache = spec.cache === undefined ? undefined : new LookupCache<unknown>(spec.cache);
  const asked = new Map<ReturnType<typeof nameOf>, Asked>();

  function isFinal(found: unknown, attempt: number): boolean {
    const { retry } = spec;
    return retry === undefined || attempt >= retry.attempts || !truth(retry.ifResult?.(found));
  }

  function ask(key: Key, context: AsyncContext): Asked {
    const name = nameOf(key);
    const abort = new AbortController();
    const look = async (): Promise<unknown> => {
      try {
        const found = await spec.lookup(key, { signal: abort.signal });
        if (cache !== undefined && isFinal(found, context.attempt)) cache.put(key, found, context.currentProcessingTime());
        return found;
      } finally {
        if (asked.get(name) === one) asked.delete(name);
      }
    };
    const one: Asked = { found: Promise.resolve().then(look), abort, waiting: 0 };
    asked.set(name, one);
    return one;
  }

  /** A look-up that nobody waits for any more is called off, and the next record asks anew. */
  function waitFor(one: Asked, key: Key, signal: AbortSignal): Promise<unknown> {
    one.waiting++;
    signal.addEventListener("abort", () => {
      if (--one.waiting > 0) return;
      const name = nameOf(key);
      if (asked.get(name) === one) asked.delete(name);
      one.abort.abort();
    });
    return one.found;
  }

  return {
    asyncInvoke(value, context) {
      const key = checkKey(spec.keyOf(value));
      const cached = cache?.get(key, context.currentProcessingTime());
      if (cached !== undefined) return cached.value;
      return waitFor(asked.get(nameOf(key)) ?? ask(key, context), key, context.signal);
    },
  };
}
