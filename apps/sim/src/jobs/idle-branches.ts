import { boundedOutOfOrderness, type Collector, customWatermarks, type DataStream, noWatermarks, state, t, tumbling } from "millrace";
import { dueAt } from "../progress/due.ts";
import { type Branch, exactly } from "./branch.ts";
import { codecs, isEven, isLow, sensorOf, shown } from "./join-branches.ts";
import { type Reading, show } from "./reading.ts";
import { sums } from "./window-branches.ts";
import { fixedWindowSums } from "./window-judges.ts";

const timeOf = ({ at }: Reading): number => at;
/** So few that they are idle most of the time, when checkpoints are taken, too. */
const isRare = ({ value }: Reading): boolean => value % 16 === 3;

/** Further than any input reaches: event time is behind all of it. */
const FAR_MS = 1_000_000;
/** More than readings of one file are out of order. */
const BOUND_MS = 300;
const BUCKET_MS = 250;

/** Sums of 250 ms by timers, and each reading of the other way at once: what comes on the other way goes by no event time. */
const told = {
  state: { sums: state.map(t.integer(), t.integer()) },
  endOf: ({ at }: Reading): number => (Math.floor(at / BUCKET_MS) + 1) * BUCKET_MS - 1,
};

function tellingLines(name: string, input: readonly Reading[], isAside: (one: Reading) => boolean): string[] {
  const found = new Map<string, number>();
  for (const one of input) {
    const place = `${name} sum ${told.endOf(one)} ${one.sensor}`;
    found.set(place, (found.get(place) ?? 0) + one.value);
  }
  return [...[...found].map(([place, sum]) => `${place} ${sum}`), ...input.filter(isAside).map((one) => `${name} aside ${one.at} ${show(one)}`)];
}

/** Event time of their own, which holds that of others back for as long as they are not idle, and never tells of more. */
function farBehind(ones: DataStream<Reading>, uid: string): DataStream<Reading> {
  const strategy = boundedOutOfOrderness<Reading>(FAR_MS, timeOf).withIdleness(60);
  return ones.assignTimestampsAndWatermarks(strategy, { uid, everyRecords: 2, quietMs: 30 });
}

// Streams that may be idle beside others. None of their records goes by event time, which may be ahead of them when they come back.
export const idleBranches: readonly Branch[] = [
  {
    name: "idleBeside",
    due: dueAt(2),
    ordered: false,
    build: (all) => [
      all
        .keyBy(sensorOf)
        .connect(farBehind(all.filter(isRare), "idleTime").keyBy(sensorOf))
        .process(
          {
            state: told.state,
            processElement1(one, { state: { sums: found }, timers }, _out: Collector<string>) {
              const end = told.endOf(one);
              found.put(end, (found.get(end) ?? 0) + one.value);
              timers.registerEventTimeTimer(end);
            },
            processElement2(one, _context, out) {
              out.collect(`idleBeside aside ${one.at} ${show(one)}`);
            },
            onTimer(time, { state: { sums: found }, currentKey }, out) {
              out.collect(`idleBeside sum ${time} ${currentKey()} ${found.get(time)}`);
              found.remove(time);
            },
          },
          { uid: "idleBeside" },
        ),
    ],
    judge: exactly("idleBeside", (input) => tellingLines("idleBeside", input, isRare)),
  },
  {
    name: "idleUnion",
    due: dueAt(2),
    ordered: false,
    // One that never tells of event time at all, and one that holds it back now and then.
    build: (all) => {
      const marked = (ones: DataStream<Reading>): DataStream<{ one: Reading; isAside: boolean }> => ones.map((one) => ({ one, isAside: true }));
      const silent = all
        .filter((one) => isLow(one) && isEven(one))
        .assignTimestampsAndWatermarks(noWatermarks(timeOf).withIdleness(20), { uid: "silentTime", intervalMs: 40 });
      const odd = farBehind(
        all.filter((one) => isLow(one) && !isEven(one)),
        "oddTime",
      );
      return [
        all
          .map((one) => ({ one, isAside: false }))
          .union(marked(silent), marked(odd))
          .keyBy(({ one }) => one.sensor)
          .process(
            {
              state: told.state,
              processElement({ one, isAside }, { state: { sums: found }, timers }, out: Collector<string>) {
                if (isAside) return out.collect(`idleUnion aside ${one.at} ${show(one)}`);
                const end = told.endOf(one);
                found.put(end, (found.get(end) ?? 0) + one.value);
                timers.registerEventTimeTimer(end);
              },
              onTimer(time, { state: { sums: found }, currentKey }, out) {
                out.collect(`idleUnion sum ${time} ${currentKey()} ${found.get(time)}`);
                found.remove(time);
              },
            },
            { uid: "idleUnion" },
          ),
      ];
    },
    judge: exactly("idleUnion", (input) => tellingLines("idleUnion", input, isLow)),
  },
  {
    name: "heldBack",
    severalWays: true,
    ordered: true,
    // Event time of its own, and never idle: what goes its way is late for nobody, however far ahead the others are.
    build: (all) => {
      const strategy = boundedOutOfOrderness<Reading>(BOUND_MS, timeOf).withIdleness(10 * 3_600_000);
      const slow = all.filter(isLow).assignTimestampsAndWatermarks(strategy, { uid: "slowTime", everyRecords: 1 });
      const both = all.filter((one) => !isLow(one)).union(slow);
      return [sums("heldBack", both.keyBy(sensorOf).window(tumbling(200)))];
    },
    judge: exactly("heldBack", (input) => fixedWindowSums("heldBack", input, 200, 200)),
  },
  {
    name: "heldJoin",
    severalWays: true,
    ordered: true,
    // The same with two inputs, of which the others keep what the slow one has yet to come to.
    build: (all) => {
      const strategy = boundedOutOfOrderness<Reading>(BOUND_MS, timeOf);
      const slow = all.filter(isEven).assignTimestampsAndWatermarks(strategy, { uid: "slowLeft", everyRecords: 3 });
      const pairs = slow
        .keyBy(sensorOf)
        .intervalJoin(all.filter(isLow).keyBy(sensorOf))
        .between(-100, 60, { lowerExclusive: true })
        .leftOuter()
        .select((left, right) => `heldJoin ${show(left)} ${shown(right)}`, { uid: "heldJoin", ...codecs });
      return [pairs];
    },
    judge: exactly("heldJoin", (input) => {
      const lows = input.filter(isLow);
      return input.filter(isEven).flatMap((a) => {
        const partners = lows.filter((b) => a.sensor === b.sensor && b.at - a.at > -100 && b.at - a.at <= 60);
        return partners.length === 0 ? [`heldJoin ${show(a)} -`] : partners.map((b) => `heldJoin ${show(a)} ${show(b)}`);
      });
    }),
  },
  {
    name: "clockedTime",
    ordered: true,
    // The clock says when its event time goes on, by a generator of its own; windows are complete all the same. It is never idle: beside subtasks that
    // have ended, what it has yet to come to would be late. Nothing of it is due in a lull: at another parallelism its time begins anew with the next record.
    build: (all) => {
      const bounded = boundedOutOfOrderness<Reading>(BOUND_MS, timeOf);
      const strategy = customWatermarks<Reading>("clocked", () => bounded.createGenerator(), timeOf);
      const clocked = all.assignTimestampsAndWatermarks(strategy, { uid: "clocked", everyRecords: 0, intervalMs: 25 });
      return [sums("clockedTime", clocked.keyBy(sensorOf).window(tumbling(150)))];
    },
    judge: exactly("clockedTime", (input) => fixedWindowSums("clockedTime", input, 150, 150)),
  },
];
