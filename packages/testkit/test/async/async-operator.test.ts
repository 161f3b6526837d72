import { t } from "@millrace/codec";
import { type AsyncContext, type AsyncFunction, outputTag } from "@millrace/contracts";
import { WATERMARK_MAX } from "@millrace/core";
import { type AsyncSpec, asyncRetry, createAsyncOperator } from "@millrace/operators";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createHarness, type HarnessOptions, type HarnessOutput, type HarnessStep, type HarnessTime, steps } from "../../src/harness/index.ts";
import { verifyOperator } from "../../src/verify/index.ts";

/** A record whose answer is ready at a time, whenever it is asked for. */
interface Question {
  readonly id: number;
  readonly readyAt: number;
}

const answer: (time: HarnessTime) => AsyncFunction<Question, string> = (time) => ({
  asyncInvoke: ({ id, readyAt }) =>
    readyAt <= time.now() ? `now ${id}` : new Promise((resolve) => time.after(readyAt - time.now(), () => resolve(`then ${id}`))),
});

/** The id alone: whether an answer was ready at once depends on restarts. */
const idOf = (text: unknown): number => Number(String(text).split(" ")[1]);

function operatorOf(fn: AsyncFunction<never, unknown>, options: Partial<AsyncSpec> = {}) {
  return createAsyncOperator({
    fn: fn as AsyncFunction<unknown, unknown>,
    ordered: true,
    capacity: 100,
    timeoutMs: 1_000,
    retry: undefined,
    codec: t.any(),
    ...options,
  });
}

const ids = (fn: AsyncFunction<Question, string>): AsyncFunction<Question, number> => ({
  asyncInvoke: (value, context) => {
    const result = fn.asyncInvoke(value, context);
    return typeof result === "string" ? idOf(result) : result.then(idOf);
  },
});

function harnessOf(create: HarnessOptions<unknown, unknown, never>["create"], options: Partial<HarnessOptions<unknown, unknown, never>> = {}) {
  return createHarness({ create, keyed: false, uid: "ask", ...options });
}

function shown(outputs: readonly HarnessOutput<unknown>[]): unknown[] {
  return outputs.map((output) => (output.kind === "record" ? output.value : output.kind === "watermark" ? `W${output.watermark}` : output.kind));
}

