import { datagen, defineJob, discard, t } from "millrace";
import { expect, it } from "vitest";
import { inDirectory, startNoted } from "./support.ts";

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
