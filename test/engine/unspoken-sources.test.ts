import { join } from "node:path";
import type { Source } from "millrace";
import { collection, defineJob } from "millrace";
import { fileSink } from "millrace/files";
import { expect, it } from "vitest";
import { countOf, inDirectory, pause, published, startNoted, until, upTo } from "./support.ts";

/** Its enumerator answers no subtask but the first before it may. */
function answeringLate<T>(source: Source<T>, mayAnswer: Promise<void>): Source<T> {
  return {
    ...source,
    createEnumerator: (context, restored) => {
      const enumerator = source.createEnumerator(context, restored);
      return {
        start: () => enumerator.start(),
        requestSplit: (subtask) => {
          if (subtask === 0) enumerator.requestSplit(subtask);
          else void mayAnswer.then(() => enumerator.requestSplit(subtask));
        },
        addSplitsBack: (splits) => enumerator.addSplitsBack(splits),
        snapshot: () => enumerator.snapshot(),
        close: () => enumerator.close(),
      };
    },
  };
}

it("no checkpoint is taken before every source knows whether it has anything to read: its barrier would go ahead of what it says of event time", () =>
  inDirectory(async (directory) => {
    const [out, stateDir] = [join(directory, "out"), join(directory, "state")];
    const mayAnswer = Promise.withResolvers<void>();
    const job = defineJob("late-answers", (env) => {
      env
        .from(answeringLate(collection(upTo(200)), mayAnswer.promise), { uid: "in" })
        .rebalance()
        .map((n) => n, { uid: "same" })
        .to(fileSink<number>(out), { uid: "out" });
    });
    const { job: running, events } = await startNoted(job, stateDir, { parallelism: 2 });
    const savepoint = running.savepoint();
    await pause(60);
    expect(countOf(events, "checkpointCompleted")).toBe(0);
    mayAnswer.resolve();
    await until(() => countOf(events, "checkpointCompleted") > 0);
    await Promise.allSettled([savepoint]);
    expect((await running.finished).end).toBe("finished");
    expect((await published<number>(out)).toSorted((a, b) => a - b)).toEqual(upTo(200));
  }));
