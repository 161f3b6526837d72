import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { collect } from "millrace";
import { describe, expect, it } from "vitest";
import { inDirectory, slowSink, startNoted } from "../support.ts";
import { totals } from "./totals.ts";

describe("a run", () => {
  it("that is disposed of stops", () =>
    inDirectory(async (stateDir) => {
      let handle: Awaited<ReturnType<typeof startNoted>>["job"];
      {
        await using job = (await startNoted(totals(slowSink()), stateDir)).job;
        handle = job;
      }
      expect((await handle.finished).end).toBe("stopped");
    }));

  it("of nothing at all finishes with a checkpoint", () =>
    inDirectory(async (stateDir) => {
      const sink = collect<number>();
      const { job } = await startNoted(totals(sink, 0), stateDir, { parallelism: 2 });
      const result = await job.finished;
      expect(result.end).toBe("finished");
      expect(result.checkpointId).toBeDefined();
      expect(sink.values).toEqual([]);
    }));
});

describe("a process", () => {
  for (const end of ["finished", "stopped", "cancelled", "failed"]) {
    it(`ends by itself when its job has ${end}`, () =>
      inDirectory(async (directory) => {
        const child = spawn(process.execPath, ["--conditions=millrace-source", join(import.meta.dirname, "leaving.ts"), directory, end], {
          stdio: "inherit",
        });
        const code = await new Promise((resolve) => child.once("exit", resolve));
        expect(code).toBe(0);
        expect(await readFile(join(directory, "ended"), "utf8")).toBe(end);
      }));
  }
});
