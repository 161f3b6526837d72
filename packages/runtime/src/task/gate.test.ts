import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { collectGarbage } from "../../test/collect-garbage.ts";
import type { ChainCode } from "../chain/code.ts";
import { LocalChannel } from "../channel/channel.ts";
import type { BarrierElement } from "../channel/element.ts";
import { InputGate } from "./gate.ts";
import type { OvertakenElements } from "./replay.ts";
import type { WatermarkFlow } from "./watermark-flow.ts";

/** A gate over so many channels, and what it says to those behind it, hands to its chain and takes as checkpoints. */
function gateOver(count: number, restored: readonly OvertakenElements[] = []) {
  const channels = Array.from({ length: count }, () => new LocalChannel({ onReadable() {}, onWritable() {} }));
  const said: (string | number)[] = [];
  const waits: (() => void)[] = [];
  const flow = {
    holding: false,
    accept: (event: { readonly kind: string; readonly status?: string }) => void said.push(event.status ?? event.kind),
  };
  const code = {
    batch: (_input: 0 | 1, values: readonly number[], _timestamps: ArrayLike<number>, from: number, to: number) => {
      said.push(...values.slice(from, to));
      return to;
    },
  };
  const gate = new InputGate({
    channels: channels.map((channel, sender) => ({
      channel,
      place: { from: "a", output: "", input: 0, sender },
      finished: false,
      overtakable: true,
    })),
    code: code as unknown as ChainCode,
    flow: flow as unknown as WatermarkFlow,
    scheduler: {
      immediate: () => undefined,
      after: (_ms, action) => {
        waits.push(action);
        return () => undefined;
      },
    },
    wake: () => undefined,
    greet: () => void said.push("greeting"),
    exactlyOnce: true,
    restored,
    age: 0,
    reached: Number.NEGATIVE_INFINITY,
  });
  const run = (): (string | number)[] => {
    for (let step = 0; step < 10; step++) {
      const taken = gate.step();
      if (taken.kind === "barrier") said.push(`checkpoint ${taken.barrier.checkpointId}${taken.barrier.suspends ? ", suspended" : ""}`);
    }
    return said.splice(0);
  };
  const endWaits = (): void => {
    for (const action of waits) action();
  };
  return { channels: channels as [LocalChannel, LocalChannel], flow, gate, run, said, endWaits };
}

const active = { kind: "status", status: "active" } as const;

function barrier(checkpointId: number, suspends = false): BarrierElement {
  return { kind: "barrier", checkpointId, alignmentTimeoutMs: Number.POSITIVE_INFINITY, unaligned: false, suspends };
}

describe("a gate that begins", () => {
  it("greets when each of its senders has been heard of", () => {
    const {
      channels: [one, other],
      run,
    } = gateOver(2);
    one.push(active);
    expect(run()).toEqual([]);
    other.push(active);
    expect(run()).toEqual(["greeting"]);
  });

  it("takes all that a sender has to get rid of before it can greet, and still waits for its greeting", () => {
    const {
      channels: [one, other],
      run,
    } = gateOver(2);
    one.push(active);
    for (const value of [1, 2, 3]) other.push({ kind: "batch", values: [value], timestamps: [0], marks: [] });
    expect(run()).toEqual([1, 2, 3]);
    other.push(active);
    expect(run()).toEqual(["greeting"]);
  });
});

describe("barriers of a checkpoint that was given up, when word of that is slower than the next checkpoint", () => {
  /** One channel has read its barrier of the first checkpoint, and waits. */
  function waiting() {
    const { channels, run } = gateOver(2);
    for (const channel of channels) channel.push(active);
    channels[0].push(barrier(1));
    run();
    return { channels, run };
  }

  it("are let through where they wait", () => {
    const {
      channels: [one, other],
      run,
    } = waiting();
    other.push(barrier(1));
    one.push(barrier(2));
    expect(run()).toEqual([]);
    other.push(barrier(2));
    expect(run()).toEqual(["checkpoint 2"]);
  });

  it("are let through when they come in", () => {
    const {
      channels: [one, other],
      run,
    } = waiting();
    one.push(barrier(2));
    run();
    other.push(barrier(1));
    other.push(barrier(2));
    expect(run()).toEqual(["checkpoint 2"]);
  });
});

