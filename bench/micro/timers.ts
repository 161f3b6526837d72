import { t } from "@millrace/codec";
import { BucketOrder, createHeapBackend, HeapOrder, type TimerOrder, TimerQueue } from "@millrace/state";
import { type Figure, paired } from "./measure.ts";

const TIMEOUTS = 200_000;
const WINDOWS = 500;
const KEYS_PER_WINDOW = 400;

/**
 * Timers by time: what they cost as jobs use them, where times are many (timeouts) and where they are few (ends of
 * windows), and what the two orders cost where each is meant to be good. A queue keeps each timer once, which both orders
 * pay for alike: in it they are nearer to each other than alone.
 */
export async function run(): Promise<Figure[]> {
  const times = Float64Array.from({ length: TIMEOUTS }, (_, index) => 1_700_000_000_000 + ((Math.imul(index, 2_654_435_761) >>> 0) % 10_000_000));
  return [
    paired({
      name: "timeouts: typed heap against a heap of objects with a set of names, as in Flink",
      bar: 3,
      operations: TIMEOUTS,
      reference: () => timeouts(times, new ObjectHeap()),
      subject: () => timeouts(times, queueOf(new TimerQueue(own, "heap"))),
      slices: 7,
    }),
    paired({
      name: "ends of windows, set and fired by a timer service: against a heap of objects with a set of names",
      bar: 3,
      operations: WINDOWS * KEYS_PER_WINDOW,
      reference: () => windowEnds(new NamedHeap()),
      subject: serviceEnds,
      slices: 7,
    }),
    paired({
      name: "ends of windows, in a queue: buckets against the typed heap",
      bar: 0,
      operations: WINDOWS * KEYS_PER_WINDOW,
      reference: () => windowEnds(new QueueOrder("heap")),
      subject: () => windowEnds(new QueueOrder("adaptive")),
      slices: 9,
    }),
    paired({
      name: "ends of windows, order alone: buckets against the typed heap",
      bar: 2.5,
      operations: WINDOWS * KEYS_PER_WINDOW,
      reference: () => windowEnds(new HeapOrder()),
      subject: () => windowEnds(new BucketOrder()),
      slices: 9,
    }),
  ];
}

const own = <K>(key: K): K => key;

interface Queue {
  add(time: number, key: number): void;
  poll(): number | undefined;
}

function queueOf(queue: TimerQueue): Queue {
  return {
    add(time, key) {
      queue.add(time, "", key, 1);
    },
    poll: () => queue.poll()?.time,
  };
}

/** All are set, then all fire. */
function timeouts(times: Float64Array, queue: Queue): void {
  for (let index = 0; index < times.length; index++) queue.add(times[index] as number, index);
  let before = Number.NEGATIVE_INFINITY;
  let fired = 0;
  for (let time = queue.poll(); time !== undefined; time = queue.poll()) {
    if (time < before) throw new Error("timers out of order");
    before = time;
    fired++;
  }
  if (fired !== times.length) throw new Error(`${fired} timers fired of ${times.length}`);
}

/** Many windows are open at a time, as late records and sliding windows have it; then one after the other fires. */
function windowEnds(order: Pick<TimerOrder, "size" | "firstTime" | "push"> & { pop(): void }): void {
  for (let id = 0; id < WINDOWS * KEYS_PER_WINDOW; id++) order.push(endOf(id), id);
  let before = Number.NEGATIVE_INFINITY;
  while (order.size > 0) {
    const time = order.firstTime;
    if (time < before) throw new Error("timers out of order");
    before = time;
    order.pop();
  }
}

function endOf(id: number): number {
  return 1_700_000_000_000 + ((Math.imul(id, 2_654_435_761) >>> 0) % WINDOWS) * 60_000 - 1;
}

/** A timer for each key, as a keyed process function sets it; the watermark fires them all. */
function serviceEnds(): void {
  const keyed = createHeapBackend({
    uid: "bench",
    subtask: 0,
    keyGroups: { start: 0, end: 719 },
    maxParallelism: 720,
    now: () => 0,
    monotonic: () => performance.now(),
  });
  let fired = 0;
  const service = keyed.timers("timers", t.literal(""), { onEventTime: () => void fired++, onProcessingTime() {} });
  for (let id = 0; id < WINDOWS * KEYS_PER_WINDOW; id++) {
    keyed.setCurrentKey(id);
    service.registerEventTime("", endOf(id));
  }
  service.advanceEventTime(Number.MAX_SAFE_INTEGER, () => false);
  if (fired !== WINDOWS * KEYS_PER_WINDOW) throw new Error(`${fired} timers fired`);
}

/** A whole queue in the place of an order. */
class QueueOrder {
  readonly #queue: TimerQueue;
  constructor(kind: "adaptive" | "heap") {
    this.#queue = new TimerQueue(own, kind);
  }
  get size(): number {
    return this.#queue.size;
  }
  get firstTime(): number {
    return this.#queue.firstTime();
  }
  push(time: number, id: number): void {
    this.#queue.add(time, "", id, 1);
  }
  pop(): void {
    this.#queue.poll();
  }
}

interface ObjectTimer {
  readonly time: number;
  readonly name: string;
}

class ObjectHeap implements Queue {
  readonly #timers: ObjectTimer[] = [];
  readonly #names = new Set<string>();

  get size(): number {
    return this.#timers.length;
  }

  get firstTime(): number {
    return this.#timers[0]?.time ?? Number.POSITIVE_INFINITY;
  }

  add(time: number, key: number): void {
    const name = `${time}|${key}|`;
    if (this.#names.has(name)) return;
    this.#names.add(name);
    const timer = { time, name };
    const timers = this.#timers;
    let at = timers.length;
    timers.push(timer);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = timers[parent] as ObjectTimer;
      if (above.time <= time) break;
      timers[at] = above;
      at = parent;
    }
    timers[at] = timer;
  }

  poll(): number | undefined {
    const timers = this.#timers;
    const first = timers[0];
    const last = timers.pop();
    if (first === undefined || last === undefined) return undefined;
    this.#names.delete(first.name);
    if (timers.length > 0) this.#sink(last);
    return first.time;
  }

  #sink(timer: ObjectTimer): void {
    const timers = this.#timers;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= timers.length) break;
      if (child + 1 < timers.length && (timers[child + 1] as ObjectTimer).time < (timers[child] as ObjectTimer).time) child++;
      const below = timers[child] as ObjectTimer;
      if (below.time >= timer.time) break;
      timers[at] = below;
      at = child;
    }
    timers[at] = timer;
  }
}

/** ObjectHeap in the place of an order. */
class NamedHeap extends ObjectHeap {
  push(time: number, id: number): void {
    this.add(time, id);
  }
  pop(): void {
    this.poll();
  }
}
