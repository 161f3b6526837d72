import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TimerQueue } from "../../src/timers/timer-queue.ts";
import { TimerSet } from "../../src/timers/timer-set.ts";

interface Queue {
  readonly size: number;
  add(time: number, namespace: string, key: number): boolean;
  remove(time: number, namespace: string, key: number): boolean;
  firstTime(): number;
  poll(): { readonly time: number; readonly namespace: unknown; readonly mapKey: unknown } | undefined;
  names(): readonly string[];
}

const own = <T>(key: T): T => key;
const nameOf = (timer: { readonly time: number; readonly namespace: unknown; readonly mapKey: unknown }): string =>
  `${timer.time}/${timer.namespace}/${timer.mapKey}`;

function queueOf(queue: TimerQueue): Queue {
  return {
    get size() {
      return queue.size;
    },
    add: (time, namespace, key) => queue.add(time, namespace, key, 1) !== undefined,
    remove: (time, namespace, key) => queue.remove(time, namespace, key) !== undefined,
    firstTime: () => queue.firstTime(),
    poll: () => queue.poll(),
    names: () => [...queue.timers()].map(nameOf),
  };
}

const queues: Record<string, () => Queue> = {
  buckets: () => queueOf(new TimerQueue(own, "buckets")),
  "a typed heap": () => queueOf(new TimerQueue(own, "heap")),
};

type Step =
  | { readonly do: "add" | "remove"; readonly time: number; readonly namespace: string; readonly key: number }
  | { readonly do: "poll"; readonly times: number };

const timer = {
  time: fc.oneof(fc.nat(5), fc.nat(400), fc.constantFrom(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -3)),
  namespace: fc.constantFrom("a", "b", "c"),
  key: fc.nat(3),
};
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant("add" as const), ...timer }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("remove" as const), ...timer }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("poll" as const), times: fc.integer({ min: 1, max: 4 }) }) },
  ),
  { maxLength: 400, size: "max" },
);

describe.each(Object.keys(queues))("timers in %s", (name) => {
  const make = queues[name] as () => Queue;

  it("come out by time, each once, whatever is added and removed between", () => {
    fc.assert(
      fc.property(steps, (history) => {
        const queue = make();
        const model = new Map<string, number>();
        for (const step of history) follow(queue, model, step);
        expect([...queue.names()].sort()).toEqual([...model.keys()].sort());
        while (model.size > 0) follow(queue, model, { do: "poll", times: 1 });
        expect(queue.poll()).toBeUndefined();
        expect(queue.size).toBe(0);
      }),
      { numRuns: 150 },
    );
  });

  it("can be set again while those of the same time and key fire", () => {
    const queue = make();
    for (const namespace of ["a", "b"]) queue.add(1, namespace, 0);
    expect(queue.poll()).toBeDefined();
    expect(queue.add(1, "a", 0) || queue.add(1, "b", 0)).toBe(true);
    queue.add(1, "c", 0);
    const rest = [queue.poll(), queue.poll(), queue.poll()].map((one) => one?.namespace).sort();
    expect(rest).toEqual(["a", "b", "c"]);
    expect(queue.poll()).toBeUndefined();
  });
});

function follow(queue: Queue, model: Map<string, number>, step: Step): void {
  if (step.do === "poll") {
    for (let times = step.times; times > 0 && model.size > 0; times--) {
      const first = Math.min(...model.values());
      expect(queue.firstTime()).toBe(first);
      const polled = queue.poll();
      expect(polled?.time).toBe(first);
      expect(model.delete(nameOf(polled ?? { time: 0, namespace: "", mapKey: 0 }))).toBe(true);
    }
    return;
  }
  const name = `${step.time}/${step.namespace}/${step.key}`;
  if (step.do === "add") {
    expect(queue.add(step.time, step.namespace, step.key)).toBe(!model.has(name));
    model.set(name, step.time);
  } else {
    expect(queue.remove(step.time, step.namespace, step.key)).toBe(model.delete(name));
  }
  expect(queue.size).toBe(model.size);
}

describe("a set of timers", () => {
  it("keeps its timers when it moves from buckets to the heap, and its changes", () => {
    const set = new TimerSet(own, () => 1, true);
    const times = Array.from({ length: 3000 }, (_, index) => (index * 7919) % 3001);
    for (const time of times) set.add(time, "", time % 10);
    for (const time of times.slice(0, 500)) set.remove(time, "", time % 10);
    const polled: number[] = [];
    for (let next = set.poll(); next !== undefined; next = set.poll()) polled.push(next.time);
    expect(polled).toEqual(times.slice(500).sort((a, b) => a - b));
    expect(set.changed).toBe(0);
  });

  it("leaves nothing of timers that come and go between two freezes", () => {
    const set = new TimerSet(own, () => 1, true);
    for (let time = 0; time < 5000; time++) {
      set.add(time, "", 1);
      set.poll();
    }
    const { set: added, removed } = set.freeze();
    expect(added.length + removed.length).toBeLessThan(3000);
    expect(added.filter((one) => one.born === 1)).toEqual([]);
  });
});
