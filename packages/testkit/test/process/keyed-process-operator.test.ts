import { t } from "@millrace/codec";
import { type KeyedProcessFunction, outputTag, state } from "@millrace/contracts";
import { MillraceError, NO_TIMESTAMP, WATERMARK_MAX } from "@millrace/core";
import { createKeyedProcessOperator } from "@millrace/operators";
import { createHeapBackend } from "@millrace/state";
import { describe, expect, it, onTestFinished } from "vitest";
import { createHarness, type OperatorHarness, steps } from "../../src/harness/index.ts";
import { verifyOperator } from "../../src/verify/index.ts";
import { localStores } from "../backends/local-stores.ts";

interface Click {
  readonly user: string;
  readonly page: string;
}

const declarations = { count: state.value(t.number()), pages: state.map(t.string(), t.number()) };
const closed = outputTag<string>("closed");
type Sessions = KeyedProcessFunction<string, Click, object, typeof declarations>;

/** Counts a user's clicks; ends the session 10 ms after the last of them, or after 100 ms of processing time. */
const sessions: Sessions = {
  state: declarations,
  sideOutputs: [closed],
  processElement(click, context, out) {
    const count = (context.state.count.value() ?? 0) + 1;
    context.state.count.update(count);
    context.state.pages.put(click.page, (context.state.pages.get(click.page) ?? 0) + 1);
    context.timers.registerEventTimeTimer((context.timestamp() ?? 0) + 10);
    context.timers.registerProcessingTimeTimer(context.currentProcessingTime() + 100);
    out.collect({ user: context.currentKey(), count });
  },
  onTimer(timestamp, context, out) {
    const count = context.state.count.value();
    if (count === undefined) return;
    out.collect({ user: context.currentKey(), timestamp, domain: context.timeDomain(), count, pages: [...context.state.pages.keys()].sort() });
    context.output(closed, context.currentKey());
    context.state.count.clear();
    context.state.pages.clear();
  },
};

const operatorOf = (fn: Sessions) => createKeyedProcessOperator(fn, (click) => click.user);
const open = (fn: Sessions): Promise<OperatorHarness<Click, object>> => createHarness({ create: () => operatorOf(fn), uid: "sessions" });

async function errorOf(fn: Sessions): Promise<MillraceError> {
  const harness = await open(fn);
  try {
    harness.element({ user: "ada", page: "/" }, 1);
  } catch (error) {
    expect(error).toBeInstanceOf(MillraceError);
    return error as MillraceError;
  }
  throw new Error("nothing was thrown");
}

