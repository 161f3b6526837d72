import { type Collector, datagen, defineJob, discard, state, t } from "millrace";
import { expect, it } from "vitest";
import { inDirectory, startNoted } from "./support.ts";

const KEYS = 100_000;

it("a value that a checkpoint can't encode is not blamed on the record that happens to be in hand", () =>
  inDirectory(async (stateDir) => {
    // Every value from the second of a key on is refused by its codec; those in between go unseen until the checkpoint.
    const job = defineJob("folds", (env) => {
      env
        .from(datagen({ generate: (n) => n, ratePerSecond: 100 }), { uid: "numbers" })
        .keyBy((n) => n % 2)
        .reduce((a) => a + 0.25, { uid: "folded", codec: t.integer() })
        .to(discard(), { uid: "out" });
    });
    const { job: handle } = await startNoted(job, stateDir, { checkpointIntervalMs: 100, restart: { kind: "none" } });
    const error = await handle.finished.catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: "CODEC_TYPE", where: { uid: "folded" } });
    expect((error as { where: { position?: string } }).where.position).toBeUndefined();
  }));

it("goes on while an operator takes nothing: a savepoint does not wait until it takes the next record", () =>
  inDirectory(async (stateDir) => {
    const asked = Promise.withResolvers<void>();
    const job = defineJob("held", (env) => {
      env
        .from(datagen({ generate: (n) => n }), { uid: "numbers" })
        .keyBy((n) => n)
        .process(
          {
            state: { seen: state.value(t.integer()) },
            processElement(n: number, context, out: Collector<number>) {
              context.state.seen.update(n);
              if (n >= KEYS) out.collect(n);
            },
          },
          { uid: "keys" },
        )
        .orderedWait(
          () => {
            asked.resolve();
            return new Promise<number>(() => {});
          },
          { uid: "ask", timeoutMs: 600_000, capacity: 1, codec: t.integer() },
        )
        .to(discard(), { uid: "out" });
    });
    const { job: handle } = await startNoted(job, stateDir, { checkpointIntervalMs: 600_000 });
    await Promise.race([asked.promise, handle.finished]);
    const { bytes } = await handle.savepoint();
    expect(bytes).toBeGreaterThan(KEYS);
    await handle.cancel();
  }));
