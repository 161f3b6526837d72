import { type Collector, type DataStream, state, t } from "millrace";
import { dueAt } from "../progress/due.ts";
import { AFTER_ALL, type Branch, exactly } from "./branch.ts";
import { type Reading, show } from "./reading.ts";

const low = ({ value }: Reading): boolean => value < 40;

/** Branches over every kind of exchange, and over broadcast state. */
export const exchangeBranches: readonly Branch[] = [
  {
    name: "partitions",
    due: dueAt(-2),
    ordered: false,
    build: (all) => {
      const ways: readonly DataStream<Reading>[] = [
        all.rebalance(),
        all.shuffle(),
        all.rescale().map((one) => one, { parallelism: 3 }),
        all.forward(),
        all.global(),
        all.partitionCustom(
          (value: number, partitions) => value % partitions,
          (one) => one.value,
        ),
      ];
      return ways.map((way, index) => way.filter(({ value }) => value % 6 === index).map((one) => `partitions ${index} ${show(one)}`));
    },
    judge: exactly("partitions", (input) => input.map((one) => `partitions ${one.value % 6} ${show(one)}`)),
  },
  {
    name: "rules",
    ordered: false,
    racing: true,
    build: (all) => [
      all.connect(all.filter(low).broadcast({ known: state.map(t.string(), t.integer()) })).process(
        {
          processElement(one, { broadcastState: { known } }, out: Collector<string>) {
            out.collect(`rules ${show(one)} ${known.get(one.sensor) ?? 0}`);
          },
          processBroadcastElement({ sensor }, { broadcastState: { known } }) {
            known.put(sensor, (known.get(sensor) ?? 0) + 1);
          },
        },
        { uid: "rules" },
      ),
    ],
    // How many rules a reading sees depends on how the two interleave; each reading is there once, and no rule counts twice.
    judge(input, lines) {
      const rules = new Map<string, number>();
      for (const { sensor } of input.filter(low)) rules.set(sensor, (rules.get(sensor) ?? 0) + 1);
      const excess = lines.find((line) => Number(line.split(" ").at(-1)) > (rules.get(line.split(" ")[1] ?? "") ?? 0));
      if (excess !== undefined) return `rules: more than there are: ${excess}`;
      const bare = lines.map((line) => line.slice(0, line.lastIndexOf(" ")));
      return exactly("rules", () => input.map((one) => `rules ${show(one)}`))(input, bare);
    },
  },
  {
    name: "spread",
    severalWays: true,
    ordered: false,
    // What a broadcast element does to the state of all keys, and what it leaves for keys that come later, meet in the end.
    build: (all) => [
      all
        .keyBy(({ value }) => value % 10)
        .connect(all.filter(low).broadcast({ sums: state.map(t.string(), t.integer()) }))
        .process(
          {
            state: { missed: state.map(t.string(), t.integer()), told: state.map(t.string(), t.integer()) },
            processElement(_one, { state: { missed, told }, broadcastState: { sums }, timers }, _out: Collector<string>) {
              timers.registerEventTimeTimer(AFTER_ALL);
              if (missed.has("")) return;
              missed.put("", 0);
              told.put("", 0);
              for (const [sensor, sum] of sums.entries()) missed.put(sensor, sum);
            },
            processBroadcastElement({ sensor, value }, { broadcastState: { sums }, applyToKeyedState }) {
              sums.put(sensor, (sums.get(sensor) ?? 0) + value);
              applyToKeyedState("told", (_key, told) => told.put(sensor, (told.get(sensor) ?? 0) + value));
            },
            onTimer(_time, { currentKey, state: { missed, told } }, out) {
              const sums = new Map<string, number>();
              for (const [sensor, sum] of [...missed.entries(), ...told.entries()]) {
                if (sensor !== "") sums.set(sensor, (sums.get(sensor) ?? 0) + sum);
              }
              out.collect(`spread ${currentKey()} ${[...sums].sort().join(" ")}`);
            },
          },
          { uid: "spread" },
        ),
    ],
    judge: exactly("spread", (input) => {
      const sums = new Map<string, number>();
      for (const { sensor, value } of input.filter(low)) sums.set(sensor, (sums.get(sensor) ?? 0) + value);
      return [...new Set(input.map(({ value }) => value % 10))].map((key) => `spread ${key} ${[...sums].sort().join(" ")}`);
    }),
  },
];