describe("a barrier that suspends", () => {
  it.each([
    [true, true, "checkpoint 1, suspended"],
    [false, true, "checkpoint 1"],
    [true, false, "checkpoint 1"],
  ])("does so behind a gate when all senders stop behind it, since one that goes on needs room: %s, %s", (ofOne, ofOther, taken) => {
    const {
      channels: [one, other],
      run,
    } = gateOver(2);
    for (const channel of [one, other]) channel.push(active);
    one.push(barrier(1, ofOne));
    run();
    other.push(barrier(1, ofOther));
    expect(run()).toEqual([taken]);
  });

  it("does not do so where it has not waited for the others", () => {
    const {
      channels: [one, other],
      gate,
      run,
      endWaits,
    } = gateOver(2);
    for (const channel of [one, other]) channel.push(active);
    one.push({ ...barrier(1, true), alignmentTimeoutMs: 1 });
    run();
    expect(gate.overtake()).toBeUndefined();
    endWaits();
    expect(gate.overtake()?.barrier).toMatchObject({ checkpointId: 1, unaligned: true, suspends: false });
  });
});

it("a watermark stays behind the record that made an operator hold, where a checkpoint finds it that overtakes both", () => {
  const {
    channels: [only],
    flow,
    run,
  } = gateOver(1);
  only.push(active);
  run();
  flow.holding = true;
  only.push({ kind: "batch", values: [7], timestamps: [7], marks: [{ at: 1, element: { kind: "watermark", watermark: 7 } }] });
  expect(run()).toEqual([7]);
  flow.holding = false;
  expect(run()).toEqual(["watermark"]);
});

it("barriers that are overtaken while nothing can be read, or given up, do not fill the channels", () => {
  const { channels, gate, run, endWaits } = gateOver(2);
  for (const channel of channels) channel.push(active);
  run();
  for (const channel of channels) channel.push({ kind: "watermark", watermark: 7 });
  for (let checkpointId = 1; checkpointId <= 1_000; checkpointId++) {
    channels[0].push({ ...barrier(checkpointId, false), alignmentTimeoutMs: 1 });
    if (checkpointId % 3 === 0) gate.abort(checkpointId);
    else {
      endWaits();
      expect(gate.overtake()?.barrier.checkpointId).toBe(checkpointId);
    }
    channels[1].push(barrier(checkpointId, false));
  }
  expect(channels.map(({ full }) => full)).toEqual([false, false]);
  run();
  expect(channels.map((channel) => channel.poll())).toEqual([undefined, undefined]);
});

describe("what a checkpoint has overtaken is let go of", () => {
  async function isGone(held: WeakRef<object>): Promise<boolean> {
    // What a weak reference was made of stays until the event loop turns.
    await pause(0);
    collectGarbage();
    return held.deref() === undefined;
  }

  it("when it has gone its way again", async () => {
    const values = [[1, 2]];
    const held = new WeakRef(values[0] as object);
    const place = { from: "a", output: "", input: 0, sender: 0 } as const;
    const time = { watermark: 0, idle: false };
    const { run, gate } = gateOver(1, [{ place, time, age: 0, elements: [{ kind: "batch", values: values.splice(0), timestamps: [0], marks: [] }] }]);
    expect(run()).toHaveLength(1);
    expect(await isGone(held)).toBe(true);
    await gate.close();
  });

  it("when all of it has come in, not when the next checkpoint begins", async () => {
    const { channels, gate, run, endWaits } = gateOver(2);
    for (const channel of channels) channel.push(active);
    run();
    channels[0].push({ ...barrier(1), alignmentTimeoutMs: 1 });
    endWaits();
    const overtaken = async (): Promise<WeakRef<object>> => {
      const inFlight = gate.overtake()?.inFlight;
      const bytes = new Uint8Array(8);
      channels[1].arrivals?.other(() => bytes);
      channels[1].push(barrier(1));
      expect((await inFlight)?.map(({ elements }) => elements)).toEqual([[], [bytes]]);
      return new WeakRef(bytes);
    };
    expect(await isGone(await overtaken())).toBe(true);
    await gate.close();
  });
});
