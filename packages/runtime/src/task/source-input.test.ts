import type { SourceReader, SourceSplit, WatermarkStrategy } from "@millrace/contracts";
import type { Json, Ports } from "@millrace/core";
import { createActivityClock } from "@millrace/operators";
import { describe, expect, it } from "vitest";
import type { ChainCode } from "../chain/code.ts";
import { SourceInput } from "./source-input.ts";
import type { FlowEvent, WatermarkFlow } from "./watermark-flow.ts";

/** A source that had reached 1,000 before a restore, and what its chain is told of event time. */
function restored(
  live: boolean,
  idleness?: { readonly idlenessMs: number; readonly now: () => number; readonly quiet: (look: () => void) => void },
): { readonly input: SourceInput; readonly told: FlowEvent[] } {
  const told: FlowEvent[] = [];
  const reader = {
    addSplits: () => undefined,
    noMoreSplits: () => undefined,
    poll: () => (idleness === undefined ? "ended" : "waiting"),
    snapshot: () => [{ id: "a" }],
  } as unknown as SourceReader<unknown, SourceSplit>;
  const generator = { onEvent: () => undefined, onPeriodicEmit: () => undefined, snapshot: () => [], restore: () => undefined };
  const input = new SourceInput({
    node: 0,
    reader,
    strategy: { createGenerator: () => generator, idlenessMs: idleness?.idlenessMs } as unknown as WatermarkStrategy<unknown>,
    code: { emit: () => () => undefined } as unknown as ChainCode,
    flow: { accept: (event: FlowEvent) => told.push(event) } as unknown as WatermarkFlow,
    control: { interrupt: false },
    batchRecords: 1,
    live,
    reached: 1_000,
    ports: { scheduler: { after: (_ms: number, look: () => void) => idleness?.quiet(look) ?? (() => undefined) } } as unknown as Ports,
    active: createActivityClock(idleness?.now ?? (() => 0)),
    alignment: undefined,
    wake: () => undefined,
    greet: () => undefined,
    sideOutput: () => undefined,
  });
  return { input, told };
}

const reached: FlowEvent = { kind: "watermark", watermark: 1_000 };

describe("event time of a restored source", () => {
  it("is not told of a bounded one that has nothing to read but its end: it would hold back those that go on", () => {
    const { input, told } = restored(false);
    input.begin([], false);
    expect(told).toEqual([]);
    input.step(() => true);
    expect(told).toEqual([{ kind: "end" }]);
  });

  it("comes to its end at once where there is word that nothing is left to read, and once, though the reader then says so as well", () => {
    const { input, told } = restored(false);
    input.begin([], false);
    input.noMoreSplits();
    expect(told).toEqual([{ kind: "end" }]);
    for (let step = 0; step < 3; step++) input.step(() => true);
    expect(told).toEqual([{ kind: "end" }]);
    expect(input.finished).toBe(true);
  });

  it("is at its end from the start where the source had ended", () => {
    const { input, told } = restored(false);
    input.begin([], true);
    expect(told).toEqual([{ kind: "end" }]);
    input.drain();
    input.step(() => true);
    expect(input.finished).toBe(true);
  });

  it("is told before a split is read that is dealt after the restore", () => {
    const { input, told } = restored(false);
    input.begin([], false);
    input.addSplits([{ id: "a" }]);
    expect(told).toEqual([reached]);
    input.addSplits([{ id: "b" }]);
    expect(told).toEqual([reached]);
  });

  it("is told at once where splits were restored, and of one that does not end", () => {
    const bounded = restored(false);
    bounded.input.begin([{ split: { id: "a" }, generator: [], records: 3 }], false);
    expect(bounded.told).toEqual([reached]);
    const live = restored(true);
    live.input.begin([], false);
    expect(live.told).toEqual([reached]);
  });
});

describe("a split without records", () => {
  it("has the whole time before it is idle again after a restore, however long it had been silent before", () => {
    const silentFor = (ms: number, items: readonly Json[]): { readonly told: readonly FlowEvent[]; readonly items: readonly Json[] } => {
      let now = 0;
      let look: (() => void) | undefined;
      const quiet = (next: () => void): void => {
        look = next;
      };
      const { input, told } = restored(true, { idlenessMs: 600, now: () => now, quiet });
      input.begin(items, false);
      for (; now <= ms; now += 200) {
        look?.();
        input.step(() => true);
      }
      return { told: told.filter(({ kind }) => kind === "status"), items: input.snapshot() };
    };
    const idle: FlowEvent = { kind: "status", status: "idle" };
    const before = silentFor(1_400, [{ split: { id: "a" }, generator: [], records: 3 }]);
    expect(before.told).toEqual([idle]);
    expect(silentFor(600, before.items).told).toEqual([]);
    expect(silentFor(1_400, before.items).told).toEqual([idle]);
  });
});