describe.each([
  ["ordered", true],
  ["unordered", false],
] as const)("an %s wait", (_, ordered) => {
  it("gives the same under every condition of the runtime", { timeout: 180_000 }, async () => {
    const list: HarnessStep[] = [];
    for (let id = 0; id < 14; id++) {
      list.push(steps.element({ id, readyAt: (id * 7) % 23 }, id));
      if (id % 4 === 3) list.push(steps.watermark(id - 1));
      if (id === 6) list.push(steps.status("idle"), steps.status("active"));
      if (id % 5 === 2) list.push(steps.processingTime(id));
    }
    list.push(steps.endInput(), steps.watermark(WATERMARK_MAX), steps.processingTime(15), steps.processingTime(30));
    const outputs = await verifyOperator({
      create: (time) => operatorOf(ids(answer(time)), { ordered, capacity: 4 }),
      steps: list,
      keyed: false,
      positionsMax: 60,
    });
    expect(
      shown(outputs)
        .filter((one) => typeof one === "number")
        .sort((a, b) => Number(a) - Number(b)),
    ).toEqual(list.slice(0, 14).map((_one, id) => id));
    expect(shown(outputs).at(-1)).toBe(`W${WATERMARK_MAX}`);
    if (ordered) expect(shown(outputs).slice(0, 9)).toEqual([0, 1, 2, 3, "W2", 4, 5, 6, "status"]);
  });

  it("emits every answer once, between the watermarks its record came between, through any restarts", async () => {
    const event = fc.oneof(
      { weight: 4, arbitrary: fc.record({ kind: fc.constant("ask" as const), takes: fc.nat(20) }) },
      { weight: 1, arbitrary: fc.constant({ kind: "watermark" as const }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(15) }) },
      { weight: 1, arbitrary: fc.constant({ kind: "restart" as const }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 40 }), fc.integer({ min: 1, max: 5 }), async (events, capacity) => {
        let calls = 0;
        let most = 0;
        const create = (time: HarnessTime) => {
          calls = 0;
          const fn = answer(time);
          const counted = ids({
            asyncInvoke: (value, context) => {
              const result = fn.asyncInvoke(value, context);
              if (typeof result === "string") return result;
              most = Math.max(most, ++calls);
              return result.finally(() => calls--);
            },
          });
          return operatorOf(counted, { ordered, capacity });
        };
        const harness = await harnessOf(create);
        let now = 0;
        const groups: number[][] = [[]];
        for (const [id, one] of events.entries()) {
          if (one.kind === "ask") {
            harness.element({ id, readyAt: now + one.takes }, id);
            groups.at(-1)?.push(id);
          } else if (one.kind === "watermark") {
            harness.watermark(id);
            groups.push([]);
          } else if (one.kind === "wait") {
            await harness.advance(one.ms);
            now += one.ms;
          } else await harness.restart();
        }
        harness.watermark(WATERMARK_MAX);
        await harness.advance(100);
        const found: number[][] = [[]];
        for (const output of harness.outputs) {
          if (output.kind === "record") found.at(-1)?.push(output.value as number);
          else if (output.kind === "watermark" && output.watermark < WATERMARK_MAX) found.push([]);
        }
        expect(ordered ? found : found.map((group) => group.sort((a, b) => a - b))).toEqual(groups);
        expect(harness.outputs.at(-1)).toEqual({ kind: "watermark", watermark: WATERMARK_MAX });
        expect(most).toBeLessThanOrEqual(capacity);
        await harness.close();
      }),
    );
  });
});

