import { type ConditionContext, cepStates, compilePattern, Pattern, skipPastLastEvent } from "@millrace/cep";
import type { KeyedStateBackend } from "@millrace/contracts";
import { createHeapBackend } from "@millrace/state";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createHarness, type HarnessStep, steps } from "../../src/harness/index.ts";
import { verifyOperator } from "../../src/verify/index.ts";
import { localStores } from "../backends/local-stores.ts";
import { create, type Event, eventCodec, lettered, type specOf, stepsOf, texts } from "./events.ts";

const of = (letter: string) => (event: Event) => event.letter === letter;
const failures = Pattern.of<Event>().begin("failure").where(of("f")).times(3).within(10);
const abandoned = Pattern.of<Event>().begin("cart").where(of("c")).notFollowedBy("purchase").where(of("p")).within(10);
const rising = Pattern.of<Event>()
  .begin("small", skipPastLastEvent())
  .where((event) => event.value < 10)
  .oneOrMore()
  .followedBy("large")
  .where((event, context) => event.value > 5 * context.events("small").reduce((sum, one) => sum + one.value, 1))
  .within(30);

/** Two keys in turn, out of order within what the watermarks allow. */
function mixed(count: number): HarnessStep[] {
  const all: HarnessStep[] = [];
  for (let id = 0; id < count; id++) {
    const at = id - ((id * 7) % 4);
    all.push(steps.element({ key: id % 3 === 0 ? "x" : "y", letter: "fcp"[(id * 5) % 3] ?? "f", value: (id * id) % 97, id, at }, at));
    if (id % 5 === 4) all.push(steps.watermark(id - 4));
  }
  return [...all, steps.watermark(Number.POSITIVE_INFINITY)];
}

