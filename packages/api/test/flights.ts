import { expect } from "vitest";
import { buildJob, type DataStream, defineJob, outputTag, type StreamExecutionEnvironment, t } from "../src/index.ts";
import { sinkOf, sourceOf } from "./connectors.ts";

export interface Flight {
  readonly origin: string;
  readonly delay: number;
  readonly at: number;
  readonly gate?: string | undefined;
}

export const flightCodec = t.object({ origin: t.string(), delay: t.number(), at: t.number(), gate: t.optional(t.undefinable(t.string())) });

export const late = outputTag<Flight>("late");

/** Builds a job on a stream of flights, so that what type tests compile is also what is accepted at run time. */
export function build(streams: (flights: DataStream<Flight>, env: StreamExecutionEnvironment) => void): void {
  const job = defineJob("types", (env) => {
    const flights = env.from(sourceOf<Flight>(), { uid: "flights" });
    streams(flights, env);
    flights.to(sinkOf(), { uid: "out" });
  });
  expect(buildJob(job).plan.nodes.length).toBeGreaterThan(1);
}
