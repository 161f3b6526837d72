import { collection, defineJob, type Source } from "millrace";
import { expect, it } from "vitest";
import { countOf, inDirectory, observing, startNoted, upTo } from "./support.ts";

/** A source whose readers ask for a split when they are made, as Flink's do when they are started, and not again before it is there. */
function askingAtOnce<T>(source: Source<T>): Source<T> {
  return {
    ...source,
    createReader: (context) => {
      let waits = true;
      context.requestSplit();
      const reader = source.createReader({ ...context, requestSplit: () => (waits ? undefined : context.requestSplit()) });
      return {
        addSplits(splits) {
          waits = false;
          reader.addSplits(splits);
        },
        noMoreSplits: () => reader.noMoreSplits(),
        poll: (output, limit) => reader.poll(output, limit),
        snapshot: () => reader.snapshot(),
        position: () => reader.position(),
        close: () => reader.close(),
      };
    },
  };
}

it("a reader may ask for a split when it is made, also after a restart: its request waits for the enumerator", { timeout: 20_000 }, () =>
  inDirectory(async (stateDir) => {
    const seen = new Set<number>();
    let failed = false;
    const job = defineJob("early-requests", (env) => {
      env
        .from(askingAtOnce(collection(upTo(100))), { uid: "in" })
        .rebalance()
        .map((n) => {
          if (n === 50 && !failed) {
            failed = true;
            throw new Error("once");
          }
          return n;
        })
        .to(
          observing((n) => seen.add(n)),
          { uid: "out" },
        );
    });
    const { job: running, events } = await startNoted(job, stateDir, { parallelism: 2 });
    expect((await running.finished).end).toBe("finished");
    expect([seen.size, countOf(events, "restarting")]).toEqual([100, 1]);
  }),
);
