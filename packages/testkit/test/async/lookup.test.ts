import { t } from "@millrace/codec";
import type { Key, Operator } from "@millrace/contracts";
import { asyncRetry, checkCacheOptions, createAsyncOperator, createLookupFunction, LookupCache, type LookupCacheOptions } from "@millrace/operators";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createHarness, type HarnessTime, steps } from "../../src/harness/index.ts";
import { verifyOperator } from "../../src/verify/index.ts";

const table = new Map<Key, string>([
  ["a", "Ada"],
  ["b", "Bob"],
]);

/** `readyAt`: a look-up is answered at that time whenever it is made, or takes 10 ms. */
function lookups(cache: LookupCacheOptions | undefined, readyAt?: number) {
  const asked: Key[] = [];
  const calledOff: Key[] = [];
  const create = (time: HarnessTime) =>
    createAsyncOperator({
      fn: createLookupFunction({
        keyOf: (value) => value as string,
        lookup: (key, { signal }) => {
          asked.push(key);
          signal.addEventListener("abort", () => calledOff.push(key));
          return new Promise((resolve) => time.after(readyAt === undefined ? 10 : readyAt - time.now(), () => resolve(table.get(key))));
        },
        cache,
        retry: undefined,
      }),
      ordered: true,
      capacity: 10,
      timeoutMs: 50,
      retry: undefined,
      codec: t.string() as never,
      finish: (value, found, out) => out.collect(`${value}=${found ?? "nobody"}`),
    });
  return {
    asked,
    calledOff,
    operator: create as never as (time: HarnessTime) => Operator<string, unknown>,
    create: () => createHarness<string, unknown>({ create: create as never, keyed: false, uid: "who" }),
  };
}

describe("a lookup", () => {
  it.each([undefined, { maxEntries: 1, ttlMs: 15 }])("gives the same under every condition of the runtime, with the cache %j", async (cache) => {
    const list = ["a", "x", "a", "b", "b", "x", "a"].flatMap((key, index) => [
      steps.element(key, index),
      ...(index % 2 === 1 ? [steps.watermark(index), steps.processingTime(index * 4)] : []),
    ]);
    const outputs = await verifyOperator({ create: lookups(cache, 25).operator, steps: [...list, steps.processingTime(90)], keyed: false });
    const found = outputs.map((output) =>
      output.kind === "record" ? output.value : output.kind === "watermark" ? `W${output.watermark}` : output.kind,
    );
    expect(found).toEqual(["a=Ada", "x=nobody", "W1", "a=Ada", "b=Bob", "W3", "b=Bob", "x=nobody", "W5", "a=Ada"]);
  });

  it("is shared by the records of one key while it is under way, and cached, also when there is nothing", async () => {
    const { asked, create } = lookups({ maxEntries: 10, ttlMs: 100 });
    const harness = await create();
    for (const key of ["a", "x", "a", "b"]) harness.element(key);
    await harness.advance(10);
    for (const key of ["x", "b"]) harness.element(key);
    expect(harness.values()).toEqual(["a=Ada", "x=nobody", "a=Ada", "b=Bob", "x=nobody", "b=Bob"]);
    expect(asked).toEqual(["a", "x", "b"]);
    await harness.advance(100);
    harness.element("a");
    await harness.advance(10);
    expect(asked).toEqual(["a", "x", "b", "a"]);
  });

  it("is made for every record without a cache, and again after a restore", async () => {
    const { asked, create } = lookups(undefined);
    const harness = await create();
    harness.element("a");
    await harness.advance(10);
    harness.element("a");
    await harness.settle();
    await harness.restart();
    await harness.advance(10);
    expect(harness.values()).toEqual(["a=Ada", "a=Ada"]);
    expect(asked).toEqual(["a", "a", "a"]);
  });

  it.each([undefined, { maxEntries: 10, ttlMs: 60_000 }])("is made again for what retry does not take, with the cache %j", async (cache) => {
    // The row of a is there for the second look-up, that of b never.
    const rows: Record<string, readonly (string | undefined)[]> = { a: [undefined, "Ada"], b: [] };
    const asked: string[] = [];
    const retry = asyncRetry.fixedDelay<unknown>({ attempts: 2, delayMs: 100, ifResult: (found) => found === undefined });
    const lookup = async (key: Key): Promise<string | undefined> => {
      const before = asked.filter((one) => one === key).length;
      asked.push(key as string);
      return rows[key as string]?.[before];
    };
    const create = (): Operator<unknown, unknown> =>
      createAsyncOperator({
        fn: createLookupFunction({ keyOf: (value) => value as string, lookup, cache, retry }),
        ...{ ordered: true, capacity: 10, timeoutMs: 10_000, retry, codec: t.string() as never },
        finish: (value, found, out) => out.collect(`${value}=${found ?? "nobody"}`),
      });
    const harness = await createHarness<unknown, unknown>({ create, keyed: false });
    for (const key of ["a", "b"]) harness.element(key);
    await harness.settle();
    await harness.advance(100);
    expect(harness.values()).toEqual(["a=Ada", "b=nobody"]);
    expect(asked).toEqual(["a", "b", "a", "b"]);
    // What came of it is cached.
    for (const key of ["a", "b"]) harness.element(key);
    await harness.settle();
    expect(asked.length).toBe(cache === undefined ? 6 : 4);
  });

  it("is called off when nobody waits for it any more", async () => {
    const { calledOff, create } = lookups(undefined, 1_000);
    const harness = await create();
    harness.element("a");
    harness.element("a");
    await expect(harness.advance(60)).rejects.toThrow(expect.objectContaining({ code: "ASYNC_TIMEOUT" }));
    await harness.close();
    expect(calledOff).toEqual(["a"]);
  });
});

describe("a lookup cache", () => {
  it("holds what a list of the keys by their last use holds", () => {
    const step = fc.record({ key: fc.integer({ min: 0, max: 5 }), put: fc.boolean(), wait: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (all, maxEntries) => {
        const cache = new LookupCache<number>({ maxEntries, ttlMs: 8 });
        let model: { key: number; value: number; at: number }[] = [];
        let now = 0;
        for (const [index, { key, put, wait }] of all.entries()) {
          now += wait;
          const known = model.find((one) => one.key === key);
          model = model.filter((one) => one !== known);
          if (put) {
            cache.put(key, index, now);
            model = [...model, { key, value: index, at: now }].slice(-maxEntries);
          } else {
            const fresh = known !== undefined && now < known.at + 8 ? known : undefined;
            expect(cache.get(key, now)?.value).toBe(fresh?.value);
            if (fresh !== undefined) model.push(fresh);
          }
        }
      }),
    );
  });

  it("takes tuples by their values, and tells kinds of keys apart", () => {
    const cache = new LookupCache<string>({ maxEntries: 10, ttlMs: 10 });
    cache.put(["a", 1], "tuple", 0);
    cache.put("1", "text", 0);
    cache.put(1, "number", 0);
    expect([["a", 1], ["a", "1"], "1", 1, 1n].map((key) => cache.get(key as Key, 1)?.value)).toEqual([
      "tuple",
      undefined,
      "text",
      "number",
      undefined,
    ]);
  });

  it("refuses sizes that are none", () => {
    expect(() => checkCacheOptions({ maxEntries: 0, ttlMs: 1 })).toThrow(expect.objectContaining({ code: "ASYNC_OPTIONS" }));
    expect(() => checkCacheOptions({ maxEntries: 1, ttlMs: Number.POSITIVE_INFINITY })).toThrow(expect.objectContaining({ code: "ASYNC_OPTIONS" }));
  });
});
