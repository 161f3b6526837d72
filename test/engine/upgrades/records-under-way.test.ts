import { join } from "node:path";
import { type Codec, collection, defineJob, type JobDefinition, t } from "millrace";
import { fileSink } from "millrace/files";
import { describe, expect, it } from "vitest";
import { inDirectory, published, startNoted, until } from "../support.ts";

describe("records that asynchronous functions were called with", () => {
  interface Order {
    readonly n: number;
    readonly unit?: string;
  }
  const before = t.object({ n: t.integer() }) as Codec<Order>;
  const now = t.object({ n: t.number(), unit: t.withDefault(t.string(), "kg") }) as Codec<Order>;
  const narrowed = t.object({ n: t.literal(1) }) as Codec<Order>;

  function asking(codec: Codec<Order>, directory: string, answer: (order: Order) => string | Promise<string>): JobDefinition {
    return defineJob("asking", (env) => {
      env
        .from(collection([1, 2, 3]), { uid: "numbers" })
        .map((n): Order => (codec === now ? { n, unit: "g" } : { n }))
        .orderedWait((order) => answer(order), { uid: "ask", timeoutMs: 60_000, codec })
        .to(fileSink<string>(join(directory, "out")), { uid: "out" });
    });
  }

  it("are migrated with their type, or refused before anything runs", () =>
    inDirectory(async (directory) => {
      const stateDir = join(directory, "state");
      let asked = 0;
      const first = await startNoted(
        asking(before, directory, () => new Promise<string>(() => asked++)),
        stateDir,
      );
      await until(() => asked === 3);
      await first.job.stop();
      const answered = ({ n, unit }: Order): string => `${n} ${unit}`;
      await expect(startNoted(asking(narrowed, directory, answered), stateDir)).rejects.toMatchObject({
        code: "RESTORE_REFUSED",
        message: expect.stringContaining("- ask: records that it was called with: n: integer → 1"),
      });
      const { job, events } = await startNoted(asking(now, directory, answered), stateDir);
      await job.finished;
      expect(await published<string>(join(directory, "out"))).toEqual(["1 kg", "2 kg", "3 kg"]);
      expect(events).toContainEqual(
        expect.objectContaining({
          message: expect.stringContaining("its own state: migrated (n: integer → number; unit: new, its default in older data)"),
        }),
      );
    }));
});
