import { boundedOutOfOrderness, datagen, defineJob, type JobDefinition, type Sink } from "millrace";
import { countsOf100ms } from "./support.ts";

/** Numbers without an end, counted in windows of 100 each: a line for each. */
export function windows(sink: Sink<string>): JobDefinition {
  return defineJob("windows", (env) => {
    const numbers = env.from(datagen({ generate: (n: number) => n, ratePerSecond: 20_000 }), {
      uid: "numbers",
      watermarks: boundedOutOfOrderness(0, (n) => n),
    });
    countsOf100ms(numbers).to(sink, { uid: "out" });
  });
}
