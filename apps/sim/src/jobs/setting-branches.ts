import { type Collector, countEvictor, deltaEvictor, state, t, tumbling } from "millrace";
import { dueAt } from "../progress/due.ts";
import { AFTER_ALL, type Branch, exactly } from "./branch.ts";
import { isEven, sensorOf, startOf } from "./join-branches.ts";
import { type Reading, readingCodec, show } from "./reading.ts";

/** What can be set of nodes, states and evictors, and is nowhere else. */
export const settingBranches: readonly Branch[] = [
  {
    name: "ownTasks",
    due: dueAt(-2),
    ordered: false,
    // Queues where otherwise a function calls the next.
    build: (all) => [
      all
        .map((one) => ({ ...one, value: one.value + 1 }), { disableChaining: true, name: "one more" })
        .filter(({ value }) => value % 3 !== 0, { startNewChain: true })
        .keyBy(({ value }) => BigInt(value), { key: t.bigint() })
        .process(
          {
            state: { count: state.value(t.integer()), values: state.list(t.integer()) },
            processElement(one, { state: { count, values }, currentKey }, out: Collector<string>) {
              const seen = (count.value() ?? 0) + 1;
              count.update(seen);
              // The last two.
              values.update([...values.get().slice(-1), Number(currentKey())]);
              if (values.get().length !== Math.min(2, seen)) throw new Error(`${values.get().length} values are kept of ${seen}`);
              out.collect(`ownTasks ${show(one)}`);
            },
          },
          { uid: "ownTasks", startNewChain: true, maxParallelism: 12 },
        )
        .map((line) => line, { disableChaining: true }),
    ],
    judge: exactly("ownTasks", (input) =>
      input.flatMap((one) => ((one.value + 1) % 3 === 0 ? [] : [`ownTasks ${show({ ...one, value: one.value + 1 })}`])),
    ),
  },
  {
    name: "mapEntries",
    ordered: false,
    // What is put, found and removed entry by entry and at once comes to the same in the end.
    build: (all) => [
      all
        .keyBy(({ value }) => value % 4)
        .process(
          {
            state: { times: state.map(t.integer(), t.string()), odd: state.map(t.string(), t.integer()) },
            processElement(one, { state: { times, odd }, timers }, _out: Collector<string>) {
              if (!isEven(one)) odd.putAll([[one.sensor, (odd.has(one.sensor) ? (odd.get(one.sensor) ?? 0) : 0) + 1]]);
              const before = times.get(one.at);
              times.put(one.at, before === undefined || one.sensor < before ? one.sensor : before);
              timers.registerEventTimeTimer(AFTER_ALL);
              timers.registerEventTimeTimer(one.at + 60);
            },
            onTimer(time, { state: { times, odd }, currentKey }, out) {
              for (const at of [...times.keys()].filter((known) => known + 60 <= time)) {
                out.collect(`mapEntries ${currentKey()} ${at} ${times.get(at)}`);
                times.remove(at);
              }
              if (time < AFTER_ALL) return;
              out.collect(
                `mapEntries ${currentKey()} all ${times.isEmpty()} ${[...odd.entries()].map(([sensor, count]) => `${sensor}=${count}`).sort()}`,
              );
              odd.clear();
            },
          },
          { uid: "mapEntries" },
        ),
    ],
    judge: exactly("mapEntries", (input) =>
      [...Map.groupBy(input, ({ value }) => value % 4)].flatMap(([key, ones]) => {
        const odd = Map.groupBy(
          ones.filter((one) => !isEven(one)),
          sensorOf,
        );
        const times = Map.groupBy(ones, ({ at }) => at);
        return [
          ...[...times].map(([at, those]) => `mapEntries ${key} ${at} ${those.map(sensorOf).sort()[0]}`),
          `mapEntries ${key} all true ${[...odd].map(([sensor, those]) => `${sensor}=${those.length}`).sort()}`,
        ];
      }),
    ),
  },
  {
    name: "evictAfter",
    due: dueAt(2, 499),
    ordered: true,
    build: (all) => {
      const near = deltaEvictor<Reading>(50, (one, last) => Math.abs(last.value - one.value));
      const evicted = all
        .keyBy(sensorOf)
        .window(tumbling(500))
        .evictor(near)
        .process(
          {
            process(ones, { key, window }, out: Collector<string>) {
              out.collect(`evictAfter ${key} ${window.start} ${[...ones].map(({ value }) => value).join("+")}`);
            },
          },
          { uid: "evictNear", codec: readingCodec },
        );
      const counted = all
        .keyBy(sensorOf)
        .countWindow(3, 1)
        .evictor(countEvictor(2, { after: true }))
        .reduce((a, b) => ({ ...b, value: a.value + b.value }), { uid: "evictAfter", codec: readingCodec })
        .map((one) => `evictAfter ${one.sensor} ${one.at} of ${one.value}`);
      return [evicted, counted];
    },
    judge: exactly("evictAfter", (input) =>
      [...Map.groupBy(input, sensorOf)].flatMap(([sensor, ones]) => {
        const near = [...Map.groupBy(ones, ({ at }) => startOf(at, 500))].map(([start, those]) => {
          const last = those.at(-1) as Reading;
          const kept = those.filter(({ value }) => Math.abs(last.value - value) < 50);
          return `evictAfter ${sensor} ${start} ${kept.map(({ value }) => value).join("+")}`;
        });
        const running = ones.map((one, index) => {
          const sum = ones.slice(Math.max(0, index - 2), index + 1).reduce((total, { value }) => total + value, 0);
          return `evictAfter ${sensor} ${one.at} of ${sum}`;
        });
        return [...near, ...running];
      }),
    ),
  },
];
