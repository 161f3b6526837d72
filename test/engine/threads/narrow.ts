import { limits, seededRandom } from "@millrace/core";
import { defineJob, params, type Sink } from "millrace";
import { fileSink } from "millrace/files";
import { type Reading, readings } from "../jobs.ts";
import { branches, randomJob } from "../random-jobs.ts";

const PAUSE_MS_MAX = 2;
const cell = new Int32Array(new SharedArrayBuffer(4));

/** Stands still for a random while, now and then: the whole thread does, with all that is in it. */
function pauses(seed: number, every: number): () => void {
  const random = seededRandom(seed);
  return () => {
    if (random.uint32() % every === 0) Atomics.wait(cell, 0, 0, (random.uint32() % 1_000) * (PAUSE_MS_MAX / 1_000));
  };
}

function pausing<T>(sink: Sink<T>, pause: () => void): Sink<T> {
  return {
    ...sink,
    createWriter: (context) => {
      const writer = sink.createWriter(context);
      const write = writer.write.bind(writer);
      writer.write = (value, timestamp) => {
        pause();
        write(value, timestamp);
      };
      return writer;
    },
  };
}

const ordinary = { ...limits };
const one = { channelBatchesMax: 1, remoteChannelBatchesMax: 1, batchRecordsMax: 1, channelBytesMax: 1 };

/** `narrow`: every channel that this thread makes from here on has room for one element. */
export default defineJob(
  "narrow",
  (env, { out, count, seed, narrow }) => {
    Object.assign(limits, narrow ? one : ordinary);
    const pause = pauses(seed, narrow ? 100 : 1 << 30);
    const touch = (reading: Reading): Reading => {
      pause();
      return reading;
    };
    const random = seededRandom(seed);
    const chosen = branches.filter(() => random.uint32() % 3 === 0);
    const sink = pausing(fileSink<string>(out), pause);
    randomJob(readings(count, seed, 200), chosen.length === 0 ? branches : chosen, 200, sink, touch).build(env, {});
  },
  {
    parameters: {
      out: params.string(),
      count: params.number({ default: 300 }),
      seed: params.number({ default: 1 }),
      narrow: params.boolean({ default: false }),
    },
  },
);
