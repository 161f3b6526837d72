import { nodePorts } from "@millrace/core/node";
import { collection, defineJob, discard, type Sink, startJob } from "millrace";
import { FaultyFiles, fault } from "millrace/testing";
import { expect, it } from "vitest";
import { inDirectory } from "./support.ts";

type Call = "open" | "close" | "close the committer";

/** Two-phase, in name; it fails at what it is told to, and what was closed is noted. */
function sink(name: string, fails: readonly Call[], closed: string[]): Sink<number> {
  const call = async (what: Call): Promise<void> => {
    if (what === "close") closed.push(`writer of ${name}`);
    if (fails.includes(what)) throw new Error(`${name} can't be ${what === "open" ? "opened" : "closed"}`);
  };
  const inner = discard<number>();
  return {
    ...inner,
    name,
    createWriter: (context) => ({ ...inner.createWriter(context), open: () => call("open"), close: () => call("close") }),
    createCommitter: () => ({
      commit: async (ids) => ({ committed: ids.length, alreadyCommitted: 0 }),
      close: async () => {
        closed.push(`committer of ${name}`);
        if (fails.includes("close the committer")) throw new Error(`what publishes for ${name} can't be closed`);
      },
    }),
  };
}

it("a job that can't begin says why, and not what it comes upon as it closes the rest, all of which is closed", async () => {
  const closed: string[] = [];
  const job = defineJob("closing", (env) => {
    env.from(collection([1, 2, 3]), { uid: "first" }).to(sink("one", ["close"], closed), { uid: "one" });
    env.from(collection([1, 2, 3]), { uid: "second" }).to(sink("two", ["open"], closed), { uid: "two" });
  });
  await expect(startJob(job, { ephemeral: true })).rejects.toThrow("two can't be opened");
  expect(closed.sort()).toEqual(["committer of one", "committer of two", "writer of one", "writer of two"]);
});

it("a sink that can't be closed leaves nothing of the others open", async () => {
  const closed: string[] = [];
  const job = defineJob("closing", (env) => {
    env.from(collection([1, 2, 3]), { uid: "first" }).to(sink("one", ["close", "close the committer"], closed), { uid: "one" });
    env.from(collection([1, 2, 3]), { uid: "second" }).to(sink("two", [], closed), { uid: "two" });
  });
  await (await startJob(job, { ephemeral: true })).finished;
  expect(closed.sort()).toEqual(["committer of one", "committer of two", "writer of one", "writer of two"]);
});

it("a job that can't begin says why, also when nothing can be written any more", () =>
  inDirectory(async (stateDir) => {
    const closed: string[] = [];
    const inner = sink("one", ["open"], closed);
    let full = false;
    const opened: Sink<number> = {
      ...inner,
      createWriter: (context) => {
        full = true;
        return inner.createWriter(context);
      },
    };
    const files = new FaultyFiles(nodePorts.files, () => (full ? fault("EIO", "i/o error") : undefined));
    const job = defineJob("closing", (env) => env.from(collection([1, 2, 3]), { uid: "numbers" }).to(opened, { uid: "one" }));
    await expect(startJob(job, { stateDir, ports: { ...nodePorts, files } })).rejects.toThrow("one can't be opened");
  }));
