import { describe, expect, expectTypeOf, it } from "vitest";
import { buildJob, type DataStream, defineJob, minutes, outputTag, seconds, t } from "../src/index.ts";
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
const late = outputTag<Order>("late");

describe("an interval join", () => {
  it("stands in the plan with its bounds, states and side outputs, and types both sides", () => {
    const job = defineJob("joins", (env) => {
      const orders = env.from(sourceOf<Order>(), { uid: "orders" }).keyBy((one) => one.id);
      const payments = env.from(sourceOf<Payment>(), { uid: "payments" }).keyBy((one) => one.order);
      const joined = orders.intervalJoin(payments).between(seconds(-5), minutes(10), { upperExclusive: true }).lateLeftTo(late);
      const paid = joined.leftOuter().select(
        (left, right) => {
          expectTypeOf(left).toEqualTypeOf<Order>();
          expectTypeOf(right).toEqualTypeOf<Payment | undefined>();
          return right === undefined ? 0 : left.amount;
        },
        { uid: "paid", left: order, right: payment },
      );
      expectTypeOf(paid).toEqualTypeOf<DataStream<number>>();
      paid.to(sinkOf(), { uid: "out" });
    });
    const node = buildJob(job).plan.nodes.find((one) => one.uid === "paid");
    expect(node).toMatchObject({
      kind: "intervalJoin",
      timers: ["event"],
      sideOutputs: ["late"],
      details: { join: "leftOuter", lowerMs: -5_000, upperMs: 599_999 },
      states: [{ name: "left" }, { name: "right" }],
    });
  });

  it("is refused when the interval is empty", () => {
    const job = defineJob("joins", (env) => {
      const orders = env.from(sourceOf<Order>(), { uid: "orders" }).keyBy((one) => one.id);
      orders.intervalJoin(orders).between(5, 5, { lowerExclusive: true });
    });
    expect(() => buildJob(job)).toThrow(expect.objectContaining({ code: "JOIN_INTERVAL" }));
  });
});
