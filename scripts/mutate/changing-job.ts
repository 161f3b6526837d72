import { boundedOutOfOrderness, type Collector, datagen, defineJob, discard, type JobDefinition, state, t, tumbling } from "millrace";

export const changingStates = {
  last: state.value(t.integer()),
  seen: state.map(t.string(), t.integer()),
  values: state.list(t.integer()),
};

/** State that comes, changes and goes: values, lists and maps in pages, timers, windows. */
export function changingJob(): JobDefinition {
  return defineJob("changing", (env) => {
    const numbers = env.from(datagen({ generate: (n: number) => ({ n, key: `k${(n * 7) % 3}` }), ratePerSecond: 2_000 }), {
      uid: "numbers",
      watermarks: boundedOutOfOrderness(50, (record) => record.n),
    });
    numbers
      .keyBy((record) => record.key)
      .process(
        {
          state: changingStates,
          processElement({ n }, { state: { last, seen, values }, timers }, _out: Collector<number>) {
            last.update(n);
            if (n % 11 === 0) last.clear();
            seen.put(`s${n % 150}`, n);
            if (n % 5 === 0) seen.remove(`s${(n + 40) % 150}`);
            values.add(n);
            if (values.get().length > 100) values.update([n]);
            timers.registerEventTimeTimer(n + 100);
          },
          onTimer() {},
        },
        { uid: "kept" },
      )
      .to(discard(), { uid: "out" });
    numbers
      .keyBy((record) => record.n % 6)
      .window(tumbling(500))
      .reduce((_, b) => b, { uid: "windows", codec: t.object({ n: t.integer(), key: t.string() }) })
      .to(discard(), { uid: "gone" });
  });
}
