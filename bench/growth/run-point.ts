/** One point in a process of its own: `node run-point.ts ORDER`, the order as JSON; prints the point as JSON. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type JobEvent, startJob } from "millrace";
import { median } from "../micro/measure.ts";
import { growthJob, keysOf, type Observer } from "./jobs.ts";
import type { Point, PointOrder } from "./points.ts";

const LOOK_EVERY = 256;
const LOOK_MS = 50;
const WARM_SHARE = 1 / 3;

/** Times records from the end of the warm-up on. */
class Meter implements Observer {
  stallMicros = 0;
  records = 0;
  #from: { readonly cpu: number; readonly at: number } | undefined;
  #last = Number.NaN;

  making(): void {
    if (this.#from === undefined || this.records++ % LOOK_EVERY !== 0) return;
    const now = threadMicros();
    this.stallMicros = Math.max(this.stallMicros, now - this.#last || 0);
    this.#last = now;
  }

  result(): void {}

  begin(): void {
    this.records = 0;
    this.stallMicros = 0;
    this.#last = Number.NaN;
    this.#from = { cpu: threadMicros(), at: performance.now() };
  }

  end(): Pick<Point, "cpuNanosPerRecord" | "recordsPerSecond" | "stallMs"> {
    const from = this.#from ?? { cpu: Number.NaN, at: Number.NaN };
    return {
      cpuNanosPerRecord: ((threadMicros() - from.cpu) * 1_000) / this.records,
      recordsPerSecond: (this.records * 1_000) / (performance.now() - from.at),
      stallMs: this.stallMicros / 1_000,
    };
  }
}

async function measured(order: PointOrder, stateDir: string): Promise<Point> {
  const filled = Promise.withResolvers<void>();
  const meter = new Meter();
  const { all } = keysOf(order);
  const observer: Observer = {
    making(index) {
      if (index === all) filled.resolve();
      meter.making();
    },
    result() {},
  };
  const options = { stateDir, backend: order.backend, checkpointIntervalMs: 1_000 };
  const job = await startJob(growthJob(order, observer), options);
  const checkpoints: (JobEvent & { kind: "checkpointCompleted" })[] = [];
  job.on((event) => {
    if (event.kind === "checkpointCompleted") checkpoints.push(event);
  });
  await Promise.race([filled.promise, job.finished]);
  // The checkpoint after the fill may have begun before its end: the one after that holds what was left, and no more of it comes.
  checkpoints.length = 0;
  while (checkpoints.length < 2) await paused(LOOK_MS);
  await paused(order.seconds * 1_000 * WARM_SHARE);
  checkpoints.length = 0;
  meter.begin();
  await paused(order.seconds * 1_000 * (1 - WARM_SHARE));
  while (checkpoints.length === 0) await paused(LOOK_MS);
  const speed = meter.end();
  await job.stop();
  return {
    axis: order.axis,
    value: order.value,
    ...speed,
    checkpointMs: median(checkpoints.map(({ durationMs }) => durationMs)),
    checkpointBytes: median(checkpoints.map(({ bytes }) => bytes)),
    recoveryMs: order.axis === "keys" ? await recovery(order, options) : Number.NaN,
  };
}

/** From the start of the stopped job to its first new result. */
async function recovery(order: PointOrder, options: Parameters<typeof startJob>[1]): Promise<number> {
  const first = Promise.withResolvers<number>();
  const start = performance.now();
  const job = await startJob(growthJob(order, { making() {}, result: () => first.resolve(performance.now() - start) }), options);
  const took = await first.promise;
  await job.cancel();
  return took;
}

function threadMicros(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

function paused(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const stateDir = await mkdtemp(join(tmpdir(), "millrace-growth-"));
try {
  console.log(JSON.stringify(await measured(JSON.parse(process.argv[2] ?? "") as PointOrder, stateDir)));
} finally {
  await rm(stateDir, { recursive: true, force: true });
}
