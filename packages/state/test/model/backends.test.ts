import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { History } from "./history.ts";
import { chunksOf, type Host, heapHost, MAX_PARALLELISM, storeHost } from "./hosts.ts";
import { type Contents, emptyContents, normalized } from "./model.ts";
import { type Step, stepArbitrary } from "./steps.ts";
import { keyKinds, Subject } from "./subject.ts";

const backends: readonly { readonly name: string; readonly runs: number; readonly host: () => Promise<Host> }[] = [
  { name: "heap", runs: 150, host: async () => heapHost() },
  { name: "local store", runs: 40, host: () => storeHost() },
];

const histories = fc.array(stepArbitrary, { minLength: 20, maxLength: 90, size: "max" });

async function withHost(make: () => Promise<Host>, work: (host: Host) => Promise<void>): Promise<void> {
  const host = await make();
  try {
    await work(host);
  } finally {
    await host.close();
  }
}

describe.each(backends)("keyed state on $name", ({ runs, host: make }) => {
  it.each(Object.keys(keyKinds).filter((kind) => kind !== "boolean") as (keyof typeof keyKinds)[])(
    "is what the model says, with %s keys, over checkpoints, aborts and crashes",
    { timeout: 120_000 },
    async (kind) => {
      await fc.assert(
        fc.asyncProperty(histories, (steps: Step[]) => withHost(make, async (host) => (await History.begin(host, keyKinds[kind])).run(steps))),
        { numRuns: runs },
      );
    },
  );

  it("goes to other key group ranges, every entry to one of them", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(histories, fc.integer({ min: 1, max: 4 }), (steps, parts) =>
        withHost(make, async (host) => {
          const history = await History.begin(heapHost(), keyKinds.string);
          await history.run(steps.filter((step) => step.do !== "restart"));
          const merged = emptyContents();
          for (let part = 0; part < parts; part++) await readPart(host, history, part, parts, merged);
          expect(normalized(merged)).toEqual(normalized(history.completed));
        }),
      ),
      { numRuns: Math.ceil(runs / 3) },
    );
  });
});

/** Restores one range of key groups and adds what it holds. */
async function readPart(host: Host, history: History, part: number, parts: number, merged: Contents): Promise<void> {
  const start = Math.ceil((part * MAX_PARALLELISM) / parts);
  const backend = await host.open({ start, end: Math.ceil(((part + 1) * MAX_PARALLELISM) / parts) - 1 });
  await backend.restore(chunksOf(history.chain));
  const subject = new Subject(backend, keyKinds.string);
  const read = subject.read();
  expect(backend.isEmpty()).toBe(JSON.stringify(normalized(read)) === JSON.stringify(normalized(emptyContents())) && subject.timers === 0);
  for (const name of ["value", "list", "map", "reducing", "aggregating"] as const) mergeInto(merged[name], read[name]);
  for (const space of [0, 1, 2]) {
    mergeInto(merged.cells[space] ?? {}, read.cells[space] ?? {});
    mergeInto(merged.spaces[space] ?? {}, read.spaces[space] ?? {});
  }
  for (const name of subject.drainTimers()) {
    expect(merged.timers).not.toContain(name);
    merged.timers.add(name);
  }
}

function mergeInto(all: Record<number, unknown>, some: Record<number, unknown>): void {
  for (const [key, value] of Object.entries(some)) {
    const empty = (Array.isArray(value) && value.length === 0) || (value instanceof Map && value.size === 0);
    if (empty) continue;
    expect(all[Number(key)]).toBeUndefined();
    all[Number(key)] = value;
  }
}
