import { describe, expect, expectTypeOf, it } from "vitest";
import {
  buildJob,
  type Collector,
  type DataStream,
  defineJob,
  type MapState,
  outputTag,
  type ReadOnlyMapState,
  state,
  t,
  type ValueState,
} from "../src/index.ts";
import { sinkOf, sourceOf } from "./connectors.ts";

interface Payment {
  readonly card: string;
  readonly cents: number;
}
interface Limit {
  readonly country: string;
  readonly cents: number;
}
const refused = outputTag<Payment>("refused");

describe("a stream beside a broadcast one", () => {
  it("types both contexts, and stands in the plan with its broadcast state", () => {
    const job = defineJob("limits", (env) => {
      const payments = env.from(sourceOf<Payment>(), { uid: "payments" });
      const limits = env.from(sourceOf<Limit>(), { uid: "limits" }).broadcast({ limits: state.map(t.string(), t.integer()) });
      const plain = payments.connect(limits).process(
        {
          processElement(payment, { broadcastState }, out: Collector<number>) {
            expectTypeOf(payment).toEqualTypeOf<Payment>();
            expectTypeOf(broadcastState.limits).toEqualTypeOf<ReadOnlyMapState<string, number>>();
            // @ts-expect-error elements of one subtask must not change what all subtasks hold
            broadcastState.limits.put("fr", 7);
            out.collect(payment.cents);
          },
          processBroadcastElement(limit, { broadcastState }) {
            expectTypeOf(limit).toEqualTypeOf<Limit>();
            expectTypeOf(broadcastState.limits).toEqualTypeOf<MapState<string, number>>();
          },
        },
        { uid: "plain" },
      );
      expectTypeOf(plain).toEqualTypeOf<DataStream<number>>();
      const keyed = payments
        .keyBy((payment) => payment.card)
        .connect(limits)
        .process(
          {
            state: { spent: state.value(t.integer(), { ttlMs: 5 }) },
            sideOutputs: [refused],
            processElement(payment, context, out: Collector<string>) {
              expectTypeOf(context.currentKey()).toEqualTypeOf<string>();
              expectTypeOf(context.state.spent).toEqualTypeOf<ValueState<number>>();
              context.output(refused, payment);
              out.collect(context.currentKey());
            },
            processBroadcastElement(_limit, context) {
              context.applyToKeyedState("spent", (card, spent) => {
                expectTypeOf(card).toEqualTypeOf<string>();
                expectTypeOf(spent).toEqualTypeOf<ValueState<number>>();
              });
              // @ts-expect-error no state of that name
              context.applyToKeyedState("other", () => {});
            },
            onTimer(_time, context) {
              expectTypeOf(context.broadcastState.limits).toEqualTypeOf<ReadOnlyMapState<string, number>>();
            },
          },
          { uid: "keyed" },
        );
      expectTypeOf(keyed).toEqualTypeOf<DataStream<string>>();
      plain.union(keyed).to(sinkOf(), { uid: "out" });
    });
    const { plan } = buildJob(job);
    expect(plan.nodes.slice(2, 4)).toMatchObject([
      {
        kind: "broadcastProcess",
        states: [],
        broadcastStates: [{ name: "limits", kind: "map" }],
        inputs: [{ exchange: "forward" }, { input: 1, exchange: "broadcast" }],
      },
      {
        kind: "keyedBroadcastProcess",
        states: [{ name: "spent", ttlMs: 5 }],
        broadcastStates: [{ name: "limits" }],
        timers: ["event", "processing"],
        sideOutputs: ["refused"],
        inputs: [{ exchange: "hash" }, { input: 1, exchange: "broadcast" }],
      },
    ]);
  });

  it("is refused with broadcast state that would be forgotten, or a name that keyed state has", () => {
    const build = (limits: ReturnType<typeof state.map<string, number>>) =>
      buildJob(
        defineJob("limits", (env) => {
          const payments = env.from(sourceOf<Payment>(), { uid: "payments" });
          const broadcast = env.from(sourceOf<Limit>(), { uid: "limits" }).broadcast({ limits });
          payments
            .keyBy((payment) => payment.card)
            .connect(broadcast)
            .process(
              {
                state: { limits: state.value(t.integer()) },
                processElement(_payment, _context, _out: Collector<string>) {},
                processBroadcastElement() {},
              },
              { uid: "keyed" },
            )
            .to(sinkOf(), { uid: "out" });
        }),
      );
    expect(() => build(state.map(t.string(), t.integer(), { ttlMs: 5 }))).toThrow(expect.objectContaining({ code: "PLAN_BROADCAST_STATE" }));
    expect(() => build(state.map(t.string(), t.integer()))).toThrow(expect.objectContaining({ code: "PLAN_STATE_DUPLICATE" }));
  });
});
