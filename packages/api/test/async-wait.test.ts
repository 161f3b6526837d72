import { describe, expect, expectTypeOf, it } from "vitest";
import { asyncRetry, buildJob, type DataStream, defineJob, minutes, outputTag, seconds, t } from "../src/index.ts";
import { sinkOf, sourceOf } from "./connectors.ts";

interface Order {
  readonly id: string;
  readonly customer: number;
}
interface Customer {
  readonly name: string;
}

const order = t.object({ id: t.string(), customer: t.number() });
const late = outputTag<Order>("late");
const find = async (id: number): Promise<Customer | undefined> => (id === 1 ? { name: "Ada" } : undefined);

describe("an asynchronous function", () => {
  it("stands in the plan with its limits, and types its results from what it returns", () => {
    const job = defineJob("ask", (env) => {
      const orders = env.from(sourceOf<Order>(), { uid: "orders" });
      const retry = asyncRetry.fixedDelay<{ readonly customer: Customer | undefined }>({
        attempts: 3,
        delayMs: 50,
        ifResult: ({ customer }) => customer === undefined,
      });
      const found = orders.unorderedWait(async (one) => ({ one, customer: await find(one.customer) }), {
        uid: "ask",
        timeoutMs: seconds(2),
        capacity: 7,
        retry,
        codec: order,
      });
      expectTypeOf(found).toEqualTypeOf<DataStream<{ one: Order; customer: Customer | undefined }>>();
      found.to(sinkOf(), { uid: "out" });
      const lengths = orders.orderedWait(
        { sideOutputs: [late], asyncInvoke: (one: Order) => one.id.length, timeout: (one, context) => context.output(late, one) },
        { uid: "lengths", timeoutMs: 5 },
      );
      expectTypeOf(lengths).toEqualTypeOf<DataStream<number>>();
      lengths.to(sinkOf(), { uid: "lengths-out" });
    });
    const { nodes } = buildJob(job).plan;
    expect(nodes.find(({ uid }) => uid === "ask")).toMatchObject({
      kind: "async",
      details: { wait: "unordered", capacity: 7, timeoutMs: 2_000, retry: { type: "fixedDelay", attempts: 3, delayMs: 50 } },
    });
    expect(nodes.find(({ uid }) => uid === "lengths")).toMatchObject({ sideOutputs: ["late"], details: { wait: "ordered", capacity: 100 } });
  });

  it("is refused with limits that are none", () => {
    const build = (options: { timeoutMs: number; capacity?: number }) => () =>
      buildJob(
        defineJob("ask", (env) => {
          env.from(sourceOf<Order>(), { uid: "orders" }).orderedWait(async (one) => one, { uid: "ask", ...options });
        }),
      );
    const refused = expect.objectContaining({ code: "ASYNC_OPTIONS", where: expect.objectContaining({ uid: "ask" }) });
    expect(build({ timeoutMs: 0 })).toThrow(refused);
    expect(build({ timeoutMs: 1.5 })).toThrow(refused);
    expect(build({ timeoutMs: 10, capacity: 0 })).toThrow(refused);
  });
});

describe("a lookup join", () => {
  it("stands in the plan with its cache, and types what is found", () => {
    const job = defineJob("look", (env) => {
      const joined = env.from(sourceOf<Order>(), { uid: "orders" }).lookupJoin((one) => one.customer, find);
      const options = { timeoutMs: 100, cache: { maxEntries: 10, ttlMs: minutes(1) } };
      const inner = joined.select((one, { name }) => `${one.id} ${name}`, { uid: "inner", ...options });
      const outer = joined.leftOuter().select(
        (one, customer) => {
          expectTypeOf(customer).toEqualTypeOf<Customer | undefined>();
          return one;
        },
        { uid: "outer", unordered: true, ...options },
      );
      expectTypeOf(inner).toEqualTypeOf<DataStream<string>>();
      inner.union(outer.map(({ id }) => id)).to(sinkOf(), { uid: "out" });
    });
    const { nodes } = buildJob(job).plan;
    expect(nodes.find(({ uid }) => uid === "inner")?.details).toMatchObject({
      join: "inner",
      wait: "ordered",
      cache: { maxEntries: 10, ttlMs: 60_000 },
    });
    expect(nodes.find(({ uid }) => uid === "outer")?.details).toMatchObject({ join: "leftOuter", wait: "unordered" });
  });
});
