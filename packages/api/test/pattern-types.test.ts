import { describe, expectTypeOf, it } from "vitest";
import {
  type Codec,
  type DataStream,
  defineJob,
  type MatchOf,
  type OutputTag,
  outputTag,
  type PartialMatchOf,
  Pattern,
  seconds,
  t,
} from "../src/index.ts";
import { sourceOf } from "./connectors.ts";

interface Login {
  readonly type: "login";
  readonly user: string;
  readonly ok: boolean;
}
interface Purchase {
  readonly type: "purchase";
  readonly user: string;
  readonly amount: number;
}
type Event = Login | Purchase;

const eventCodec = t.any() as Codec<Event>;
const isPurchase = (event: Event): event is Purchase => event.type === "purchase";

describe("the types of a pattern", () => {
  it("give each name its events, narrowed by the conditions", () => {
    const pattern = Pattern.of<Event>()
      .begin("login")
      .where((event) => event.type === "login")
      .followedBy("purchases")
      .where(isPurchase)
      .oneOrMore()
      .followedBy("any")
      .optional();
    expectTypeOf<MatchOf<typeof pattern>>().toEqualTypeOf<{
      readonly login: readonly [Login, ...Login[]];
      readonly purchases: readonly [Purchase, ...Purchase[]];
      readonly any: readonly Event[];
    }>();
  });

  it("let conditions see the events so far, by name", () => {
    Pattern.of<Event>()
      .begin("first")
      .where(isPurchase)
      .next("larger")
      .where((event, context) => {
        expectTypeOf(context.events("first")).toEqualTypeOf<readonly Purchase[]>();
        // @ts-expect-error: there is no such name yet
        context.events("last");
        return isPurchase(event) && event.amount > (context.events("first")[0]?.amount ?? 0);
      });
  });

  it("widen by or, and leave out what must not come", () => {
    const pattern = Pattern.of<Event>()
      .begin("either")
      .where((event): event is Login => event.type === "login")
      .or(isPurchase)
      .notFollowedBy("nothing")
      .within(seconds(10));
    expectTypeOf<MatchOf<typeof pattern>>().toEqualTypeOf<{ readonly either: readonly [Event, ...Event[]] }>();
  });

  it("take in the names of groups; those of an optional one may be empty", () => {
    const group = Pattern.of<Event>().begin("a").where(isPurchase).followedBy("b");
    const pattern = Pattern.of<Event>().begin("start").next(group).optional().within(1000);
    expectTypeOf<MatchOf<typeof pattern>>().toEqualTypeOf<{
      readonly start: readonly [Event, ...Event[]];
      readonly a: readonly Purchase[];
      readonly b: readonly Event[];
    }>();
    const zeroOrMore = Pattern.of<Event>().begin("few").times(0, 3).next("end");
    expectTypeOf<MatchOf<typeof zeroOrMore>["few"]>().toEqualTypeOf<readonly Event[]>();
    const read = 2 as number;
    const maybeNone = Pattern.of<Event>().begin("few").times(read, 3).next("end").times(read);
    expectTypeOf<MatchOf<typeof maybeNone>["few"]>().toEqualTypeOf<readonly Event[]>();
    expectTypeOf<MatchOf<typeof maybeNone>["end"]>().toEqualTypeOf<readonly [Event, ...Event[]]>();
  });

  it("flow from the stream to the results", () => {
    defineJob("types", (env) => {
      const keyed = env.from(sourceOf<Event>(), { uid: "in" }).keyBy((event) => event.user);
      const matches = keyed.pattern((start) => start.begin("paid").where(isPurchase).times(2).within(seconds(10)));
      const timedOut = outputTag<{ readonly paid: readonly Purchase[] }>("timed-out");
      const totals = matches.timedOutTo(timedOut).select(({ paid: [first, ...rest] }) => rest.reduce((sum, one) => sum + one.amount, first.amount), {
        uid: "paid",
        codec: eventCodec,
      });
      expectTypeOf(totals).toEqualTypeOf<DataStream<number>>();
      expectTypeOf<PartialMatchOf<{ readonly paid: readonly [Purchase, ...Purchase[]] }>>().toEqualTypeOf<{ readonly paid: readonly Purchase[] }>();
      const other: OutputTag<number> = outputTag("other");
      // @ts-expect-error: the tag takes numbers
      matches.timedOutTo(other);
      // @ts-expect-error: a pattern over other records
      keyed.pattern(Pattern.of<{ readonly price: number }>().begin("a").within(1));
    });
  });
});
