import { MillraceError } from "@millrace/core";
import { type FlinkOptions, flinkCommand } from "../flink-harness.ts";
import { lastLineOf, type Side, type SideOrder, type SideRun } from "./side.ts";

/** What the Java program prints. */
interface FlinkLine {
  readonly rows: number;
  readonly peak_rss_mb: number;
  readonly warm_events: number;
  readonly warm_seconds: number;
  readonly warm_cpu_s: number;
}

/** Apache Flink with the same queries on its DataStream API, in a JVM of its own for every run. Built at the first run. */
export function flinkSide(): Side {
  return {
    name: "flink",
    run: async (order) => {
      const { command, args, env } = flinkCommand(optionsOf(order));
      const line = (await lastLineOf(command, args, env)) as FlinkLine;
      if (typeof line.warm_events !== "number") {
        throw new MillraceError("NEXMARK_SIDE", "Flink's side does not say how many events it has timed: it was built from something else", {
          hint: "unset NEXMARK_BUILD, or remove what it names",
        });
      }
      const run: SideRun = {
        events: line.warm_events,
        seconds: line.warm_seconds,
        cpuSeconds: line.warm_cpu_s,
        rows: line.rows,
        peakRssMb: line.peak_rss_mb,
      };
      return run;
    },
  };
}

function optionsOf({ query, generator, state, parallelism, checkpointIntervalMs, out }: SideOrder): FlinkOptions {
  const { events, seed, eventRate, firstTs, shuffle, extras } = generator;
  return {
    query,
    events,
    seed,
    "event-rate": eventRate,
    "first-ts": firstTs,
    shuffle,
    extras: extras ? "on" : "off",
    state: state === "heap" ? "hashmap" : "rocksdb",
    parallelism,
    "checkpoint-ms": checkpointIntervalMs,
    ...(out === undefined ? {} : { sink: "file", out }),
  };
}
