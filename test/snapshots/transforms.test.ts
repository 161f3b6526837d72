import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createFileCheckpointStorage } from "@millrace/checkpoint";
import { nodePorts } from "@millrace/core/node";
import { openSnapshot, transformSavepoint } from "millrace/state";
import { describe, expect, it } from "vitest";
import { inDirectory } from "../engine/support.ts";
import { bootstrapped, resultsFrom } from "./bank.ts";
import { countsOf } from "./counts.ts";
import { expectedCounts, knownSavepoint } from "./known-savepoint.ts";

describe("the state library", () => {
  it("renames and leaves out operators, and changes the max parallelism, with everything in them", () =>
    inDirectory(async (directory) => {
      const from = await knownSavepoint(directory);
      for (const maxParallelism of [1, 64, 1_000]) {
        const to = join(directory, `max-${maxParallelism}`);
        await transformSavepoint(from, to, { maxParallelism, renameUids: { kept: "held" } });
        const reader = await openSnapshot(to);
        expect(await countsOf(reader), `max parallelism ${maxParallelism}`).toEqual(expectedCounts("held"));
        expect(reader.manifest.maxParallelism).toBe(maxParallelism);
      }
      const bank = await bootstrapped(directory);
      await transformSavepoint(bank, join(directory, "renamed"), { maxParallelism: 16, renameUids: { accounts: "ledger" } });
      expect(await resultsFrom(directory, join(directory, "renamed"), "ledger", { parallelism: 3 })).toEqual([
        "ann 1001 11 500 limit",
        "bob 2 101 500 limit",
        "eve 1 1 no limit",
      ]);
      const without = join(directory, "without");
      await transformSavepoint(from, without, { dropUids: ["kept"] });
      expect((await openSnapshot(without)).keyedUids).toEqual(["tops"]);
    }));

  it("refuses a checkpoint that holds records under way, and says what to do instead", () =>
    inDirectory(async (directory) => {
      const from = await bootstrapped(directory);
      const { manifest } = await openSnapshot(from);
      const checkpoints = join(directory, "checkpoints");
      await mkdir(checkpoints);
      const storage = createFileCheckpointStorage({ files: nodePorts.files, directory: checkpoints });
      const file = await storage.writeData("accounts-0-000001.inflight", [Uint8Array.of(1, 0, 0, 0, 7)]);
      const channel = { from: "moves", output: "", input: 0, sender: 0, watermark: "min", idle: false, age: 0, elements: 1 } as const;
      const subtasks = [{ subtask: 0, inFlight: { file, channels: [channel] } }];
      await storage.writeManifest({ ...manifest, kind: "checkpoint", operators: [{ uid: "accounts", subtasks }] });
      const to = join(directory, "to");
      await expect(transformSavepoint(checkpoints, to, { jobName: "other" })).rejects.toMatchObject({
        code: "EDIT_IN_FLIGHT",
        hint: expect.stringContaining("take a savepoint"),
      });
      await expect(openSnapshot(to)).rejects.toMatchObject({ code: "SNAPSHOT_NONE" });
      // What was on its way to an operator goes with it.
      await transformSavepoint(checkpoints, to, { dropUids: ["accounts"] });
    }));
});
