import { Pattern, skipToFirst, validatePattern } from "@millrace/cep";
import { describe, expect, it } from "vitest";
import { type Event, lettered } from "./events.ts";

const start = Pattern.of<Event>();
const isA = (event: Event): boolean => event.letter === "a";

describe("a pattern is refused", () => {
  it.each<readonly [string, () => unknown, RegExp]>([
    ["two quantifiers", () => start.begin("a").times(2).oneOrMore(), /has a quantifier already/],
    ["no occurrence at all", () => start.begin("a").times(0), /can't occur 0 times/],
    ["a range that is upside down", () => start.begin("a").times(3, 2), /can't occur 3 to 2 times/],
    ["optional twice", () => start.begin("a").next("b").optional().optional(), /optional already/],
    ["optional after greedy", () => start.begin("a").oneOrMore().greedy().next("b").optional(), /after a greedy one/],
    ["greedy for a single event", () => start.begin("a").greedy(), /occurs once/],
    ["a greedy group", () => start.begin(start.begin("a").next("b")).oneOrMore().greedy(), /group can't be greedy/],
    ["greedy combinations", () => start.begin("a").oneOrMore().allowCombinations().greedy(), /greedy and allow combinations/],
    ["consecutive single events", () => start.begin("a").consecutive(), /occurs once/],
    ["consecutive combinations", () => start.begin("a").oneOrMore().consecutive().allowCombinations(), /consecutive already/],
    ["until without a loop", () => start.begin("a").until(isA), /does not loop/],
    ["until twice", () => start.begin("a").oneOrMore().until(isA).until(isA), /until condition already/],
    ["a quantifier on what must not come", () => start.begin("a").notNext("b").times(2), /must not come/],
    ["something forbidden after what is optional", () => start.begin("a").next("b").optional().notNext("c"), /is optional/],
    [
      "a condition on a group",
      () => (start.begin(start.begin("a")) as unknown as ReturnType<typeof start.begin>).where(isA as never),
      /no condition of its own/,
    ],
    ["no time", () => start.begin("a").within(0), /can't bound/],
    ["a fraction of a millisecond", () => start.begin("a").within(0.5), /can't bound/],
  ])("while it is built: %s", (_, build, message) => {
    expect(build).toThrow(expect.objectContaining({ code: "CEP_PATTERN", message: expect.stringMatching(message) }));
  });

  it.each<readonly [string, { readonly definition: Parameters<typeof validatePattern>[0] }, string, RegExp]>([
    ["one name twice", start.begin("a").next("a").within(9), "CEP_PATTERN", /two stages have the name "a"/],
    ["an empty name", start.begin("").within(9), "CEP_PATTERN", /empty name/],
    ["a skip to nowhere", start.begin("a", skipToFirst("b")).within(9), "CEP_PATTERN", /"b", which is no stage/],
    ["an end that must not follow, without a time", start.begin("a").notFollowedBy("b").where(isA), "CEP_PATTERN", /for how long/],
    ["a gap longer than the whole", start.begin("a").next("b").within(20, "previousAndCurrent").within(9), "CEP_PATTERN", /20 ms after/],
    ["a prohibition at the end of a group", start.begin(start.begin("a").notFollowedBy("b")).next("c").within(9), "CEP_PATTERN", /end of a group/],
    ["a loop over nothing", start.begin(start.begin("a").optional()).oneOrMore().within(9), "CEP_PATTERN", /can match nothing/],
    ["everything forbidden", start.begin("a").notNext("b").next("c").next("d").within(9), "CEP_PATTERN_NEVER", /"b" has no condition/],
    ["an endless wait", start.begin("a").followedBy("b").where(isA), "CEP_PATTERN_UNBOUNDED", /"b" may be waited for/],
    ["an endless loop", start.begin("a").where(isA).oneOrMore().consecutive(), "CEP_PATTERN_UNBOUNDED", /"a" may be repeated/],
  ])("when it is used: %s", (_, { definition }, code, message) => {
    expect(() => validatePattern(definition)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });
});

describe("a pattern is taken", () => {
  it.each<readonly [string, { readonly definition: Parameters<typeof validatePattern>[0] }]>([
    ["with a time for the whole", start.begin("a").followedBy("b").within(9)],
    ["of events at once after each other, without a time", start.begin("a").next("b").next("c").times(3).consecutive()],
    ["with a time between all events", start.begin("a").followedBy("b").within(9, "previousAndCurrent")],
    ["without a bound when that is said", start.begin("a").followedBy("b").unbounded()],
    ["of silence: an end that nothing may follow", start.begin("a").where(isA).notFollowedBy("b").within(9)],
    ["whose last event comes at once although all others are forbidden", start.begin("a").notFollowedBy("b").followedBy("c").within(9)],
  ])("%s", (_, { definition }) => {
    expect(() => validatePattern(definition)).not.toThrow();
  });

  it("and is frozen data that calls do not change", () => {
    const first = start.begin("a");
    const longer = first.next("b").where(isA).times(2);
    expect(first.definition.stages).toHaveLength(1);
    expect(Object.isFrozen(longer) && Object.isFrozen(longer.definition.stages) && Object.isFrozen(longer.definition.stages[1])).toBe(true);
    expect(lettered("ab")).toHaveLength(2);
  });
});
