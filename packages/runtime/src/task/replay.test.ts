import { WATERMARK_MIN } from "@millrace/core";
import { describe, expect, it } from "vitest";
import type { StreamElement } from "../channel/element.ts";
import { type OvertakenElements, Replay } from "./replay.ts";

const record = (value: string): StreamElement => ({ kind: "batch", values: [value], timestamps: [0], marks: [] });
const watermark = (time: number): StreamElement => ({ kind: "watermark", watermark: time });

function channel(sender: number, reached: number, elements: readonly StreamElement[], rest: Partial<OvertakenElements> = {}): OvertakenElements {
  return { place: { from: "a", output: "", input: 0, sender }, time: { watermark: reached, idle: false }, age: 0, elements, ...rest };
}

/** What happens when elements are taken, up to `limit` of them: records by their values, what leaves the valve as `>time` or `>status`. */
function taken(channels: readonly OvertakenElements[], limit = 1_000, reached = 10): { readonly events: readonly string[]; readonly replay: Replay } {
  const events: string[] = [];
  const target = { onWatermark: (time: number) => events.push(`>${time}`), onStatus: (status: string) => events.push(`>${status}`) };
  const replay = new Replay(channels, target, reached);
  for (let n = 0; n < limit; n++) {
    const again = replay.next();
    if (again === undefined) break;
    const { element } = again;
    if (element.kind === "batch") events.push(...(element.values as string[]));
    else if (element.kind === "end") replay.end();
    else if (element.kind !== "barrier") replay.mark(element);
  }
  return { events, replay };
}

describe("elements on their way again", () => {
  it("lets time go on between the records of one channel while others have told of later times, and hold nothing", () => {
    const { events } = taken([channel(0, 10, [record("a"), watermark(20), record("b")]), channel(1, 50, [])]);
    expect(events).toEqual(["a", ">20", "b"]);
  });

  it("keeps what one sender had dealt out between two watermarks between the two", () => {
    const one = channel(0, 10, [record("a"), watermark(20), record("c"), watermark(30)]);
    const other = channel(0, 10, [record("b"), watermark(20), watermark(30), record("d")]);
    expect(taken([one, other]).events).toEqual(["a", "b", ">20", "c", ">30", "d"]);
  });

  it("waits for channels that are behind, but not for idle ones", () => {
    expect(taken([channel(0, 10, [watermark(20)]), channel(1, 10, [])]).events).toEqual([]);
    const idle = channel(1, 10, [], { time: { watermark: 10, idle: true } });
    expect(taken([channel(0, 10, [watermark(20)]), idle]).events).toEqual([">20"]);
  });

  it("waits for channels that nothing had been read from, though event time had gone further", () => {
    const one = channel(0, WATERMARK_MIN, [record("a"), watermark(20)]);
    const other = channel(0, WATERMARK_MIN, [record("b"), watermark(20)]);
    expect(taken([one, other]).events).toEqual(["a", "b", ">20"]);
    expect(taken([channel(0, 10, [record("old")]), { ...one, age: 1 }, { ...other, age: 1 }], 1_000, 15).events).toEqual(["old", "a", "b", ">20"]);
    expect(taken([channel(0, WATERMARK_MIN, [watermark(5), watermark(12)])]).events).toEqual([">12"]);
  });

  it("takes the end of a channel for a time that holds nothing back, and leaves the end of all to the senders", () => {
    const ends = channel(1, 10, [{ kind: "end" }]);
    expect(taken([channel(0, 10, [watermark(20), record("a")]), ends]).events).toEqual([">20", "a"]);
    expect(taken([channel(0, 10, [{ kind: "end" }]), ends]).events).toEqual([]);
  });

  it("says that time goes on when all had fallen idle", () => {
    const idle: StreamElement = { kind: "status", status: "idle" };
    expect(taken([channel(0, 10, [idle])]).events).toEqual([">idle", ">active"]);
    const later = channel(0, 10, [record("a"), watermark(20)], { age: 1 });
    expect(taken([channel(0, 10, [idle]), later]).events).toEqual([">idle", ">active", "a", ">20"]);
  });

  it("brings elements of a smaller age first, whatever their times", () => {
    const old = channel(0, 90, [record("old")]);
    expect(taken([channel(0, 10, [record("new")], { age: 1 }), old]).events).toEqual(["old", "new"]);
  });

  it("goes on from what is left of it as if it had not been cut, at any place", () => {
    const channels = [
      channel(0, 10, [record("a"), watermark(20), record("c"), watermark(30), record("e")]),
      channel(1, 15, [record("b"), watermark(25), record("d"), watermark(40)]),
      channel(0, 10, [record("f"), watermark(50)], { age: 1 }),
      channel(1, 40, [record("g"), watermark(60)], { age: 1 }),
    ];
    const whole = taken(channels).events;
    for (let cut = 0; cut <= 13; cut++) {
      const { events, replay } = taken(channels, cut);
      expect([...events, ...taken(replay.rest(undefined), 1_000, replay.watermark).events]).toEqual(whole);
    }
  });
});