describe("a keyed process function", () => {
  it("gives the same under every schedule, capacity and restart", async () => {
    const stores = await localStores();
    onTestFinished(stores.close);
    const outputs = await verifyOperator({
      create: () => operatorOf(sessions),
      backends: { heap: createHeapBackend, disk: stores.factory },
      steps: [
        steps.element({ user: "ada", page: "/" }, 1),
        steps.element({ user: "bob", page: "/a" }, 2),
        steps.element({ user: "ada", page: "/b" }, 5),
        steps.watermark(11),
        steps.element({ user: "bob", page: "/c" }, 12),
        steps.processingTime(50),
        steps.element({ user: "cleo", page: "/c" }),
        steps.processingTime(100),
        steps.processingTime(200),
        steps.watermark(WATERMARK_MAX),
      ],
    });
    expect(outputs.filter((output) => output.kind === "record").map((output) => output.value)).toMatchObject([
      { user: "ada", count: 1 },
      { user: "bob", count: 1 },
      { user: "ada", count: 2 },
      { user: "ada", timestamp: 11, domain: "event", count: 2, pages: ["/", "/b"] },
      { user: "bob", count: 2 },
      { user: "cleo", count: 1 },
      { user: "bob", timestamp: 100, domain: "processing", count: 2 },
      { user: "cleo", timestamp: 150, domain: "processing", count: 1 },
    ]);
  });

  it("emits with the time of the record or event timer; with none from a processing timer, but for its side outputs", async () => {
    const harness = await open(sessions);
    harness.element({ user: "ada", page: "/" }, 7);
    harness.setProcessingTime(100);
    harness.element({ user: "ada", page: "/" }, 20);
    harness.watermark(40);
    expect(harness.outputs.map((output) => ("timestamp" in output ? `${output.kind} ${output.timestamp}` : output.kind))).toEqual([
      "record 7",
      `record ${NO_TIMESTAMP}`,
      "side 100",
      "record 20",
      "record 17",
      "side 17",
      "watermark",
    ]);
  });

  it("fires timers that fires set for a time already reached, and those set before the first watermark", async () => {
    const times: number[] = [];
    const harness = await open({
      processElement: (_click, context) => context.timers.registerEventTimeTimer(context.currentWatermark() + 1),
      onTimer(timestamp, context) {
        times.push(timestamp);
        if (times.length < 3) context.timers.registerEventTimeTimer(times.length);
      },
    });
    harness.element({ user: "ada", page: "/" }, 1);
    harness.watermark(10);
    expect(times).toEqual([Number.NEGATIVE_INFINITY, 1, 2]);
    expect(harness.stateEmpty()).toBe(true);
  });

  it("keeps timers of keys, domains and times apart, and counts a timer set twice once", async () => {
    const fired: string[] = [];
    const harness = await open({
      processElement(_click, context) {
        context.timers.registerEventTimeTimer(5);
        context.timers.registerEventTimeTimer(5);
        context.timers.registerProcessingTimeTimer(5);
        context.timers.registerEventTimeTimer(6);
        context.timers.deleteEventTimeTimer(6);
      },
      onTimer: (timestamp, context) => {
        fired.push(`${context.currentKey()} ${context.timeDomain()} ${timestamp}`);
      },
    });
    harness.element({ user: "ada", page: "/" }, 1);
    harness.element({ user: "bob", page: "/" }, 1);
    expect(harness.timerCounts()).toEqual({ event: 2, processing: 2 });
    harness.watermark(10);
    harness.setProcessingTime(10);
    expect(fired.slice(0, 2).sort()).toEqual(["ada event 5", "bob event 5"]);
    expect(fired.slice(2).sort()).toEqual(["ada processing 5", "bob processing 5"]);
  });

  it("fires a timer at the end of time with the last watermark", async () => {
    const fired: number[] = [];
    const harness = await open({
      processElement: (_click, context) => context.timers.registerEventTimeTimer(WATERMARK_MAX),
      onTimer: (timestamp) => {
        fired.push(timestamp);
      },
    });
    harness.element({ user: "ada", page: "/" }, 1);
    harness.watermark(10);
    expect(fired).toEqual([]);
    harness.watermark(WATERMARK_MAX);
    expect(fired).toEqual([WATERMARK_MAX]);
  });

  it("wraps what user code throws, with uid and key, and keeps the cause", async () => {
    const cause = new TypeError("no such page");
    const error = await errorOf({
      processElement() {
        throw cause;
      },
    });
    expect(error).toMatchObject({ code: "USER_FUNCTION", cause, where: { uid: "sessions", subtask: 0, key: '"ada"' } });
    expect(error.message).toContain("no such page");
  });

  it("wraps what onTimer throws, with the timer's key", async () => {
    const harness = await open({
      processElement: (_click, context) => context.timers.registerEventTimeTimer(1),
      onTimer() {
        throw new Error("no time");
      },
    });
    harness.element({ user: "bob", page: "/" }, 1);
    expect(() => harness.watermark(2)).toThrow(expect.objectContaining({ code: "USER_FUNCTION", where: expect.objectContaining({ key: '"bob"' }) }));
  });

  it("keeps the code of errors of the engine, and adds the place", async () => {
    const error = await errorOf({ processElement: (_click, context) => context.timers.registerEventTimeTimer(0.5) });
    expect(error).toMatchObject({ code: "TIME_TIMESTAMP", where: { uid: "sessions", key: '"ada"' } });
  });

  it("refuses a side output that is not declared", async () => {
    const error = await errorOf({ processElement: (_click, context) => context.output(closed, "x") });
    expect(error).toMatchObject({ code: "SIDE_OUTPUT_UNDECLARED", where: { uid: "sessions" } });
    expect(error.hint).toContain("sideOutputs");
  });

  it("refuses keys that are none", async () => {
    const harness = await createHarness({
      create: () => createKeyedProcessOperator<string, Click, object>({ processElement() {} }, () => ({}) as string),
    });
    expect(() => harness.element({ user: "ada", page: "/" })).toThrow(expect.objectContaining({ code: "STATE_KEY" }));
  });

  it("opens and closes the function once, also for one that waits", async () => {
    const calls: string[] = [];
    const harness = await open({
      async open(info) {
        await Promise.resolve();
        calls.push(`open ${info.subtask}/${info.parallelism}`);
      },
      processElement: () => {
        calls.push("record");
      },
      close: () => {
        calls.push("close");
      },
    });
    harness.element({ user: "ada", page: "/" });
    await harness.close();
    expect(calls).toEqual(["open 0/1", "record", "close"]);
  });
});
