import { seededRandom } from "@millrace/core";
import { defineJob, params } from "millrace";
import { fileSink } from "millrace/files";
import { readings } from "../jobs.ts";
import { branches, randomJob } from "../random-jobs.ts";

/** A random graph: which branches it has follows from the seed. */
export default defineJob(
  "random",
  (env, { out, count, seed }) => {
    const input = readings(count, seed, 200);
    const random = seededRandom(seed);
    const chosen = branches.filter(() => random.uint32() % 3 === 0);
    randomJob(input, chosen.length === 0 ? branches : chosen, 200, fileSink<string>(out)).build(env, {});
  },
  { parameters: { out: params.string(), count: params.number({ default: 40_000 }), seed: params.number({ default: 1 }) } },
);
