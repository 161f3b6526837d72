import { datagen, defineJob, discard, params, type Sink, t } from "millrace";

/** A sink that takes a few records and then nothing any more. */
function stopped(): Sink<unknown> {
  const sink = discard<unknown>();
  return {
    ...sink,
    createWriter: (context) => {
      const writer = sink.createWriter(context);
      return { ...writer, open: async () => undefined, write: () => undefined, ready: () => new Promise<void>(() => undefined) };
    },
  };
}

/** Either at full speed into a sink that has stopped, or with a record a second. */
export default defineJob(
  "stuck",
  (env, { idle }) => {
    const source = idle
      ? datagen({ generate: (n: number) => ({ n, text: `record ${n}` }), ratePerSecond: 1 })
      : datagen({ generate: (n: number) => ({ n, text: `record ${n}` }) });
    env
      .from(source, { uid: "numbers" })
      .keyBy((record) => record.n % 100)
      .reduce((_, b) => b, { uid: "last", codec: t.object({ n: t.integer(), text: t.string() }) })
      .rebalance()
      .to(idle ? discard() : stopped(), { uid: "out" });
  },
  { parameters: { idle: params.boolean({ default: false }) } },
);
