import { t } from "@millrace/codec";
import { type BroadcastStates, type Key, outputTag, state } from "@millrace/contracts";
import { createBroadcastProcessOperator, createKeyedBroadcastProcessOperator } from "@millrace/operators";
import { createHeapBackend } from "@millrace/state";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createHarness, type HarnessOutput, type HarnessStep, steps } from "../../src/harness/index.ts";
import { verifyOperator } from "../../src/verify/index.ts";
import { localStores } from "../backends/local-stores.ts";

interface Rule {
  readonly name: string;
  readonly factor: number | undefined;
  readonly resets?: boolean;
}
interface Payment {
  readonly card: string;
  readonly cents: number;
}

const broadcast = { rules: state.map(t.string(), t.integer()) };
const keyed = { spent: state.value(t.integer()), all: state.list(t.integer()) };
const seen = outputTag<string>("seen");
const specOf = (states: object) => ({ states: states as BroadcastStates, origin: '"rules"' });
const erased = <F>(fn: unknown): F => fn as F;
type Plain = Parameters<typeof createBroadcastProcessOperator>[0];
type Keyed = Parameters<typeof createKeyedBroadcastProcessOperator>[0];

const scaled: Plain = {
  sideOutputs: [seen],
  processElement(value, { broadcastState }, out) {
    for (const [name, factor] of broadcastState.rules?.entries() ?? []) out.collect(`${name} ${(value as number) * (factor as number)}`);
  },
  processBroadcastElement(value, context) {
    change(value as Rule, context.broadcastState.rules as never);
    context.output(seen, (value as Rule).name);
  },
};

const spending = erased<Keyed>({
  state: keyed,
  processElement({ cents }: Payment, context: never, out: { collect(value: string): void }) {
    const { state, broadcastState, timers, currentKey } = context as unknown as KeyedReading;
    state.spent.update((state.spent.value() ?? 0) + cents * (broadcastState.rules.get("factor") ?? 1));
    state.all.add(cents);
    timers.registerEventTimeTimer(50);
    out.collect(`${currentKey()} ${state.spent.value()}`);
  },
  processBroadcastElement(rule: Rule, context: never, out: { collect(value: string): void }) {
    const writing = context as unknown as KeyedWriting;
    change(rule, writing.broadcastState.rules);
    const found: string[] = [];
    writing.applyToKeyedState("spent", (card, spent) => {
      found.push(`${card}=${spent.value()}`);
      if (rule.resets === true) spent.clear();
    });
    writing.applyToKeyedState("all", (card, all) => found.push(`${card}:${all.get().join("+")}`));
    out.collect(found.sort().join(" "));
  },
  onTimer(time: number, context: never, out: { collect(value: string): void }) {
    const { state, currentKey, broadcastState } = context as unknown as KeyedReading;
    out.collect(`${time} ${currentKey()} ${state.spent.value() ?? "-"} ${[...broadcastState.rules.keys()].join(",")}`);
    state.all.clear();
  },
});

type Contexts = {
  readonly reading: import("@millrace/contracts").KeyedBroadcastReadContext<string, typeof keyed, typeof broadcast>;
  readonly writing: import("@millrace/contracts").KeyedBroadcastContext<string, typeof keyed, typeof broadcast>;
};
type KeyedReading = Contexts["reading"];
type KeyedWriting = Contexts["writing"];

function change({ name, factor }: Rule, rules: KeyedWriting["broadcastState"]["rules"]): void {
  if (factor === undefined) rules.remove(name);
  else rules.put(name, factor);
}

const keyOf = (payment: unknown): Key => (payment as Payment).card;

