import { datagen, defineJob, type JobDefinition, type Sink, t } from "millrace";
import { upTo } from "../support.ts";

/** Running totals over the numbers below `count`; endless without a count. */
export function totals(sink: Sink<number>, count?: number, ratePerSecond?: number): JobDefinition {
  return defineJob("totals", (env) => {
    const options = { ...(count === undefined ? {} : { count }), ...(ratePerSecond === undefined ? {} : { ratePerSecond }) };
    env
      .from(datagen({ generate: (n: number) => n, ...options }), { uid: "numbers" })
      .keyBy(() => 0)
      .reduce((a, b) => a + b, { uid: "totals", codec: t.integer() })
      .to(sink, { uid: "out" });
  });
}

/** What such a job gives for the numbers below `count`, in order. */
export function totalsUpTo(count: number): number[] {
  let total = 0;
  return upTo(count).map((n) => (total += n));
}
