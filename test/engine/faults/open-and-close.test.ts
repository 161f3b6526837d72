import { join } from "node:path";
import { collection, discard, type Sink, startJob, t } from "millrace";
import { fileSink } from "millrace/files";
import { describe, expect, it } from "vitest";
import { inDirectory, published, startNoted, upTo } from "../support.ts";
import { job } from "./faulty-job.ts";

describe("a function that throws", () => {
  it("in open fails the job and names the node", async () => {
    const opening = job((env) => {
      env
        .from(collection([1]), { uid: "numbers" })
        .process({ open: () => Promise.reject(new Error("no connection")), processElement() {} }, { uid: "opened" })
        .to(discard(), { uid: "out" });
    });
    await expect(startJob(opening, { ephemeral: true, restart: { kind: "none" } })).rejects.toMatchObject({
      code: "USER_FUNCTION",
      message: expect.stringContaining("no connection"),
      where: { uid: "opened" },
    });
  });

  it("in open closes what was opened before it", async () => {
    const events: string[] = [];
    const noted = (name: string): Sink<number> => ({
      ...discard<number>(),
      createWriter: (context) => ({
        ...discard<number>().createWriter(context),
        open: async () => void events.push(`${name} opened`),
        close: async () => void events.push(`${name} closed`),
      }),
    });
    const opening = job((env) => {
      const numbers = env.from(collection([1]), { uid: "numbers" });
      numbers.to(noted("sink"), { uid: "out" });
      numbers
        .process(
          {
            emits: t.integer(),
            open: () => Promise.reject(new Error("no connection")),
            processElement() {},
            close: () => void events.push("function closed"),
          },
          { uid: "opened" },
        )
        .to(discard(), { uid: "nowhere" });
    });
    await expect(startJob(opening, { ephemeral: true, restart: { kind: "none" } })).rejects.toThrow("no connection");
    expect(events).toEqual(["sink opened", "sink closed", "function closed"]);
  });

  it("in close does not undo what has been published", () =>
    inDirectory(async (directory) => {
      const closing = job((env) => {
        env
          .from(collection(upTo(10)), { uid: "numbers" })
          .process(
            {
              emits: t.integer(),
              processElement: (n, _context, out) => out.collect(n),
              close: () => {
                throw new Error("connection lost");
              },
            },
            { uid: "closed" },
          )
          .to(fileSink(join(directory, "out")), { uid: "out" });
      });
      const { job: running, events } = await startNoted(closing, join(directory, "state"));
      expect((await running.finished).end).toBe("finished");
      expect(events).toContainEqual(expect.objectContaining({ kind: "warning", message: expect.stringContaining("connection lost") }));
      expect((await published<number>(join(directory, "out"))).sort()).toEqual(upTo(10));
    }));
});