describe("broadcast state", () => {
  let stores: Awaited<ReturnType<typeof localStores>>;
  beforeAll(async () => {
    stores = await localStores();
  });
  afterAll(() => stores.close());

  const rule = fc.record({ name: fc.constantFrom("a", "b", "c"), factor: fc.option(fc.integer({ min: -9, max: 9 }), { nil: undefined }) });
  const inputs = fc.array(fc.oneof(fc.nat(9), rule), { maxLength: 14 });

  it("is what a plain map is, under every condition of the runtime", async () => {
    await fc.assert(
      fc.asyncProperty(inputs, async (list) => {
        const rules = new Map<string, number>();
        const expected = list.flatMap((one, at): HarnessOutput<unknown>[] => {
          if (typeof one === "number")
            return [...rules].map(([name, factor]) => ({ kind: "record" as const, value: `${name} ${one * factor}`, timestamp: at }));
          if (one.factor === undefined) rules.delete(one.name);
          else rules.set(one.name, one.factor);
          return [{ kind: "side" as const, name: "seen", value: one.name, timestamp: at }];
        });
        await verifyOperator({
          create: () => createBroadcastProcessOperator(scaled, specOf(broadcast)),
          inputs: 2,
          keyed: false,
          steps: list.map((one, at) => steps.element(one, at, typeof one === "number" ? 0 : 1)),
          expected,
        });
      }),
      { numRuns: 25 },
    );
  });

  it("stands beside keyed state and timers, and is applied to the state of all keys", { timeout: 120_000 }, async () => {
    const list: HarnessStep[] = [];
    for (let index = 0; index < 12; index++) {
      list.push(steps.element({ card: `c${(index * 7) % 5}`, cents: index }, index));
      if (index % 4 === 2) list.push(steps.element({ name: index === 6 ? "other" : "factor", factor: index, resets: index === 6 }, index, 1));
    }
    list.push(steps.watermark(60, 0), steps.watermark(70, 1), steps.element({ name: "factor", factor: undefined }, 80, 1));
    const outputs = await verifyOperator({
      create: () => createKeyedBroadcastProcessOperator(spending, keyOf, specOf(broadcast)),
      inputs: 2,
      steps: list,
      backends: { heap: createHeapBackend, level: stores.factory },
      positionsMax: 30,
    });
    const values = outputs.flatMap((output) => (output.kind === "record" ? [output.value] : []));
    expect(values.slice(0, 4)).toEqual(["c0 0", "c2 1", "c4 2", "c0:0 c0=0 c2:1 c2=1 c4:2 c4=2"]);
    expect(values).toContain("50 c3 18 factor,other");
    // What a timer has cleared, and what was reset, is visited no more.
    expect(values.at(-1)).toBe("c0=20 c1=16 c2=110 c3=18 c4=14");
  });

  it("is read by its types after an edit: renamed, widened, migrated, or left out", async () => {
    const store = (states: object) => createBroadcastProcessOperator(scaled, specOf(states));
    let states: object = broadcast;
    const harness = await createHarness({ create: () => store(states), inputs: 2, keyed: false });
    harness.element({ name: "a", factor: 3 }, 0, 1);
    states = { rules: state.map(t.string(), t.number()), constructor: state.map(t.string(), t.string()) };
    await harness.restart();
    harness.element({ name: "b", factor: 1 / 2 }, 0, 1);
    harness.element(2, 1);
    states = { rules: state.map(t.string(), t.integer(), { migrate: (_from, value) => Math.ceil(value as number) }) };
    await harness.restart();
    harness.element(2, 2);
    states = { other: state.map(t.string(), t.integer()), rules: state.map(t.string(), t.integer(), { aliases: ["gone"] }) };
    await harness.restart();
    harness.element(2, 3);
    expect(harness.values()).toEqual(["a 6", "b 1", "a 6", "b 2", "a 6", "b 2"]);
    states = { rules: state.map(t.string(), t.string()) };
    await harness.restart();
    harness.element(2, 4);
    expect(harness.values()).toHaveLength(6);
    await harness.close();
  });

  it("can't be changed by an element of the other stream, and refuses what can't be written", async () => {
    const stealing = {
      ...scaled,
      processElement: (_value: unknown, context: unknown) =>
        (context as { broadcastState: { rules: Map<string, number> } }).broadcastState.rules.clear(),
    };
    const harness = await createHarness({
      create: () => createBroadcastProcessOperator(stealing as Plain, specOf(broadcast)),
      inputs: 2,
      keyed: false,
      uid: "scale",
    });
    expect(() => harness.element(1, 0)).toThrow(/clear is not a function/);
    expect(() => harness.element({ name: "a", factor: "two" }, 0, 1)).toThrow(
      expect.objectContaining({ where: expect.objectContaining({ uid: "scale" }) }),
    );
    await harness.close();
  });

  it("names the origin of a broadcast element that makes the function throw", async () => {
    const broken: Plain = {
      processElement() {},
      processBroadcastElement() {
        throw new Error("broken rule");
      },
    };
    const harness = await createHarness({
      create: () => createBroadcastProcessOperator(broken, specOf(broadcast)),
      inputs: 2,
      keyed: false,
      uid: "scale",
    });
    expect(() => harness.element({ name: "a" }, 0, 1)).toThrow(
      expect.objectContaining({ code: "USER_FUNCTION", message: 'a function of the job threw on a broadcast element from "rules": broken rule' }),
    );
    await harness.close();
  });
});
