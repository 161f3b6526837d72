import { join } from "node:path";
import { type Collector, collect, datagen, defineJob, discard, type JobDefinition, type Operator, state, t } from "millrace";
import { describe, expect, it } from "vitest";
import { countOf, inDirectory, startNoted, until } from "../support.ts";

/** Keeps how many it has seen among its items, and tells what it was restored with. */
function counter(restored: unknown[]): () => Operator<number, number> {
  return () => {
    let seen = 0;
    return {
      async open() {},
      processElement() {
        seen++;
      },
      snapshotState: () => [seen],
      restoreState: (items: readonly unknown[]) => void restored.push(...items),
      async close() {},
    } as unknown as Operator<number, number>;
  };
}

const numbers = () => datagen({ generate: (n: number) => n, ratePerSecond: 1_000 });

function counting(restored: unknown[] = []): JobDefinition {
  return defineJob("job", (env) => {
    env.from(numbers(), { uid: "numbers" }).transform<number>(counter(restored), { uid: "node" }).to(discard(), { uid: "gone" });
  });
}

async function stopped(job: JobDefinition, stateDir: string): Promise<void> {
  const first = await startNoted(job, stateDir, { checkpointIntervalMs: 20 });
  await until(() => countOf(first.events, "checkpointCompleted") > 3);
  await first.job.stop();
}

describe("items of an operator of the job's own", () => {
  it("are not lost unasked when it goes", () =>
    inDirectory(async (directory) => {
      const stateDir = join(directory, "state");
      await stopped(counting(), stateDir);
      const without = defineJob("job", (env) => {
        env.from(numbers(), { uid: "numbers" }).to(discard(), { uid: "gone" });
      });
      await expect(startNoted(without, stateDir)).rejects.toMatchObject({ code: "RESTORE_REFUSED" });
      const { job } = await startNoted(without, stateDir, { allowDrop: ["node"] });
      await job.stop();
    }));

  it("are not given to a node of another kind", () =>
    inDirectory(async (directory) => {
      const stateDir = join(directory, "state");
      await stopped(counting(), stateDir);
      const asking = defineJob("job", (env) => {
        env
          .from(numbers(), { uid: "numbers" })
          .orderedWait(async (n) => n, { uid: "node", timeoutMs: 1_000 })
          .to(collect<number>(), { uid: "gone-2" });
      });
      await expect(startNoted(asking, stateDir, { allowDrop: ["gone"] })).rejects.toMatchObject({ code: "RESTORE_REFUSED" });
    }));

  it("are none of the broadcast state that the uid had", () =>
    inDirectory(async (directory) => {
      const stateDir = join(directory, "state");
      const rules = defineJob("job", (env) => {
        const read = env.from(numbers(), { uid: "numbers" });
        read
          .connect(read.broadcast({ last: state.map(t.string(), t.number()) }))
          .process(
            {
              processElement(n: number, _context, out: Collector<number>) {
                out.collect(n);
              },
              processBroadcastElement(n: number, { broadcastState }) {
                broadcastState.last.put("last", n);
              },
            },
            { uid: "node" },
          )
          .to(discard(), { uid: "gone" });
      });
      await stopped(rules, stateDir);
      const restored: unknown[] = [];
      const { job } = await startNoted(counting(restored), stateDir, { allowDrop: ["node"] });
      await job.stop();
      expect(restored).toEqual([]);
    }));
});
