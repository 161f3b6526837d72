import { defineJob, params } from "millrace";
import { fileSink } from "millrace/files";
import { everythingJob, readings } from "../jobs.ts";
import { slowed } from "../slowed.ts";

/** `everythingJob` as a module of its own, which worker threads can build. */
export default defineJob(
  "everything",
  (env, { out, count, seed, pauseMs }) => {
    const sink = fileSink<string>(out);
    everythingJob(readings(count, seed), pauseMs > 0 ? slowed(sink, pauseMs) : sink).build(env, {});
  },
  {
    parameters: {
      out: params.string(),
      count: params.number({ default: 10_000 }),
      seed: params.number({ default: 1 }),
      pauseMs: params.number({ default: 0 }),
    },
  },
);
