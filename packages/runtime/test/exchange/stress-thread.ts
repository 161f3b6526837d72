import { parentPort, workerData } from "node:worker_threads";
import { assert, seededRandom } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";
import type { PhysicalEdge, PhysicalPlan } from "@millrace/plan";
import type { ReceivingChannel, SendingChannel } from "../../src/channel/channel.ts";
import type { StreamElement } from "../../src/channel/element.ts";
import type { ExchangeMemory } from "../../src/exchange/exchange-memory.ts";
import { ThreadExchange } from "../../src/exchange/thread-exchange.ts";
import { type Stepped, Worker } from "../../src/worker/worker.ts";

// One thread of the stress test: subtask `thread` of a task that sends through every edge to all subtasks of another, and
// of that other one, which checks that each channel gives what went in, in order.

export interface StressStart {
  readonly physical: PhysicalPlan;
  readonly memory: ExchangeMemory;
  readonly thread: number;
  readonly seed: number;
  /** Elements that each sender sends through each channel. */
  readonly elements: number;
}

const { physical, memory, thread, seed, elements } = workerData as StressStart;
const random = seededRandom(seed * 1_000 + thread);
const below = (n: number): number => random.uint32() % n;
const edges = physical.tasks.flatMap((task) => task.outputs);
const tasks = new Map<string, Stepped>();
const wake = (id: string): void => {
  const task = tasks.get(id);
  if (task !== undefined) worker.wake(task);
};
const exchange = new ThreadExchange(physical, memory, thread, wake);
const worker = new Worker(nodePorts, exchange);
const receivers = physical.tasks[1]?.parallelism ?? 0;
const times = { stepped: () => undefined };

/** Comes back after a random while, or never rests. */
function rests(id: string): boolean {
  if (below(20) !== 0) return false;
  if (below(2) === 0) setImmediate(() => wake(id));
  else setTimeout(() => wake(id), below(3));
  return true;
}

interface Outgoing {
  readonly channel: SendingChannel;
  sent: number;
}

class Sender implements Stepped {
  queued = false;
  readonly times = times;
  readonly #id = `0/${thread}`;
  readonly #open: Outgoing[] = edges.flatMap((edge) =>
    Array.from({ length: receivers }, (_, to) => ({ channel: exchange.sending(edge, thread, to), sent: 0 })),
  );
  #resting = false;

  step(): boolean {
    if (this.#open.length === 0 || this.#resting) {
      this.#resting = false;
      return this.#open.length > 0;
    }
    if (this.#open.some(({ channel }) => channel.full)) return false;
    const index = below(this.#open.length);
    const outgoing = this.#open[index] as Outgoing;
    if (outgoing.sent === elements) {
      outgoing.channel.push({ kind: "end" });
      this.#open.splice(index, 1);
      return true;
    }
    push(outgoing.channel, outgoing.sent++);
    this.#resting = rests(this.#id);
    return !this.#resting;
  }
}

/** The number in one of several forms, short and long. */
function push(channel: SendingChannel, number: number): void {
  const form = below(8);
  channel.push(elementOf(number, form));
}

function elementOf(number: number, form: number): StreamElement {
  if (form === 0) return { kind: "watermark", watermark: number };
  if (form === 1) return { kind: "barrier", checkpointId: number + 1, alignmentTimeoutMs: 0, unaligned: false, suspends: number % 2 === 0 };
  const text = "x".repeat(form === 2 ? below(40_000) : below(50));
  const count = 1 + below(3);
  const values = Array.from({ length: count }, () => ({ number, text }));
  return {
    kind: "batch",
    values,
    timestamps: values.map(() => number),
    marks: [{ at: 1, element: { kind: "watermark", watermark: number } }],
  };
}

interface Incoming {
  readonly channel: ReceivingChannel;
  readonly name: string;
  received: number;
}

class Receiver implements Stepped {
  queued = false;
  readonly times = times;
  readonly #id = `1/${thread}`;
  readonly #open: Incoming[] = edges.flatMap((edge: PhysicalEdge) =>
    Array.from({ length: receivers }, (_, from) => ({
      channel: exchange.receiving(edge, from, thread),
      name: `edge ${edge.id} from ${from} to ${thread}`,
      received: 0,
    })),
  );

  step(): boolean {
    // Some channels are left alone for a while, as at a barrier.
    const shunned = below(3) === 0 ? below(this.#open.length) : -1;
    for (const [index, incoming] of this.#open.entries()) {
      if (index === shunned) continue;
      const element = incoming.channel.poll();
      if (element === undefined) continue;
      if (element.kind === "end") {
        assert(incoming.received === elements, `${incoming.name} ended after ${incoming.received}`);
        this.#open.splice(index, 1);
        if (this.#open.length === 0) parentPort?.postMessage("done");
        return this.#open.length > 0;
      }
      assert(numberOf(element) === incoming.received, `${incoming.name}: ${numberOf(element)} where ${incoming.received} was due`);
      incoming.received++;
      return !rests(this.#id);
    }
    if (shunned >= 0) setImmediate(() => wake(this.#id));
    return false;
  }
}

function numberOf(element: Exclude<ReturnType<ReceivingChannel["poll"]>, undefined>): number {
  if (element.kind === "watermark") return element.watermark;
  if (element.kind === "barrier") return element.checkpointId - 1;
  assert(element.kind === "batch", `an element of kind ${element.kind}`);
  const numbers = new Set([...element.values.map((value) => (value as { number: number }).number), ...element.timestamps]);
  assert(numbers.size === 1, "a batch of one number");
  return [...numbers][0] as number;
}

tasks.set(`0/${thread}`, new Sender());
tasks.set(`1/${thread}`, new Receiver());
parentPort?.postMessage("ready");
// Keeps the thread alive: waiting for a doorbell alone would not.
parentPort?.on("message", () => {
  for (const task of tasks.values()) worker.wake(task);
  worker.start();
});
