import { existsSync, writeFileSync } from "node:fs";
import type { ReaderOutput, SourceReader, SourceSplit } from "@millrace/contracts";
import { type DataStream, datagen, defineJob, params, type Sink, type Source } from "millrace";
import { fileSink } from "millrace/files";
import { slowed } from "../support.ts";

export interface Sent {
  readonly n: number;
  readonly from: number;
}
export interface Received extends Sent {
  readonly to: number;
}

type Deal = (sent: DataStream<Sent>) => DataStream<Sent>;

export const deals = {
  forward: (sent) => sent.forward(),
  rebalance: (sent) => sent.rebalance(),
  rescale: (sent) => sent.rescale(),
  shuffle: (sent) => sent.shuffle(),
  broadcast: (sent) => sent.broadcast(),
  global: (sent) => sent.global(),
  custom: (sent) =>
    sent.partitionCustom(
      (key: number, partitions) => key % partitions,
      ({ n }) => n,
    ),
} satisfies Record<string, Deal>;

/** A source whose records say which subtask read them. */
function tagged(source: Source<number, SourceSplit>): Source<Sent, SourceSplit> {
  return {
    ...source,
    createReader(context) {
      const reader = source.createReader(context);
      const poll: SourceReader<Sent, SourceSplit>["poll"] = (output, max) => {
        const plain: ReaderOutput<number> = {
          collect: (split, n, timestamp) => output.collect(split, { n, from: context.subtask }, timestamp),
          side: (name, value) => output.side(name, value),
          splitFinished: (split) => output.splitFinished(split),
          get stop() {
            return output.stop;
          },
        };
        return reader.poll(plain, max);
      };
      return new Proxy(reader, {
        get(target, name) {
          if (name === "poll") return poll;
          const member: unknown = Reflect.get(target, name, target);
          return typeof member === "function" ? member.bind(target) : member;
        },
      }) as unknown as SourceReader<Sent, SourceSplit>;
    },
  };
}

/** A sink that notes which subtask wrote a record. */
function tagging(sink: Sink<Received>): Sink<Sent> {
  return {
    ...sink,
    createWriter(context) {
      const writer = sink.createWriter(context);
      return {
        open: (states) => writer.open(states),
        ready: () => writer.ready(),
        prepare: (checkpointId) => writer.prepare(checkpointId),
        endInput: () => writer.endInput?.(),
        close: () => writer.close(),
        write: (one, timestamp) => writer.write({ ...one, to: context.subtask }, timestamp),
      };
    },
  };
}

/** Numbers that say which subtask sent them and which received them; fails once when it is told a file to remember it by. */
export default defineJob(
  "partitions",
  (env, { deal, out, count, senders, receivers, failure }) => {
    const sent = env.from(tagged(datagen({ generate: (n: number) => n, count })), { uid: "sender", parallelism: senders }).map(
      (one) => {
        if (failure !== "" && one.n === Math.floor(count / 2) && !existsSync(failure)) {
          writeFileSync(failure, "");
          throw new Error("once");
        }
        return one;
      },
      { parallelism: senders },
    );
    const sink = fileSink<Received>(out);
    deals[deal as keyof typeof deals](sent).to(tagging(failure === "" ? sink : slowed(sink)), { uid: "receiver", parallelism: receivers });
  },
  {
    parameters: {
      deal: params.string(),
      out: params.string(),
      count: params.number({ default: 600 }),
      senders: params.number({ default: 4 }),
      receivers: params.number({ default: 2 }),
      failure: params.string({ default: "" }),
    },
  },
);
