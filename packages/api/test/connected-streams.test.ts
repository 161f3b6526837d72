import { describe, expect, expectTypeOf, it } from "vitest";
import { buildJob, type Collector, type DataStream, defineJob } from "../src/index.ts";
import { sinkOf, sourceOf } from "./connectors.ts";

interface Order {
  readonly id: string;
  readonly amount: number;
}
interface Rate {
  readonly currency: string;
  readonly rate: number;
}

describe("connected streams", () => {
  it("are mapped by one function each, keyed or not, into one typed stream", () => {
    const job = defineJob("connected", (env) => {
      const orders = env.from(sourceOf<Order>(), { uid: "orders" });
      const rates = env.from(sourceOf<Rate>(), { uid: "rates" });
      const mapped = orders.connect(rates).map(
        (order) => order.amount,
        (rate) => rate.currency,
      );
      expectTypeOf(mapped).toEqualTypeOf<DataStream<number | string>>();
      const flattened = orders
        .keyBy((order) => order.id)
        .connect(rates.keyBy((rate) => rate.currency))
        .flatMap(
          (order) => [order],
          function* (rate) {
            yield rate.rate;
          },
          { name: "both" },
        );
      expectTypeOf(flattened).toEqualTypeOf<DataStream<Order | number>>();
      const processed = orders.connect(rates).process({
        processElement1(order, _context, out: Collector<string>) {
          expectTypeOf(order).toEqualTypeOf<Order>();
          out.collect(order.id);
        },
        processElement2(rate, context) {
          expectTypeOf(rate).toEqualTypeOf<Rate>();
          context.currentWatermark();
        },
      });
      expectTypeOf(processed).toEqualTypeOf<DataStream<string>>();
      mapped.union(flattened, processed).to(sinkOf(), { uid: "out" });
    });
    const { plan, bodies } = buildJob(job);
    expect(plan.nodes.slice(2, 5)).toMatchObject([
      {
        kind: "coMap",
        uid: "orders+rates/coMap",
        inputs: [
          { from: 0, input: 0, exchange: "forward" },
          { from: 1, input: 1, exchange: "forward" },
        ],
      },
      { kind: "coFlatMap", name: "both", states: [], inputs: [{ exchange: "hash" }, { exchange: "hash" }] },
      { kind: "process", inputs: [{ input: 0 }, { input: 1 }] },
    ]);
    expect(bodies[3]).toMatchObject({ kind: "operator", keyedState: "none" });
  });
});
