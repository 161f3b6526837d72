/**
 * Two threads and a row of places in shared memory, without an engine: one thread puts what is due there, the other one counts it by key. Both look
 * again and again, as the threads of the job do; what they are late is what the machine does to any two threads that never rest.
 */
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { assert } from "@millrace/core";
import { keyFor } from "./jobs.ts";
import { Latencies, type Quantiles } from "./latencies.ts";
import { nowNanos, Schedule } from "./schedule.ts";

export interface BareCrossing {
  readonly keys: number;
  readonly ratePerSecond: number;
  readonly seconds: number;
  readonly warmUntilNanos: number;
}

interface Hand {
  readonly role: "giving" | "taking";
  readonly order: BareCrossing;
  readonly memory: SharedArrayBuffer;
}

/** Records that wait in shared memory at most; as many as a job has under way in full channels, many times over. */
const PLACES = 1 << 20;
/** Words of the head: how many records were given, and, in another line of the cache, how many were taken. */
const [GIVEN, TAKEN, HEAD_BYTES] = [0, 16, 128];
/** Of the records every second one goes to the other thread, as half of the job's keys do. */
const CROSSING_EVERY = 2;

export async function bareCrossing(order: BareCrossing): Promise<Quantiles> {
  const memory = new SharedArrayBuffer(HEAD_BYTES + PLACES * Float64Array.BYTES_PER_ELEMENT);
  const [, quantiles] = await Promise.all([handed({ role: "giving", order, memory }), handed({ role: "taking", order, memory })]);
  assert(quantiles !== null, "the thread that takes has measured");
  return quantiles;
}

function handed(hand: Hand): Promise<Quantiles | null> {
  const worker = new Worker(new URL(import.meta.url), { workerData: hand });
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

function give({ order, memory }: Hand): null {
  const [head, places] = [new Int32Array(memory, 0, HEAD_BYTES / 4), new Float64Array(memory, HEAD_BYTES)];
  const schedule = new Schedule(order.ratePerSecond, order.seconds);
  for (let record = 0, given = 0; record < schedule.records; record++) {
    const due = schedule.dueNanos(record);
    while (nowNanos() < due);
    if (record % CROSSING_EVERY !== 0) continue;
    while (given - Atomics.load(head, TAKEN) >= PLACES);
    places[given % PLACES] = due;
    Atomics.store(head, GIVEN, ++given);
  }
  return null;
}

function take({ order, memory }: Hand): Quantiles {
  const [head, places] = [new Int32Array(memory, 0, HEAD_BYTES / 4), new Float64Array(memory, HEAD_BYTES)];
  const latencies = new Latencies(order.warmUntilNanos);
  const keyOf = keyFor(order.keys);
  const counts = new Map<number, number>();
  const crossing = Math.ceil(new Schedule(order.ratePerSecond, order.seconds).records / CROSSING_EVERY);
  for (let taken = 0; taken < crossing; ) {
    const given = Atomics.load(head, GIVEN);
    for (; taken < given; taken++) {
      const key = keyOf(taken);
      counts.set(key, (counts.get(key) ?? 0) + 1);
      latencies.arrived(places[taken % PLACES] as number);
    }
    Atomics.store(head, TAKEN, taken);
  }
  return latencies.quantiles();
}

if (!isMainThread) {
  const hand = workerData as Hand;
  parentPort?.postMessage(hand.role === "giving" ? give(hand) : take(hand));
}
