import { describe, expect, it } from "vitest";
import type { ChainCode } from "../chain/code.ts";
import type { ReceivingChannel } from "../channel/channel.ts";
import type { StreamElement } from "../channel/element.ts";
import { InputGate } from "./gate.ts";
import type { WatermarkFlow } from "./watermark-flow.ts";

/** What a gate says to those behind it while it takes these elements, one list a channel. */
function said(...channels: readonly (readonly StreamElement[])[]): readonly string[] {
  const told: string[] = [];
  const gate = new InputGate({
    channels: channels.map((elements, sender) => ({
      channel: given(elements),
      place: { from: "a", output: "", input: 0, sender },
      finished: false,
      overtakable: true,
    })),
    code: {} as ChainCode,
    flow: { accept: (event) => void told.push(event.kind === "status" ? event.status : event.kind) } as Pick<
      WatermarkFlow,
      "accept"
    > as WatermarkFlow,
    scheduler: { immediate: () => undefined, after: () => () => undefined },
    wake: () => undefined,
    greet: () => void told.push("greeting"),
    exactlyOnce: true,
    restored: [],
    age: 0,
    reached: Number.NEGATIVE_INFINITY,
  });
  for (let step = 0; step < 10; step++) gate.step();
  return told;
}

function given(elements: readonly StreamElement[]): ReceivingChannel {
  const left = [...elements];
  return { poll: () => left.shift(), arrivals: undefined, waiting: () => [] };
}

const idle: StreamElement = { kind: "status", status: "idle" };
const active: StreamElement = { kind: "status", status: "active" };

describe("a gate that begins", () => {
  it("greets when each of its senders has been heard of", () => {
    expect(said([active], [])).toEqual([]);
    expect(said([active], [active])).toEqual(["greeting"]);
  });

  it("does not take back by a greeting that all of them are idle, which may be the first that is heard of them", () => {
    expect(said([idle], [idle])).toEqual(["greeting", "idle"]);
    expect(said([idle], [idle, active])).toEqual(["greeting", "idle", "active"]);
  });
});