describe("the operator of a pattern", () => {
  let stores: Awaited<ReturnType<typeof localStores>>;
  beforeAll(async () => {
    stores = await localStores();
  });
  afterAll(() => stores.close());

  it.each([
    ["a count of events", failures, 5],
    ["something that must not follow", abandoned, 1],
    ["a loop with an iterative condition", rising, 5],
  ])("gives the same under every condition of the runtime: %s", { timeout: 180_000 }, async (_, pattern, found) => {
    const outputs = await verifyOperator({
      create: create(pattern),
      steps: mixed(40),
      backends: { heap: createHeapBackend, level: stores.factory },
      positionsMax: 40,
    });
    expect(texts(outputs).length).toBeGreaterThanOrEqual(found);
  });

  it.each(["__proto__", "constructor"])("shows a condition no events of a stage that can have none, named %s", async (name) => {
    const first = (event: Event, context: ConditionContext): boolean => event.letter === "a" && context.events(name).length === 0;
    const pattern = Pattern.of<Event>().begin("a").where(first).notFollowedBy(name).where(of("b")).followedBy("c").where(of("c")).within(10);
    const event = (id: number, letter: string, at: number): HarnessStep => steps.element({ key: "k", letter, value: 1, id, at }, at);
    expect(texts(await verifyOperator({ create: create(pattern), steps: [event(0, "a", 1), event(1, "c", 2), steps.watermark(20)] }))).toEqual([
      "2 k a=0 c=1",
    ]);
  });

  it("takes events in the order of their time, then of the comparator, then of their coming", async () => {
    const pattern = Pattern.of<Event>().begin("a").where(of("a")).next("b").where(of("b")).within(10);
    const event = (id: number, letter: string, value: number, at: number): HarnessStep => steps.element({ key: "k", letter, value, id, at }, at);
    const list = [event(0, "b", 1, 4), event(1, "a", 2, 3), event(2, "b", 9, 5), event(3, "a", 8, 5), steps.watermark(20)];
    expect(texts(await verifyOperator({ create: create(pattern), steps: list }))).toEqual(["4 k a=1 b=0", "15 timed-out k a=3"]);
    const byValue = (a: unknown, b: unknown): number => (a as Event).value - (b as Event).value;
    expect(texts(await verifyOperator({ create: create(pattern, { comparator: byValue }), steps: list }))).toEqual(["4 k a=1 b=0", "5 k a=3 b=2"]);
  });

  it("sends late events to their side output, or counts them", async () => {
    const list = [steps.watermark(5), steps.element(lettered("f")[0] as Event, 5), steps.element({ ...(lettered("f")[0] as Event), letter: "x" }, 3)];
    expect(texts(await verifyOperator({ create: create(failures), steps: list }))).toEqual(["5 late event", "3 late event"]);
    const harness = await createHarness({ create: create(failures, { lateOutput: undefined }) });
    for (const step of list) harness.run(step);
    expect([harness.metrics.lateDropped, harness.metrics.lateSide]).toEqual([2, 0]);
  });

  it("takes whatever a condition of plain JavaScript returns for true or false", async () => {
    const valued = ((event: Event) => event.value) as unknown as (event: Event) => boolean;
    const pattern = Pattern.of<Event>().begin("a").where(valued).followedBy("b").where(valued).within(10);
    const event = (id: number, value: number): HarnessStep => steps.element({ key: "k", letter: "a", value, id, at: id }, id);
    const list = [event(1, 7), event(2, 0), event(3, 8), steps.watermark(4)];
    expect(texts(await verifyOperator({ create: create(pattern), steps: list }))).toEqual(["3 k a=1 b=3"]);
  });

  it("lets a condition take what it calls out of its context", async () => {
    const pattern = Pattern.of<Event>()
      .begin("a")
      .where(of("a"))
      .next("b")
      .where(
        (event, { events, timestamp, currentProcessingTime }) => timestamp() === event.at + 0 * currentProcessingTime() && events("a").length === 1,
      )
      .within(10);
    const event = (id: number, letter: string, at: number): HarnessStep => steps.element({ key: "k", letter, value: 0, id, at }, at);
    const list = [event(0, "a", 3), event(1, "b", 4), steps.watermark(20)];
    expect(texts(await verifyOperator({ create: create(pattern), steps: list }))).toEqual(["4 k a=0 b=1"]);
  });

  it("runs by the clock in processing time", async () => {
    const list = [
      steps.processingTime(100),
      ...stepsOf(lettered("fff")),
      steps.processingTime(104),
      ...stepsOf(lettered("f")),
      steps.processingTime(200),
    ];
    const outputs = await verifyOperator({ create: create(failures, { time: "processing" }), steps: list, clockStart: 100 });
    expect(texts(outputs)).toEqual([
      "-Infinity k failure=0,1,2",
      "-Infinity k failure=1,2,0",
      ...["k failure=1,2,0", "k failure=2,0", "k failure=0"].slice(1).map((text) => `-Infinity timed-out ${text}`),
    ]);
  });

  it.each([
    ["event", [steps.watermark(101)], [steps.watermark(112), steps.watermark(119), steps.watermark(120)]],
    ["processing", [], [steps.processingTime(112), steps.processingTime(120), steps.processingTime(121)]],
  ] as const)("ends partial matches by the time that the pattern has after a restore, in %s time", async (time, before, after) => {
    const within = (ms: number) => create(Pattern.of<Event>().begin("a").where(of("a")).followedBy("b").where(of("b")).within(ms), { time });
    let current = within(10);
    const harness = await createHarness<unknown, unknown>({ create: () => current(), clockStart: 100 });
    for (const step of [steps.element({ key: "k", letter: "a", value: 0, id: 0, at: 100 }, 100), ...before]) harness.run(step);
    current = within(20);
    await harness.restart();
    const ended = after.map((step) => {
      harness.run(step);
      return texts(harness.outputs).length;
    });
    expect(ended).toEqual([0, 0, 1]);
    expect(harness.stateEmpty()).toBe(true);
  });

  it("names key and node when a condition throws", async () => {
    const throwing = Pattern.of<Event>()
      .begin("a")
      .where((event, _context) => event.letter.length / 0 === event.value || nothing())
      .within(5);
    const nothing = (): boolean => {
      throw new Error("broken");
    };
    const harness = await createHarness({ create: create(throwing), uid: "rule" });
    harness.element({ ...(lettered("a")[0] as Event), value: 7 }, 0);
    expect(() => harness.watermark(1)).toThrow(expect.objectContaining({ code: "USER_FUNCTION", where: { uid: "rule", subtask: 0, key: '"k"' } }));
  });
});

