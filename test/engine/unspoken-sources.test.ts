import { join } from "node:path";
import { collection, defineJob } from "millrace";
import { fileSink } from "millrace/files";
import { expect, it } from "vitest";
import { answeringLate, countOf, inDirectory, pause, published, startNoted, until, upTo } from "./support.ts";

it("no checkpoint is taken before every source knows whether it has anything to read: its barrier would go ahead of what it says of event time", () =>
  inDirectory(async (directory) => {
    const [out, stateDir] = [join(directory, "out"), join(directory, "state")];
    const mayAnswer = Promise.withResolvers<void>();
    const job = defineJob("late-answers", (env) => {
      env
        .from(answeringLate(collection(upTo(200)), mayAnswer.promise, [0]), { uid: "in" })
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
