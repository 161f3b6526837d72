import { type Codec, t } from "@millrace/codec";
import { type NamespaceCodec, state } from "@millrace/contracts";
import { type Key, limits } from "@millrace/core";
import * as fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { type LargeMap, withRoom } from "../../src/cells/large-map.ts";
import { createHeapBackend, type KeyedBackend } from "../../src/index.ts";
import { History } from "../model/history.ts";
import { heapHost, storeHost } from "../model/hosts.ts";
import { type Step, stepArbitrary } from "../model/steps.ts";
import { keyKinds } from "../model/subject.ts";
import { checkpoint, options, storePlace, stream } from "./open-store.ts";

const real = { ...limits };
afterEach(() => {
  Object.assign(limits, real);
});

describe("maps that are full", () => {
  it("go on as several that are like one", () => {
    Object.assign(limits, { mapEntriesMax: 4 });
    const step = fc.record({ key: fc.integer({ min: 0, max: 24 }), do: fc.constantFrom("set", "set", "delete") });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const model = new Map<number, number>();
        let map: LargeMap<number, number> = new Map<number, number>();
        for (const [at, { key, do: what }] of steps.entries()) {
          if (what === "delete") {
            expect(map.delete(key)).toBe(model.delete(key));
          } else {
            map = withRoom(map);
            map.set(key, at);
            model.set(key, at);
          }
          expect(map.size).toBe(model.size);
        }
        for (let key = 0; key <= 24; key++) expect([map.get(key), map.has(key)]).toEqual([model.get(key), model.has(key)]);
        expect([...map.values()].sort()).toEqual([...model.values()].sort());
        map.clear();
        expect(map.size).toBe(0);
      }),
    );
  });

  const histories = fc.array(stepArbitrary, { minLength: 20, maxLength: 90, size: "max" });
  it.each([
    { name: "heap", runs: 60, make: async () => heapHost() },
    { name: "local store", runs: 15, make: () => storeHost() },
  ])("hold state on $name as before, over checkpoints, aborts and crashes", { timeout: 120_000 }, async ({ runs, make }) => {
    Object.assign(limits, { mapEntriesMax: 2 });
    for (const kind of ["string", "tuple"].filter((one) => one in keyKinds) as (keyof typeof keyKinds)[]) {
      await fc.assert(
        fc.asyncProperty(histories, async (steps: Step[]) => {
          const host = await make();
          try {
            await (await History.begin(host, keyKinds[kind])).run(steps);
          } finally {
            await host.close();
          }
        }),
        { numRuns: runs },
      );
    }
  });

  it("give each key of a broadcast function once", async () => {
    Object.assign(limits, { mapEntriesMax: 2 });
    const backend = await (await storePlace()).open(true);
    const { counts } = backend.states({ counts: state.value(t.integer()) });
    fill(backend, counts, 0, 10);
    await checkpoint(backend, 1);
    fill(backend, counts, 5, 15);
    const seen: Key[] = [];
    backend.forEachKey("counts", () => seen.push(backend.currentKey()));
    expect(seen.sort()).toEqual(Array.from({ length: 15 }, (_, at) => `key ${at}`).sort());
  });
});

function fill(backend: KeyedBackend, value: { update(value: number): void }, from: number, to: number): void {
  for (let key = from; key < to; key++) {
    backend.setCurrentKey(`key ${key}`);
    value.update(key);
  }
}

describe("more records than there is room for in memory", () => {
  const room = 200;
  const refused = {
    code: "STATE_TOO_LARGE",
    message: 'a subtask has 200 records of keyed state in memory, and there is room for no more, in state "counts"',
    hint: expect.stringMatching(/--backend disk.*parallelism/),
    where: { uid: "operator", key: '"key 200"' },
  };

  it("are refused where one more is written, with the state and the operator; nothing is lost, and what is there can be removed", async () => {
    Object.assign(limits, { recordsInMemoryMax: room });
    const backend = createHeapBackend(options);
    const { counts } = backend.states({ counts: state.value(t.integer()) });
    fill(backend, counts, 0, room);
    expect(thrownBy(() => fill(backend, counts, room, room + 1))).toMatchObject(refused);
    expect(backend.usage.entries).toBe(room);
    backend.setCurrentKey("key 7");
    counts.clear();
    fill(backend, counts, room, room + 1);
    const file = await checkpoint(backend, 1, true);
    const restored = createHeapBackend(options);
    await restored.restore(stream(file));
    restored.states({ counts: state.value(t.integer()) });
    expect(restored.usage.entries).toBe(room);
  });

  it("are refused when a snapshot is restored", async () => {
    const backend = createHeapBackend(options);
    const { counts } = backend.states({ counts: state.value(t.integer()) });
    fill(backend, counts, 0, room + 1);
    const file = await checkpoint(backend, 1, true);
    Object.assign(limits, { recordsInMemoryMax: room });
    const restored = createHeapBackend(options);
    await restored.restore(stream(file));
    const { key: _, ...where } = refused.where;
    expect(thrownBy(() => restored.states({ counts: state.value(t.integer()) }))).toMatchObject({ ...refused, where });
  });

  it("fit on disk, where those that are not in use leave memory", async () => {
    Object.assign(limits, { recordsInMemoryMax: room });
    const backend = await (await storePlace()).open(true);
    const { counts } = backend.states({ counts: state.value(t.bytes()) });
    for (let round = 0; round < 4; round++) {
      for (let key = 0; key < room / 2; key++) {
        backend.setCurrentKey(`key ${round} ${key}`);
        counts.update(new Uint8Array(40_000));
      }
      await checkpoint(backend, round + 1);
      // Values leave memory between records.
      for (let look = 0; look < 20; look++) backend.setCurrentKey(`key ${round} ${look}`);
    }
    expect(backend.isEmpty()).toBe(false);
  });
});

describe("more timers than there is room for", () => {
  const codec = t.literal("") as Codec<unknown> as NamespaceCodec<string>;
  const target = { onEventTime: () => undefined, onProcessingTime: () => undefined };

  it("are refused, also by a restore; those that are removed make room", async () => {
    Object.assign(limits, { timersMax: 20 });
    const backend = createHeapBackend(options);
    const timers = backend.timers("reminders", codec, target);
    const set = (time: number): void => {
      backend.setCurrentKey(`key ${time}`);
      timers.registerEventTime("", time);
    };
    for (let time = 0; time < 20; time++) set(time);
    const refused = {
      code: "STATE_TOO_LARGE",
      message: 'a subtask has 20 timers "reminders", and there is room for no more',
      hint: "raise the parallelism: each subtask then has fewer keys",
      where: { uid: "operator" },
    };
    expect(thrownBy(() => set(20))).toMatchObject(refused);
    timers.registerProcessingTime("", 20);
    backend.setCurrentKey("key 3");
    timers.deleteEventTime("", 3);
    set(20);
    const file = await checkpoint(backend, 1, true);
    Object.assign(limits, { timersMax: 19 });
    const restored = createHeapBackend(options);
    await restored.restore(stream(file));
    expect(thrownBy(() => restored.timers("reminders", codec, target))).toMatchObject({
      ...refused,
      message: 'a subtask has 19 timers "reminders", and there is room for no more',
    });
  });
});

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}