describe("the state of a pattern", () => {
  async function backendOf(pattern: Parameters<typeof specOf>[0]) {
    let backend: KeyedStateBackend | undefined;
    const harness = await createHarness({
      create: create(pattern),
      backend: (options) => {
        backend = createHeapBackend(options);
        return backend;
      },
    });
    return { harness, backend: backend as KeyedStateBackend };
  }

  it("is bounded by within, however long the stream", async () => {
    const { harness, backend } = await backendOf(rising);
    let most = 0;
    for (let id = 0; id < 4_000; id++) {
      harness.element({ key: `k${id % 5}`, letter: "x", value: 1 + ((id * 13) % 40), id, at: id }, id);
      if (id % 20 === 19) harness.watermark(id - 10);
      if (id % 100 === 99) most = Math.max(most, backend.usage.entries);
      if (id === 1_000) expect(most).toBeGreaterThan(0);
    }
    const inFirstThousand = most;
    expect(most).toBeLessThan(200);
    expect(most).toBe(inFirstThousand);
    harness.watermark(10_000);
    expect(harness.stateEmpty()).toBe(true);
  });

  it("goes into checkpoints by what changed, not by how much there is", async () => {
    const waiting = Pattern.of<Event>().begin("a").where(of("a")).followedBy("b").where(of("b")).within(1_000_000);
    const { harness, backend } = await backendOf(waiting);
    let checkpoints = 0;
    const delta = async (): Promise<{ readonly bytes: number; readonly records: number }> => {
      const id = ++checkpoints;
      backend.freeze(id, false);
      while (!backend.encodeSlice(Number.POSITIVE_INFINITY));
      const { chunks, records } = backend.takeDelta();
      let bytes = 0;
      for await (const chunk of chunks) bytes += chunk.length;
      await backend.complete(id);
      return { bytes, records };
    };
    const arrives = (key: string, letter: string, id: number): void => {
      harness.element({ key, letter, value: 2 ** 40, id, at: id }, id);
      harness.watermark(id);
    };
    for (let id = 0; id < 500; id++) arrives("k", "a", id);
    const all = await delta();
    arrives("k", "x", 500);
    expect((await delta()).records).toBe(0);
    arrives("other", "a", 501);
    expect((await delta()).bytes).toBeLessThan(all.bytes / 20);
    // The list of the key's partial matches, a page of its events and a page of its entries; not its 500 events.
    arrives("k", "a", 502);
    const again = await delta();
    expect(again.records).toBeLessThan(6);
    expect(again.bytes).toBeLessThan(all.bytes * 0.6);
  });

  it("is of another type under another pattern, and the same when only times and skips change", () => {
    const typeOf = (pattern: typeof failures | typeof abandoned): string | undefined =>
      cepStates(compilePattern(pattern.definition), eventCodec as never).matches?.codec.fingerprint;
    const four = Pattern.of<Event>().begin("failure").where(of("f")).times(4).within(10);
    const longer = Pattern.of<Event>().begin("failure", skipPastLastEvent()).where(of("f")).times(3).within(99);
    expect(typeOf(four)).not.toBe(typeOf(failures));
    expect(typeOf(abandoned)).not.toBe(typeOf(failures));
    expect(typeOf(longer)).toBe(typeOf(failures));
  });
});
