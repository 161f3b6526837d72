import { type Collector, type DataStream, sliding, state, t, tumbling } from "millrace";
import type { Reading } from "./jobs.ts";

export const joinBranchNames = ["intervalJoin", "windowJoin", "coGroup", "temporalJoin", "broadcast"] as const;
type JoinBranch = (typeof joinBranchNames)[number];

const reading = t.object({ sensor: t.string(), at: t.integer(), value: t.integer() });
const codecs = { left: reading, right: reading };

// Results do not depend on how the two ways interleave; of two readings of one time, sensor and value either may be meant.
const even = ({ value }: Reading): boolean => value % 2 === 0;
const low = ({ value }: Reading): boolean => value < 40;
const sensorOf = ({ sensor }: Reading): string => sensor;

export const joinBranches: Readonly<Record<JoinBranch, (all: DataStream<Reading>) => DataStream<string>[]>> = {
  intervalJoin: (all) => [
    all
      .filter(even)
      .keyBy(sensorOf)
      .intervalJoin(all.filter(low).keyBy(sensorOf))
      .between(-100, 60, { upperExclusive: true })
      .fullOuter()
      .select((left, right) => `intervalJoin ${left === undefined ? "-" : show(left)} ${right === undefined ? "-" : show(right)}`, {
        uid: "interval-join",
        ...codecs,
      }),
  ],
  windowJoin: (all) => [
    all
      .filter(even)
      .join(all.filter(low))
      .where(sensorOf)
      .equalTo(sensorOf)
      .window(tumbling(150))
      .apply((left, right, { window }) => `windowJoin ${window.start} ${show(left)} ${show(right)}`, { uid: "window-join", ...codecs }),
  ],
  coGroup: (all) => [
    all
      .filter(even)
      .coGroup(all.filter(low))
      .where(sensorOf)
      .equalTo(sensorOf)
      .window(sliding(600, 200))
      .apply((left, right, { key, window }) => `coGroup ${key} ${window.start} ${sum(left)} ${sum(right)}`, { uid: "co-group", ...codecs }),
  ],
  temporalJoin: (all) => [
    all
      .filter(even)
      .keyBy(sensorOf)
      .temporalJoin(all.filter(low).keyBy(sensorOf))
      .validFor(200)
      .leftOuter()
      .select((left, version) => `temporalJoin ${show(left)} ${version === undefined ? "-" : show(version)}`, {
        uid: "temporal-join",
        left: reading,
        version: reading,
      }),
  ],
  broadcast: (all) => [
    all
      .filter(even)
      .keyBy(({ value }) => value % 10)
      .connect(all.filter(low).broadcast({ highest: state.map(t.string(), t.integer()) }))
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
      ),
  ],
};

/** When this timer fires, both inputs have ended. */
const AFTER_ALL = 1e12;

export const joinOracles: Readonly<Record<JoinBranch, (input: readonly Reading[]) => string[]>> = {
  intervalJoin: (input) => {
    const joins = (a: Reading, b: Reading): boolean => a.sensor === b.sensor && b.at - a.at >= -100 && b.at - a.at < 60;
    const [left, right] = [input.filter(even), input.filter(low)];
    return [
      ...left.flatMap((a) => right.filter((b) => joins(a, b)).map((b) => `intervalJoin ${show(a)} ${show(b)}`)),
      ...left.filter((a) => !right.some((b) => joins(a, b))).map((a) => `intervalJoin ${show(a)} -`),
      ...right.filter((b) => !left.some((a) => joins(a, b))).map((b) => `intervalJoin - ${show(b)}`),
    ].sort();
  },
  windowJoin: (input) => {
    const start = ({ at }: Reading): number => Math.floor(at / 150) * 150;
    const right = input.filter(low);
    const partners = (a: Reading): Reading[] => right.filter((b) => a.sensor === b.sensor && start(a) === start(b));
    return input
      .filter(even)
      .flatMap((a) => partners(a).map((b) => `windowJoin ${start(a)} ${show(a)} ${show(b)}`))
      .sort();
  },
  coGroup: (input) => {
    const windows = new Map<string, [Reading[], Reading[]]>();
    for (const one of input) {
      for (let start = Math.floor(one.at / 200) * 200; start > one.at - 600; start -= 200) {
        const place = `coGroup ${one.sensor} ${start}`;
        const sides: [Reading[], Reading[]] = windows.get(place) ?? [[], []];
        if (even(one)) sides[0].push(one);
        if (low(one)) sides[1].push(one);
        if (sides[0].length + sides[1].length > 0) windows.set(place, sides);
      }
    }
    return [...windows].map(([place, [left, right]]) => `${place} ${sum(left)} ${sum(right)}`).sort();
  },
  temporalJoin: (input) =>
    input
      .filter(even)
      .map((one) => {
        const before = input.filter((other) => low(other) && other.sensor === one.sensor && other.at <= one.at && one.at - other.at <= 200);
        const latest = before.reduce<Reading | undefined>((best, other) => (best === undefined || other.at >= best.at ? other : best), undefined);
        return `temporalJoin ${show(one)} ${latest === undefined ? "-" : show(latest)}`;
      })
      .sort(),
  broadcast: (input) => {
    const highest = new Map<string, number>();
    for (const { sensor, value } of input.filter(low)) highest.set(sensor, Math.max(value, highest.get(sensor) ?? 0));
    const counts = Map.groupBy(input.filter(even), ({ value }) => value % 10);
    return [...counts].map(([key, ones]) => `broadcast ${key} ${ones.length} ${[...highest.entries()].sort().join(" ")}`).sort();
  },
};

function sum(readings: readonly Reading[]): string {
  return `${readings.length}/${readings.reduce((total, { value }) => total + value, 0)}`;
}

function show({ sensor, at, value }: Reading): string {
  return `${sensor} ${at} ${value}`;
}
