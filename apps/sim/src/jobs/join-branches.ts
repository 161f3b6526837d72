import { type Collector, type DataStream, sliding, state, t, tumbling } from "millrace";
import { dueAfterReadings, dueAt } from "../progress/due.ts";
import { AFTER_ALL, type Branch, exactly } from "./branch.ts";
import { type Reading, readingCodec, show } from "./reading.ts";

/** A branch of two ways through the job, and the lines that come out when nothing is late, by plain loops. */
export interface TwoWayBranch extends Branch {
  lines(input: readonly Reading[]): readonly string[];
}

// Results do not depend on how the two ways interleave.
export const isEven = ({ value }: Reading): boolean => value % 2 === 0;
export const isLow = ({ value }: Reading): boolean => value < 40;
export const sensorOf = ({ sensor }: Reading): string => sensor;
export const shown = (one: Reading | undefined): string => (one === undefined ? "-" : show(one));
/** When the window of a size that a time lies in begins. */
export const startOf = (at: number, size: number): number => Math.floor(at / size) * size;
export const codecs = { left: readingCodec, right: readingCodec };

/** Even readings with low ones of their sensor, from 100 ms before to less than 60 ms behind. */
export const intervals = (all: DataStream<Reading>) =>
  all.filter(isEven).keyBy(sensorOf).intervalJoin(all.filter(isLow).keyBy(sensorOf)).between(-100, 60, { upperExclusive: true });
export const meets = (a: Reading, b: Reading): boolean => a.sensor === b.sensor && b.at - a.at >= -100 && b.at - a.at < 60;

/** Even readings with low ones of their sensor, window by window. */
export const joined = (all: DataStream<Reading>) => all.filter(isEven).join(all.filter(isLow)).where(sensorOf).equalTo(sensorOf);
export const grouped = (all: DataStream<Reading>) => all.filter(isEven).coGroup(all.filter(isLow)).where(sensorOf).equalTo(sensorOf);

/** Even readings with the low one of their sensor that is valid at their time. */
export const versioned = (all: DataStream<Reading>) => all.filter(isEven).keyBy(sensorOf).temporalJoin(all.filter(isLow).keyBy(sensorOf));

