/** The keyed job as a module, which worker threads can build: all records come from the first thread, and half of the keys live in the second. */
import { writeFileSync } from "node:fs";
import { defineJob, params, type Sink } from "millrace";
import { keyedCount, keyFor } from "./jobs.ts";
import { Latencies } from "./latencies.ts";
import { openLoop, type Timed } from "./open-loop.ts";
import { Schedule } from "./schedule.ts";

export default defineJob(
  "latency-crossing",
  (env, { keys, rate, seconds, warmUntilNanos, out }) => {
    const records = env.from(
      openLoop(new Schedule(rate, seconds), keyFor(keys), () => {}),
      { uid: "records" },
    );
    keyedCount(records).to(timesInFile(warmUntilNanos, out), { uid: "arrivals" });
  },
  {
    parameters: {
      keys: params.number(),
      rate: params.number(),
      seconds: params.number(),
      warmUntilNanos: params.number(),
      out: params.string(),
    },
  },
);

/** Writes the quantiles of what came to the second subtask, all of it from another thread, to a file. */
function timesInFile(warmUntilNanos: number, out: string): Sink<Timed> {
  return {
    name: "arrivals",
    guarantee: "none",
    description: {},
    createWriter({ subtask }) {
      const latencies = new Latencies(warmUntilNanos);
      return {
        open: async () => {},
        write: ({ due }) => latencies.arrived(due),
        ready: () => undefined,
        prepare: async () => ({ committables: [], states: [] }),
        close: async () => {
          const quantiles = latencies.quantiles();
          if (subtask === 1) writeFileSync(out, JSON.stringify(quantiles));
        },
      };
    },
  };
}