describe("an asynchronous function", () => {
  const never = (): Promise<never> => new Promise(() => undefined);

  it("that never settles hits its timeout, with uid and position of its record, and hears of it", async () => {
    const signals: AbortSignal[] = [];
    let row = 0;
    const fn: AsyncFunction<string, string> = {
      asyncInvoke(_value, { signal }) {
        signals.push(signal);
        return never();
      },
    };
    const harness = await harnessOf(() => operatorOf(fn, { timeoutMs: 50 }), { position: () => `in.csv:${++row}` });
    harness.element("a");
    harness.element("b");
    await harness.advance(49);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
    await expect(harness.advance(1)).rejects.toThrow(
      expect.objectContaining({ code: "ASYNC_TIMEOUT", where: expect.objectContaining({ uid: "ask", position: "in.csv:1" }) }),
    );
    await harness.close();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  });

  it("has a timeout handler that emits in its place, in order, or to a side output", async () => {
    const slow = outputTag<string>("slow");
    const fn: AsyncFunction<string, string> = {
      sideOutputs: [slow],
      asyncInvoke: (value) => (value === "b" ? never() : value.toUpperCase()),
      timeout(value, context, out) {
        out.collect(`${value} took too long`);
        context.output(slow, value);
      },
    };
    const harness = await harnessOf(() => operatorOf(fn, { timeoutMs: 50 }));
    for (const [index, value] of ["a", "b", "c"].entries()) harness.element(value, index);
    await harness.restart();
    await harness.advance(50);
    expect(harness.outputs).toEqual([
      { kind: "record", value: "A", timestamp: 0 },
      { kind: "record", value: "b took too long", timestamp: 1 },
      { kind: "side", name: "slow", value: "b", timestamp: 1 },
      { kind: "record", value: "C", timestamp: 2 },
    ]);
  });

  it("is called again after errors and results that are not good enough, by its strategy", async () => {
    const calls: { at: number; attempt: number }[] = [];
    const fnOf = (time: HarnessTime): AsyncFunction<number, number> => ({
      async asyncInvoke(value, { attempt }) {
        calls.push({ at: time.now(), attempt });
        if (attempt === 1) throw new Error("busy");
        return attempt === 2 ? -1 : value;
      },
    });
    const backoff = asyncRetry.exponentialBackoff<unknown>({
      attempts: 5,
      initialDelayMs: 10,
      maxDelayMs: 25,
      ifResult: (result) => result === -1,
      ifError: (error) => (error as Error).message === "busy",
    });
    const harness = await harnessOf((time) => operatorOf(fnOf(time), { retry: backoff }));
    harness.element(7);
    await harness.advance(100);
    expect(calls).toEqual([
      { at: 0, attempt: 1 },
      { at: 10, attempt: 2 },
      { at: 30, attempt: 3 },
    ]);
    expect(harness.values()).toEqual([7]);
  });

  it("fails with its last error when the attempts are used up, or with one that is not retried; a bad last result is taken", async () => {
    const failing = (retry: AsyncSpec["retry"]) => operatorOf({ asyncInvoke: () => Promise.reject(new Error("gone")) }, { retry });
    const tired = await harnessOf(() => failing(asyncRetry.fixedDelay({ attempts: 3, delayMs: 5 })));
    tired.element(1);
    await tired.advance(9);
    await expect(tired.advance(1)).rejects.toThrow(expect.objectContaining({ code: "USER_FUNCTION", message: expect.stringContaining("gone") }));
    const picky = await harnessOf(() => failing(asyncRetry.fixedDelay({ attempts: 3, delayMs: 5, ifError: () => false })));
    picky.element(1);
    await expect(picky.settle()).rejects.toThrow("gone");
    const content = asyncRetry.fixedDelay<unknown>({ attempts: 2, delayMs: 5, ifResult: () => true });
    const last = await harnessOf(() => operatorOf({ asyncInvoke: (_: number, { attempt }: AsyncContext) => attempt }, { retry: content }));
    last.element(1);
    await last.advance(5);
    expect(last.values()).toEqual([2]);
  });

  it("that throws at once fails as one that rejects does", async () => {
    const harness = await harnessOf(() =>
      operatorOf({
        asyncInvoke() {
          throw new Error("broken");
        },
      }),
    );
    expect(() => harness.element(1)).toThrow(expect.objectContaining({ code: "USER_FUNCTION", where: expect.objectContaining({ uid: "ask" }) }));
  });

  it("does not say after a restore that it is idle, because it was before: nobody would take that back", async () => {
    const harness = await harnessOf(() => operatorOf({ asyncInvoke: (id: number) => new Promise((resolve) => setImmediate(resolve, id)) }));
    harness.element(1, 10);
    harness.watermark(5);
    harness.status("idle");
    await harness.restart();
    await harness.settle();
    expect(shown(harness.outputs)).toEqual([1, "W5"]);
    harness.status("idle");
    expect(shown(harness.outputs)).toEqual([1, "W5", "status"]);
  });

  it("refuses records of a snapshot that were written as another type", async () => {
    let codec: AsyncSpec["codec"] = t.integer() as AsyncSpec["codec"];
    const harness = await harnessOf(() => operatorOf({ asyncInvoke: never }, { codec }));
    harness.element(1);
    codec = t.string() as AsyncSpec["codec"];
    await expect(harness.restart()).rejects.toThrow(expect.objectContaining({ code: "RESTORE_REFUSED" }));
  });
});

describe("a retry strategy", () => {
  it("refuses what can't be meant", () => {
    const code = expect.objectContaining({ code: "ASYNC_OPTIONS" });
    expect(() => asyncRetry.fixedDelay({ attempts: 0, delayMs: 1 })).toThrow(code);
    expect(() => asyncRetry.fixedDelay({ attempts: 1, delayMs: Number.NaN })).toThrow(code);
    expect(() => asyncRetry.exponentialBackoff({ attempts: 2, initialDelayMs: 10, maxDelayMs: 5 })).toThrow(code);
    expect(() => asyncRetry.exponentialBackoff({ attempts: 2, initialDelayMs: 1, maxDelayMs: 5, multiplier: 0.5 })).toThrow(code);
  });
});
