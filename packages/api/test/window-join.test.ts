import { describe, expect, expectTypeOf, it } from "vitest";
import { buildJob, countTrigger, type DataStream, defineJob, globalWindow, minutes, outputTag, t, timeEvictor, tumbling } from "../src/index.ts";
import { sinkOf, sourceOf } from "./connectors.ts";

interface Order {
  readonly id: string;
  readonly amount: number;
}
interface Payment {
  readonly order: string;
}

const order = t.object({ id: t.string(), amount: t.number() });
const payment = t.object({ order: t.string() });
const late = outputTag<Payment>("late");
const codecs = { left: order, right: payment };

function nodeOf(build: (orders: DataStream<Order>, payments: DataStream<Payment>) => DataStream<unknown>) {
  const job = defineJob("joins", (env) => {
    const orders = env.from(sourceOf<Order>(), { uid: "orders" });
    build(orders, env.from(sourceOf<Payment>(), { uid: "payments" })).to(sinkOf(), { uid: "out" });
  });
  return buildJob(job).plan.nodes[2];
}

describe("a window join", () => {
  it("types keys, pairs and results, and stands in the plan with windows and late outputs", () => {
    const node = nodeOf((orders, payments) => {
      const on = orders.join(payments).where((one) => one.id, { key: t.string() });
      // @ts-expect-error keys of two kinds never meet
      on.equalTo(() => 7);
      const windows = on.equalTo((one) => one.order).window(tumbling(minutes(10)));
      const joined = windows
        .evictor(timeEvictor(minutes(1)))
        .allowedLateness(minutes(5))
        .lateRightTo(late)
        .apply(
          (left, right, { key, window }) => {
            expectTypeOf(left).toEqualTypeOf<Order>();
            expectTypeOf(right).toEqualTypeOf<Payment>();
            expectTypeOf(key).toEqualTypeOf<string>();
            return left.amount + window.start;
          },
          { uid: "joined", ...codecs },
        );
      expectTypeOf(joined).toEqualTypeOf<DataStream<number>>();
      return joined;
    });
    expect(node).toMatchObject({
      kind: "windowJoin",
      uid: "joined",
      inputs: [
        { input: 0, exchange: "hash" },
        { input: 1, exchange: "hash" },
      ],
      states: [{ name: "contents", kind: "list" }],
      timers: ["event"],
      sideOutputs: ["late"],
      details: { key: { kind: "string" }, assigner: { type: "tumbling" }, evictor: { type: "time" }, allowedLatenessMs: 300_000 },
    });
  });

  it("gives any number of results with flatApply", () => {
    nodeOf((orders, payments) => {
      const windows = orders
        .join(payments)
        .where((one) => one.id)
        .equalTo((one) => one.order)
        .window(tumbling(minutes(10)));
      const joined = windows.flatApply((left, right) => [left.id, right.order, left.amount], { uid: "joined", ...codecs });
      expectTypeOf(joined).toEqualTypeOf<DataStream<string | number>>();
      return joined;
    });
  });

  it("hands a coGroup both sides of a window", () => {
    const node = nodeOf((orders, payments) => {
      const grouped = orders
        .coGroup(payments)
        .where((one) => one.id)
        .equalTo((one) => one.order)
        .window(globalWindow())
        .trigger(countTrigger(3))
        .unbounded()
        .apply(
          (left, right) => {
            expectTypeOf(left).toEqualTypeOf<readonly Order[]>();
            expectTypeOf(right).toEqualTypeOf<readonly Payment[]>();
            return left.length > right.length;
          },
          { uid: "grouped", ...codecs },
        );
      expectTypeOf(grouped).toEqualTypeOf<DataStream<boolean>>();
      return grouped;
    });
    expect(node).toMatchObject({ kind: "coGroup", details: { assigner: { type: "global" }, trigger: { type: "count" }, unbounded: true } });
  });

  it("is refused when it would keep all records", () => {
    const build = () =>
      nodeOf((orders, payments) =>
        orders
          .join(payments)
          .where((one) => one.id)
          .equalTo((one) => one.order)
          .window(globalWindow())
          .trigger(countTrigger(3))
          .apply((left) => left.id, { uid: "joined", ...codecs }),
      );
    expect(build).toThrow(expect.objectContaining({ code: "JOIN_UNBOUNDED" }));
  });
});
