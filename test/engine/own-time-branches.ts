import { boundedOutOfOrderness, type DataStream, outputTag, session, skipToNext, state, t } from "millrace";
import type { Reading } from "./jobs.ts";

const reading = t.object({ sensor: t.string(), at: t.integer(), value: t.integer() });
const tooLate = outputTag<Reading>("tooLate");
const show = ({ sensor, at, value }: Reading): string => `${sensor} ${at} ${value}`;

/** Wide enough that nothing is late, however a restart has dealt out what was under way. */
const time = boundedOutOfOrderness<Reading>(10_000, (one) => one.at);

export const ownTimeNames = ["ownTime", "patternOrder", "rulesSeen"] as const;

/** Watermarks of the job's own and what may be late behind them; broadcast state whose effect no interleaving changes. */
export const ownTimeBranches: Readonly<Record<(typeof ownTimeNames)[number], (all: DataStream<Reading>) => DataStream<string>[]>> = {
  ownTime: (all) => [
    all
      .assignTimestampsAndWatermarks(time, { uid: "own-time" })
      .keyBy((one) => one.sensor)
      .window(session(90))
      .allowedLateness(40)
      .reduce((a, b) => ({ sensor: a.sensor, at: Math.min(a.at, b.at), value: a.value + b.value }), { uid: "own-time-sums", codec: reading })
      .map((one) => `ownTime ${show(one)}`),
  ],
  patternOrder: (all) => {
    const matches = all
      .map((one) => ({ ...one, at: Math.floor(one.at / 100) * 100 }))
      .assignTimestampsAndWatermarks(time, { uid: "pattern-time" })
      .keyBy((one) => one.sensor)
      .pattern((start) =>
        start
          .begin("first", skipToNext())
          .where(({ value }) => value < 50)
          .next("second")
          .where(({ value }) => value >= 30)
          .within(400),
      )
      .inEventTime()
      .orderBy((a, b) => b.value - a.value)
      .lateTo(tooLate)
      .select(({ first: [first], second: [second] }) => `patternOrder ${show(first)} ${show(second)}`, { uid: "pattern-order", codec: reading });
    return [matches, matches.sideOutput(tooLate).map((one) => `patternOrder late ${show(one)}`)];
  },
  rulesSeen: (all) => [
    all.connect(all.filter(({ value }) => value < 40).broadcast({ known: state.map(t.string(), t.integer()) })).process(
      {
        processElement(one, { broadcastState: { known } }, out: { collect(line: string): void }) {
          out.collect(`rulesSeen ${show(one)} ${known.has(one.sensor) && known.get(one.sensor) === undefined}`);
        },
        processBroadcastElement({ sensor }, { broadcastState: { known } }) {
          known.put(sensor, (known.get(sensor) ?? 0) + 1);
        },
      },
      { uid: "rules-seen" },
    ),
  ],
};
