import { describe, expect, it } from "vitest";
import type { ChainCode } from "../chain/code.ts";
import { LocalChannel } from "../channel/channel.ts";
import type { BarrierElement } from "../channel/element.ts";
import { InputGate } from "./gate.ts";
import type { WatermarkFlow } from "./watermark-flow.ts";

/** A gate over so many channels, and what it says to those behind it, hands to its chain and takes as checkpoints. */
function gateOver(count: number) {
  const channels = Array.from({ length: count }, () => new LocalChannel({ onReadable() {}, onWritable() {} }));
  const said: (string | number)[] = [];
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
    scheduler: { immediate: () => undefined, after: () => () => undefined },
    wake: () => undefined,
    greet: () => void said.push("greeting"),
    exactlyOnce: true,
    restored: [],
    age: 0,
    reached: Number.NEGATIVE_INFINITY,
  });
  const run = (): (string | number)[] => {
    for (let step = 0; step < 10; step++) {
      const taken = gate.step();
      if (taken.kind === "barrier") said.push(`checkpoint ${taken.barrier.checkpointId}`);
    }
    return said.splice(0);
  };
  return { channels: channels as [LocalChannel, LocalChannel], flow, run, said };
}

const active = { kind: "status", status: "active" } as const;

function barrier(checkpointId: number): BarrierElement {
  return { kind: "barrier", checkpointId, alignmentTimeoutMs: Number.POSITIVE_INFINITY, unaligned: false };
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
});

describe("barriers of a checkpoint that was given up, when word of that is slower than the next checkpoint", () => {
  it("are let through where they wait", () => {
    const {
      channels: [one, other],
      run,
    } = gateOver(2);
    for (const channel of [one, other]) channel.push(active);
    one.push(barrier(1));
    run();
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
    } = gateOver(2);
    for (const channel of [one, other]) channel.push(active);
    one.push(barrier(1));
    run();
    one.push(barrier(2));
    run();
    other.push(barrier(1));
    other.push(barrier(2));
    expect(run()).toEqual(["checkpoint 2"]);
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
