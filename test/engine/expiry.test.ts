import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { datagen, defineJob, discard, type JobDefinition, state, t } from "millrace";
import { openSnapshot } from "millrace/state";
import { it } from "vitest";
import { inDirectory, startNoted, until } from "./support.ts";

const keys = 200;
const ttlMs = 300;

/** Writes every key once, and then goes on without touching any. */
function forgetting(): JobDefinition {
  return defineJob("forgetting", (env) => {
    env
      .from(datagen({ generate: (n: number) => n, ratePerSecond: 2_000 }), { uid: "numbers" })
      .filter((n) => n < keys)
      .keyBy((n) => n)
      .process(
        {
          state: { seen: state.value(t.integer(), { ttlMs }) },
          emits: t.integer(),
          processElement(n, { state: { seen } }) {
            seen.update(n);
          },
        },
        { uid: "see" },
      )
      .to(discard(), { uid: "out" });
  });
}

/** Values in the newest checkpoint. */
async function valuesIn(checkpoints: string): Promise<number> {
  const newest = (await readdir(checkpoints))
    .filter((name) => name.startsWith("chk-") && name.endsWith(".json"))
    .sort()
    .at(-1);
  if (newest === undefined) return 0;
  const snapshot = await openSnapshot(join(checkpoints, newest));
  let values = 0;
  for await (const batch of snapshot.entries({ uid: "see" })) values += batch.length;
  return values;
}

for (const backend of ["heap", "disk"] as const) {
  it(`what has expired leaves state and checkpoints though nobody asks for it, on the ${backend}`, async () => {
    await inDirectory(async (directory) => {
      const { job } = await startNoted(forgetting(), directory, { backend, checkpointIntervalMs: 50 });
      const values = (): Promise<number> => valuesIn(join(directory, "checkpoints")).catch(() => -1);
      await until(async () => (await values()) === keys);
      await until(async () => (await values()) === 0);
      await job.cancel();
    });
  }, 40_000);
}
