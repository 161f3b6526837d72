import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { flinkCommand } from "../nexmark/flink-harness.ts";
import type { Quantiles } from "./latencies.ts";

export interface FlinkOrder {
  /** `latency`: a keyed count behind an exchange; `latency-chain`: the same without one. */
  readonly query: "latency" | "latency-chain";
  readonly bufferTimeoutMs: number;
  readonly ratePerSecond: number;
  readonly seconds: number;
  readonly warmSeconds: number;
  readonly checkpointIntervalMs: number;
}

interface Line {
  readonly rows: number;
  /** p50, p90, p99, p99.9, p99.99, max in microseconds. */
  readonly from_due: readonly [number, number, number, number, number, number];
}

/** Latencies of bids on Apache Flink, from the time at which each was due. */
export async function flinkLatencies(order: FlinkOrder): Promise<Quantiles> {
  const { command, args, env } = flinkCommand({
    query: order.query,
    events: order.ratePerSecond * order.seconds,
    rate: order.ratePerSecond,
    "warmup-s": order.warmSeconds,
    "buffer-timeout-ms": order.bufferTimeoutMs,
    "checkpoint-ms": order.checkpointIntervalMs,
  });
  const { stdout } = await promisify(execFile)(command, args, { env });
  const found = stdout.split("\n").find((text) => text.includes("from_due"));
  if (found === undefined) throw new Error(`Flink printed no latencies: ${stdout.slice(0, 500)}`);
  const { rows, from_due: due } = JSON.parse(found) as Line;
  return { records: rows, p50: due[0], p99: due[2], p999: due[3], max: due[5], gcMax: Number.NaN, stallMax: Number.NaN };
}
