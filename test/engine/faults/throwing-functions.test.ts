import { collect, collection, datagen, discard, type Sink, startJob, state, t } from "millrace";
import { describe, expect, it } from "vitest";
import { inDirectory, startNoted, upTo } from "../support.ts";
import { job, mapping, once, thrown } from "./faulty-job.ts";

it("an asynchronous call that fails names the record that it was made for", async () => {
  const asking = job((env) => {
    env
      .from(collection(upTo(100)), { uid: "numbers" })
      .orderedWait(async (n) => (n === 70 ? thrown("no answer") : n), { uid: "ask", timeoutMs: 1_000 })
      .to(discard(), { uid: "out" });
  });
  const running = await startJob(asking, { ephemeral: true, restart: { kind: "none" } });
  await expect(running.finished).rejects.toMatchObject({ where: { uid: "ask", position: "collection[70]" } });
});

describe("a function that throws", () => {
  const failingAt = (bad: (n: number) => boolean, sink: Sink<unknown> = discard()) =>
    job((env) => {
      env
        .from(collection(upTo(1_000)), { uid: "numbers" })
        .keyBy((n) => `k${n % 3}`)
        .process(
          {
            state: { seen: state.value(t.integer()) },
            emits: t.integer(),
            processElement(n, { state: { seen } }, out) {
              if (bad(n)) throw new RangeError("too much");
              seen.update((seen.value() ?? 0) + 1);
              out.collect(n);
            },
          },
          { uid: "count" },
        )
        .to(sink, { uid: "out" });
    });

  for (const interpret of [false, true]) {
    it(`on one record fails the job at its second try, with uid, key and position (${interpret ? "interpreted" : "compiled"})`, () =>
      inDirectory(async (stateDir) => {
        const running = await startJob(
          failingAt((n) => n === 500),
          { stateDir, interpret, ...once },
        );
        await expect(running.finished).rejects.toMatchObject({
          code: "JOB_POISON_RECORD",
          message: expect.stringContaining("too much"),
          where: { job: "faulty", uid: "count", key: '"k2"', position: "collection[500]" },
          cause: { code: "USER_FUNCTION", cause: expect.any(RangeError) },
        });
      }));
  }

  for (const interpret of [false, true]) {
    it(`behind an exchange fails the job just so, and tells the record by its content (${interpret ? "interpreted" : "compiled"})`, () =>
      inDirectory(async (stateDir) => {
        const running = await startJob(
          failingAt((n) => n === 500),
          { stateDir, interpret, parallelism: 3, ...once },
        );
        await expect(running.finished).rejects.toMatchObject({
          code: "JOB_POISON_RECORD",
          where: { uid: "count", key: '"k2"', position: expect.stringMatching(/^record [0-9a-f]{16}$/) },
        });
        expect(running.status().restarts).toBe(1);
      }));
  }

  it("on other records each time is restarted, and every result is there once", () =>
    inDirectory(async (stateDir) => {
      const failed = new Set<number>();
      const sink = collect<unknown>();
      const bad = (n: number) => n % 300 === 299 && !failed.has(n) && failed.add(n).size > 0;
      const { job: running } = await startNoted(failingAt(bad, sink), stateDir);
      expect((await running.finished).restarts).toBe(3);
      expect([...sink.values].sort((a, b) => Number(a) - Number(b))).toEqual(upTo(1_000));
    }));

  it("fails the job also when its error and the cause of that cause each other", async () => {
    const [one, other] = [new Error("one"), new Error("other")];
    one.cause = other;
    other.cause = one;
    const round = mapping(() => {
      throw one;
    });
    const running = await startJob(round, { ephemeral: true, restart: { kind: "none" } });
    await expect(running.finished).rejects.toThrow("one");
  });

  it("on a record of an endless source fails the job with its position", async () => {
    const endless = job((env) => {
      env
        .from(datagen({ generate: (n: number) => n }), { uid: "numbers" })
        .map(
          (n) => {
            if (n === 1_234) throw new Error("enough");
            return n;
          },
          { uid: "mapped" },
        )
        .to(discard(), { uid: "out" });
    });
    const running = await startJob(endless, { ephemeral: true, ...once });
    await expect(running.finished).rejects.toMatchObject({ code: "JOB_POISON_RECORD", where: { uid: "mapped", position: "datagen[1234]" } });
  });
});