export const joinBranches: readonly TwoWayBranch[] = [
  twoWays({
    name: "coFlatMap",
    due: dueAt(-2),
    ordered: false,
    build: (all) => [
      all
        .keyBy(sensorOf)
        .connect(all.filter(isLow).keyBy(sensorOf))
        .flatMap(
          (one) => (isEven(one) ? [`coFlatMap even ${show(one)}`] : []),
          (one) => [`coFlatMap low ${show(one)}`, `coFlatMap again ${show(one)}`],
        ),
    ],
    lines: (input) => [
      ...input.filter(isEven).map((one) => `coFlatMap even ${show(one)}`),
      ...input.filter(isLow).flatMap((one) => [`coFlatMap low ${show(one)}`, `coFlatMap again ${show(one)}`]),
    ],
  }),
  twoWays({
    name: "intervalJoin",
    due: dueAfterReadings(110),
    ordered: false,
    build: (all) => [
      intervals(all)
        .fullOuter()
        .select((left, right) => `intervalJoin ${shown(left)} ${shown(right)}`, { uid: "intervalJoin", ...codecs }),
    ],
    lines(input) {
      const [left, right] = [input.filter(isEven), input.filter(isLow)];
      return [
        ...left.flatMap((a) => right.filter((b) => meets(a, b)).map((b) => `intervalJoin ${show(a)} ${show(b)}`)),
        ...left.filter((a) => !right.some((b) => meets(a, b))).map((a) => `intervalJoin ${show(a)} -`),
        ...right.filter((b) => !left.some((a) => meets(a, b))).map((b) => `intervalJoin - ${show(b)}`),
      ];
    },
  }),
  twoWays({
    name: "windowJoin",
    due: dueAt(1, 149),
    ordered: false,
    build: (all) => [
      joined(all)
        .window(tumbling(150))
        .apply((left, right, { window }) => `windowJoin ${window.start} ${show(left)} ${show(right)}`, { uid: "windowJoin", ...codecs }),
    ],
    lines(input) {
      const right = input.filter(isLow);
      return input.filter(isEven).flatMap((a) => {
        const partners = right.filter((b) => a.sensor === b.sensor && startOf(a.at, 150) === startOf(b.at, 150));
        return partners.map((b) => `windowJoin ${startOf(a.at, 150)} ${show(a)} ${show(b)}`);
      });
    },
  }),
  twoWays({
    name: "coGroup",
    due: dueAt(2, 599),
    ordered: false,
    build: (all) => [
      grouped(all)
        .window(sliding(600, 200))
        .apply((left, right, { key, window }) => `coGroup ${key} ${window.start} ${sum(left)} ${sum(right)}`, { uid: "coGroup", ...codecs }),
    ],
    lines(input) {
      const windows = new Map<string, [Reading[], Reading[]]>();
      for (const one of input.filter((reading) => isEven(reading) || isLow(reading))) {
        for (let start = startOf(one.at, 200); start > one.at - 600; start -= 200) {
          const place = `coGroup ${one.sensor} ${start}`;
          const sides: [Reading[], Reading[]] = windows.get(place) ?? [[], []];
          windows.set(place, sides);
          if (isEven(one)) sides[0].push(one);
          if (isLow(one)) sides[1].push(one);
        }
      }
      return [...windows].map(([place, [left, right]]) => `${place} ${sum(left)} ${sum(right)}`);
    },
  }),
  twoWays({
    name: "temporalJoin",
    due: dueAt(2),
    ordered: true,
    build: (all) => [
      versioned(all)
        .validFor(200)
        .leftOuter()
        .select((left, version) => `temporalJoin ${show(left)} ${shown(version)}`, {
          uid: "temporalJoin",
          left: readingCodec,
          version: readingCodec,
        }),
    ],
    lines: (input) =>
      input.filter(isEven).map((one) => {
        const valid = input.filter((other) => isLow(other) && other.sensor === one.sensor && other.at <= one.at && one.at - other.at <= 200);
        return `temporalJoin ${show(one)} ${shown(latestOf(valid))}`;
      }),
  }),
  twoWays({
    name: "broadcast",
    ordered: false,
    build: (all) => [broadcastHighest(all)],
    lines(input) {
      const highest = new Map<string, number>();
      for (const { sensor, value } of input.filter(isLow)) highest.set(sensor, Math.max(value, highest.get(sensor) ?? 0));
      const counts = Map.groupBy(input.filter(isEven), ({ value }) => value % 10);
      return [...counts].map(([key, ones]) => `broadcast ${key} ${ones.length} ${[...highest.entries()].sort().join(" ")}`);
    },
  }),
];

/** The highest low value of each sensor in every subtask, told by each key at the end. */
function broadcastHighest(all: DataStream<Reading>): DataStream<string> {
  return all
    .filter(isEven)
    .keyBy(({ value }) => value % 10)
    .connect(all.filter(isLow).broadcast({ highest: state.map(t.string(), t.integer()) }))
    .process(
      {
        state: { count: state.value(t.integer()) },
        processElement(_one, { state: { count }, timers }, _out: Collector<string>) {
          count.update((count.value() ?? 0) + 1);
          timers.registerEventTimeTimer(AFTER_ALL);
        },
        processBroadcastElement({ sensor, value }, { broadcastState: { highest } }) {
          highest.put(sensor, Math.max(value, highest.get(sensor) ?? 0));
        },
        onTimer(_time, { currentKey, state: { count }, broadcastState: { highest } }, out) {
          out.collect(`broadcast ${currentKey()} ${count.value()} ${[...highest.entries()].sort().join(" ")}`);
        },
      },
      { uid: "broadcast" },
    );
}

function twoWays(branch: Omit<TwoWayBranch, "judge" | "severalWays">): TwoWayBranch {
  return { ...branch, severalWays: true, judge: exactly(branch.name, branch.lines) };
}

/** Of one time the last that came. */
function latestOf(readings: readonly Reading[]): Reading | undefined {
  return readings.reduce<Reading | undefined>((best, one) => (best === undefined || one.at >= best.at ? one : best), undefined);
}

function sum(readings: readonly Reading[]): string {
  return `${readings.length}/${readings.reduce((total, { value }) => total + value, 0)}`;
}
