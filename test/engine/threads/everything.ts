import { defineJob, params } from "millrace";
import { fileSink } from "millrace/files";
import { everythingJob, readings } from "../jobs.ts";

/** `everythingJob` as a module of its own, which worker threads can build. */
export default defineJob("everything", (env, { out, count, seed }) => everythingJob(readings(count, seed), fileSink<string>(out)).build(env, {}), {
  parameters: { out: params.string(), count: params.number({ default: 10_000 }), seed: params.number({ default: 1 }) },
});
