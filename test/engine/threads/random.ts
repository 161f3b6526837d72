import { defineJob, params } from "millrace";
import { fileSink } from "millrace/files";
import { readings } from "../jobs.ts";
import { branches, randomJob } from "../random-jobs.ts";

/** A random graph: which branches it has follows from the seed. */
export default defineJob(
  "random",
  (env, { out, count, seed }) => {
    const input = readings(count, seed, 200);
    const chosen = branches.filter((_, index) => ((seed * 2_654_435_761) >>> (index * 3)) % 3 !== 0);
    randomJob(input, chosen.length === 0 ? branches : chosen, 200, fileSink<string>(out)).build(env, {});
  },
  { parameters: { out: params.string(), count: params.number({ default: 40_000 }), seed: params.number({ default: 1 }) } },
);
