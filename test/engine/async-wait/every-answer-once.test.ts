import { join } from "node:path";
import { collect, type StartOptions, startJob } from "millrace";
import { fileSink } from "millrace/files";
import { describe, expect, it } from "vitest";
import { countOf, expectSame, inDirectory, published, slowed, startNoted, until } from "../support.ts";
import { answer, answers, numbersJob } from "./answers.ts";

describe("asynchronous calls in a job", () => {
  it.each([true, false])("are made for every record and come out once (ordered: %s)", async (ordered) => {
    const sink = collect<number>();
    await (await startJob(numbersJob(500, sink, ordered), { ephemeral: true })).finished;
    if (ordered) expect(sink.values).toEqual(answers(500));
    else expectSame([...sink.values], answers(500));
  });

  const variations: readonly StartOptions[] = [
    { parallelism: 1, batchSize: 1, backend: "heap" },
    { parallelism: 3, batchSize: 64, alignmentTimeoutMs: 0, backend: "heap" },
    { parallelism: 2, dev: true, interpret: true, backend: "disk" },
  ];
  it.each(variations)("are made again after failures, and every answer is published once: %o", (options) =>
    inDirectory(async (directory) => {
      const failures = new Set([40, 333, 700]);
      const fails = async (n: number, context: { readonly attempt: number }): Promise<number> => {
        if (!failures.has(n)) return answer(n, context);
        // The last attempt fails the job; after the restart all is well.
        if (context.attempt === 3) failures.delete(n);
        throw new Error(`once ${n}`);
      };
      const out = join(directory, "out");
      const job = numbersJob(1_000, slowed(fileSink<number>(out)), false, fails);
      const result = await (await startNoted(job, join(directory, "state"), { ...options, checkpointIntervalMs: 3 })).job.finished;
      expect(result.restarts).toBeGreaterThan(0);
      expectSame(await published<number>(out), answers(1_000));
    }),
  );

  it("under way are dealt out anew when a run goes on at other parallelisms", () =>
    inDirectory(async (directory) => {
      const out = join(directory, "out");
      const parallelisms = [1, 3, 2, 4, 1];
      let stops = 0;
      for (const parallelism of parallelisms) {
        const job = numbersJob(4_000, slowed(fileSink<number>(out), 2), parallelism % 2 === 0);
        const { job: running, events } = await startNoted(job, join(directory, "state"), { parallelism, batchSize: 8, checkpointIntervalMs: 3 });
        const done = running.finished.then(() => true);
        await until(async () => countOf(events, "checkpointCompleted") > 1 || (await Promise.race([done, Promise.resolve(false)])));
        // A machine that is slow to look may find it at its end.
        if ((await running.stop()).end !== "stopped") break;
        stops++;
      }
      if (stops === parallelisms.length)
        await (await startNoted(numbersJob(4_000, fileSink<number>(out), true), join(directory, "state"), { parallelism: 2 })).job.finished;
      expect(stops).toBeGreaterThan(2);
      expectSame(await published<number>(out), answers(4_000));
    }));
});
