import { parentPort, workerData } from "node:worker_threads";
import { assert, limits } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";
import { type ExchangeMemory, type Stepped, ThreadExchange, Worker } from "@millrace/runtime";
import { type Bid, bids } from "../micro/bids.ts";

// A sending or a receiving thread of the exchange bench. Batches are sent over the engine's own exchange, or with
// postMessage as arrays; records carry the time they were sent at when latency is measured.

export type PhysicalPlan = ConstructorParameters<typeof ThreadExchange>[0];

export interface ThreadStart {
  readonly transport: "exchange" | "postMessage" | "wakeUp";
  readonly role: "sender" | "receiver";
  readonly physical: PhysicalPlan;
  readonly memory: ExchangeMemory;
  readonly port: MessagePort;
  readonly batch: number;
  readonly records: number;
  /** Paced, and each batch is timed; undefined: as fast as it goes. */
  readonly batchesPerSecond: number | undefined;
  /** The first batches are neither paced nor timed: code that has run a thousand times is not compiled yet. */
  readonly warmUpBatches: number;
}

const { transport, role, physical, memory, port, batch, records, batchesPerSecond, warmUpBatches } = workerData as ThreadStart;
const batches = records / batch;
const edge = physical.tasks[0]?.outputs[0];
assert(edge !== undefined, "the plan has an edge");
const credits = new Int32Array(memory.credits);
const nowUs = (): number => Number(process.hrtime.bigint() / 1_000n);
const report = (): void => {
  const sorted = latenciesUs.sort((a, b) => a - b);
  parentPort?.postMessage({
    nsPerRecord: ((performance.now() - begun) * 1e6) / (records - warmUpBatches * batch),
    p50Us: sorted[sorted.length >> 1] ?? 0,
    p99Us: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
    sum,
  });
};
let begun = 0;
const latenciesUs: number[] = [];
let sum = 0;
let taken = 0;

function received(values: readonly unknown[]): void {
  if (taken === warmUpBatches * batch) begun = performance.now();
  if (batchesPerSecond !== undefined && taken >= warmUpBatches * batch) latenciesUs.push(nowUs() - (values[0] as Bid).dateTime);
  for (const value of values) sum += (value as Bid).price;
  taken += values.length;
  if (taken === records) report();
}

/** Calls `send` for each batch, when it is due; `ready` says whether the other side has room. */
function sends(ready: () => boolean, send: (values: Bid[]) => void): Stepped & { step(): boolean } {
  const data = JSON.parse(JSON.stringify(bids(16_384))) as Bid[];
  const made = Array.from({ length: Math.floor(data.length / batch) }, (_, index) => data.slice(index * batch, (index + 1) * batch));
  let sent = 0;
  let nextUs = 0;
  return {
    queued: false,
    times: { stepped: () => undefined },
    step() {
      if (sent >= batches || !ready()) return false;
      const values = made[sent % made.length] as Bid[];
      if (batchesPerSecond !== undefined && sent >= warmUpBatches) {
        if (sent === warmUpBatches) nextUs = nowUs() + 50_000;
        while (nowUs() < nextUs);
        (values[0] as Bid).dateTime = nowUs();
        nextUs += 1_000_000 / batchesPerSecond;
      }
      send(values);
      sent++;
      return sent < batches;
    },
  };
}

/** The bare cost of waking another thread that waits on its event loop. */
function wakeUps(): void {
  const words = new Int32Array(memory.doorbells[0] as SharedArrayBuffer);
  const times = new Float64Array(memory.rings[1] as SharedArrayBuffer, 192, 1);
  if (role === "sender") {
    const paced = sends(
      () => true,
      (values) => {
        times[0] = (values[0] as Bid).dateTime;
        Atomics.add(words, 0, 1);
        Atomics.notify(words, 0);
      },
    );
    setTimeout(() => {
      while (paced.step());
    }, 300);
    return;
  }
  const wait = (seen: number): void => {
    const { async, value } = Atomics.waitAsync(words, 0, seen);
    const woken = (): void => {
      const now = Atomics.load(words, 0);
      if (now > warmUpBatches) latenciesUs.push(nowUs() - (times[0] as number));
      if (now >= batches) report();
      else wait(now);
    };
    if (async) void value.then(woken);
    else woken();
  };
  wait(0);
}

function overExchange(): void {
  const wake = (): void => worker.wake(task);
  const exchange = new ThreadExchange(physical, memory, role === "sender" ? 0 : 1, wake);
  const worker = new Worker(nodePorts, exchange);
  const task = role === "sender" ? sender(exchange) : receiver(exchange);
  worker.wake(task);
  setTimeout(() => worker.start(), 300);
}

function sender(exchange: ThreadExchange): Stepped {
  const channel = exchange.sending(edge as NonNullable<typeof edge>, 0, 1);
  const timestamps = Array.from({ length: batch }, (_, index) => 1_700_000_000_000 + index);
  return sends(
    () => !channel.full,
    (values) => channel.push({ kind: "batch", values, timestamps, marks: [] }),
  );
}

function receiver(exchange: ThreadExchange): Stepped {
  const channel = exchange.receiving(edge as NonNullable<typeof edge>, 0, 1);
  return {
    queued: false,
    times: { stepped: () => undefined },
    step() {
      const element = channel.poll();
      if (element?.kind === "batch") received(element.values);
      return element !== undefined;
    },
  };
}

function overMessages(): void {
  if (role === "receiver") {
    port.on("message", (values: Bid[]) => {
      received(values);
      Atomics.add(credits, 0, 1);
      Atomics.notify(credits, 0);
    });
    return;
  }
  let sent = 0;
  const sending = sends(
    () => {
      for (let seen = Atomics.load(credits, 0); sent - seen >= limits.channelBatchesMax; seen = Atomics.load(credits, 0))
        Atomics.wait(credits, 0, seen, 5);
      return true;
    },
    (values) => {
      port.postMessage(values);
      sent++;
    },
  );
  setTimeout(() => {
    while (sending.step());
  }, 300);
}

if (transport === "exchange") overExchange();
else if (transport === "postMessage") overMessages();
else wakeUps();
// Keeps the thread until it is ended.
parentPort?.on("message", () => undefined);
