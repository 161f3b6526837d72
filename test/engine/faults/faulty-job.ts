import { collection, defineJob, discard, type JobDefinition, type Sink, type StreamExecutionEnvironment } from "millrace";
import { upTo } from "../support.ts";

/** For jobs that fail: a few restarts, each after a moment. */
export const once = { restart: { kind: "fixedDelay", attempts: 5, delayMs: 10 } } as const;

/** A job of one name, which errors say. */
export function job(build: (env: StreamExecutionEnvironment) => void): JobDefinition {
  return defineJob("faulty", build);
}

/** A job over numbers whose map function is the one to test. */
export function mapping(fn: (n: number) => unknown, sink: Sink<unknown> = discard()): JobDefinition {
  return job((env) =>
    env
      .from(collection(upTo(100)), { uid: "numbers" })
      .map(fn, { uid: "mapped" })
      .rebalance()
      .to(sink, { uid: "out" }),
  );
}

/** Throws where an expression is needed. */
export function thrown(message: string): never {
  throw new RangeError(message);
}
