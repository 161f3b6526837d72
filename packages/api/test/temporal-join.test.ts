import { describe, expect, expectTypeOf, it } from "vitest";
import { buildJob, type DataStream, days, defineJob, outputTag, type TemporalJoin, t } from "../src/index.ts";
import { sinkOf, sourceOf } from "./connectors.ts";

interface Order {
  readonly currency: string;
  readonly amount: number;
}
interface Rate {
  readonly currency: string;
  readonly euros: number | null;
}

const order = t.object({ currency: t.string(), amount: t.number() });
const rate = t.object({ currency: t.string(), euros: t.nullable(t.number()) });
const late = outputTag<Rate>("late-rates");

function nodeOf(build: (join: TemporalJoin<Order, Rate, Rate, string>) => DataStream<unknown>) {
  const job = defineJob("rates", (env) => {
    const orders = env.from(sourceOf<Order>(), { uid: "orders" }).keyBy((one) => one.currency);
    build(orders.temporalJoin(env.from(sourceOf<Rate>(), { uid: "rates" }).keyBy((one) => one.currency))).to(sinkOf(), { uid: "out" });
  });
  return buildJob(job).plan.nodes[2];
}

describe("a temporal join", () => {
  it("types records and versions, and stands in the plan with its validity", () => {
    const node = nodeOf((join) => {
      const converted = join
        .validFor(days(30))
        .deletedWhen((one) => one.euros === null)
        .lateVersionsTo(late)
        .leftOuter()
        .select(
          (left, version) => {
            expectTypeOf(left).toEqualTypeOf<Order>();
            expectTypeOf(version).toEqualTypeOf<Rate | undefined>();
            return left.amount * (version?.euros ?? 0);
          },
          { uid: "converted", left: order, version: rate },
        );
      expectTypeOf(converted).toEqualTypeOf<DataStream<number>>();
      return converted;
    });
    expect(node).toMatchObject({
      kind: "temporalJoin",
      states: [{ name: "left" }, { name: "versions", kind: "map" }, { name: "inForce", kind: "value" }],
      timers: ["event"],
      sideOutputs: ["late-rates"],
      details: { join: "leftOuter", validForMs: days(30), deletions: true },
    });
  });

  it("gives a version for certain when it is not outer", () => {
    const node = nodeOf((join) =>
      join.unbounded().select((_left, version) => expectTypeOf(version).toEqualTypeOf<Rate>(), { uid: "converted", left: order, version: rate }),
    );
    expect(node?.details).toMatchObject({ join: "inner", unbounded: true });
  });

  it("is refused without a bound, unless that is asked for", () => {
    const select = (join: TemporalJoin<Order, Rate, Rate, string>) =>
      join.select((left) => left.amount, { uid: "converted", left: order, version: rate });
    expect(() => nodeOf(select)).toThrow(expect.objectContaining({ code: "JOIN_UNBOUNDED" }));
    expect(() => nodeOf((join) => select(join.validFor(-1)))).toThrow(expect.objectContaining({ code: "JOIN_VALIDITY" }));
    expect(() => nodeOf((join) => select(join.validFor(Number.NaN)))).toThrow(expect.objectContaining({ code: "JOIN_VALIDITY" }));
  });
});
