import {
  type Collector,
  type DataStream,
  datagen,
  defineJob,
  defineKeyedProcess,
  type JobDefinition,
  monotonousTimestamps,
  sliding,
  state,
  t,
} from "millrace";
import { watching } from "../watching-sink.ts";
import type { PointOrder } from "./points.ts";

const CHURN_OF_KEYS = 10_000;
const KEYS_OF_CHURN = 1_000_000;
const KEYS_OF_WINDOWS = 1_000;
const SLIDE_MS = 1_000;
const RECORDS_PER_MS = 10;
/** 200 bytes a key, as a row of an application might have. */
const PADDING = "x".repeat(180);

interface Reading {
  readonly key: number;
  readonly time: number;
}

/** Told of what happens in a job. */
export interface Observer {
  /** Before each record is made. */
  making(index: number): void;
  /** A result came out. */
  result(): void;
}

/** Keys that the state holds once it is filled, and how many of them change after that. */
export function keysOf({ axis, value }: PointOrder): { readonly all: number; readonly changing: number } {
  switch (axis) {
    case "keys":
      return { all: value, changing: Math.min(value, CHURN_OF_KEYS) };
    case "churn":
      return { all: KEYS_OF_CHURN, changing: value };
    case "operators":
    case "windows":
      return { all: KEYS_OF_WINDOWS, changing: KEYS_OF_WINDOWS };
  }
}

/** Fills the state key by key, and then changes some of the keys for ever. */
export function growthJob(order: PointOrder, observer: Observer): JobDefinition {
  const { all, changing } = keysOf(order);
  return defineJob(`growth-${order.axis}`, (env) => {
    const generate = (index: number): Reading => {
      observer.making(index);
      return { key: index < all ? index : index % changing, time: Math.floor(index / RECORDS_PER_MS) };
    };
    const readings = env.from(datagen({ generate }), { uid: "readings", watermarks: monotonousTimestamps((reading: Reading) => reading.time) });
    behind(order, readings).to(
      watching<object>("results", () => observer.result()),
      { uid: "results" },
    );
  });
}

const counts = defineKeyedProcess({
  state: { row: state.value(t.object({ count: t.integer(), padding: t.string() })) },
  processElement({ key }: Reading, context, out: Collector<object>) {
    const count = (context.state.row.value()?.count ?? 0) + 1;
    context.state.row.update({ count, padding: PADDING });
    out.collect({ key, count });
  },
});

function behind({ axis, value }: PointOrder, readings: DataStream<Reading>): DataStream<object> {
  switch (axis) {
    case "keys":
    case "churn":
      return readings.keyBy(({ key }) => key).process(counts, { uid: "counts" });
    case "operators": {
      let stream = readings;
      for (let i = 0; i < value; i++) stream = stream.map(({ key, time }) => ({ key, time: time + i }));
      return stream;
    }
    case "windows":
      return readings
        .keyBy(({ key }) => key)
        .window(sliding(SLIDE_MS * value, SLIDE_MS))
        .aggregate(
          { accumulator: t.integer(), createAccumulator: () => 0, add: (_reading, count) => count + 1, getResult: (count) => ({ count }) },
          { uid: "windows" },
        );
  }
}
