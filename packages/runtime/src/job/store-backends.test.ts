import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CheckpointStorage } from "@millrace/contracts";
import { nodePorts } from "@millrace/core/node";
import { workHere } from "@millrace/state";
import { expect, it } from "vitest";
import { StoreBackends } from "./store-backends.ts";

const { files, clock } = nodePorts;

/** Work of local stores, and of how many it is under way. */
function countedWork() {
  let count = 0;
  const work = () => {
    const here = workHere(files);
    count++;
    return {
      ...here,
      close: async () => {
        count--;
        await here.close();
      },
    };
  };
  return { work, open: () => count };
}

it("closes every local store, also behind one that can't be closed", async () => {
  const directory = await mkdtemp(join(tmpdir(), "millrace-store-backends-"));
  const closed: number[] = [];
  let stores = 0;
  const work = () => {
    const store = stores++;
    return {
      ...workHere(files),
      close: async () => {
        closed.push(store);
        if (store === 0) throw new Error("the first can't be closed");
      },
    };
  };
  const identity = { runId: "run", lockToken: "token" };
  const backends = new StoreBackends({ files, directory, storage: {} as CheckpointStorage, identity, cacheBytes: 1 << 20, work });
  await backends.prepare(undefined, [], () => undefined, false);
  for (const subtask of [0, 1, 2]) {
    const keyGroups = { start: subtask * 4, end: subtask * 4 + 3 };
    await backends.open({ uid: "u", subtask, keyGroups, maxParallelism: 12, now: () => 0, monotonic: () => clock.monotonic() });
  }
  await expect(backends.close()).rejects.toThrow("the first can't be closed");
  expect(closed).toEqual([0, 1, 2]);
  await rm(directory, { recursive: true });
});

it("closes a local store that it can't bring to the restored checkpoint: the next attempt opens it anew", async () => {
  const directory = await mkdtemp(join(tmpdir(), "millrace-store-backends-"));
  const { work, open } = countedWork();
  const identity = { runId: "run", lockToken: "token" };
  const failing = {
    ...files,
    remove: async (path: string) => {
      if (path.endsWith("store.json")) throw new Error("the disk has gone");
      await files.remove(path);
    },
  };
  const backends = new StoreBackends({ files: failing, directory, storage: {} as CheckpointStorage, identity, cacheBytes: 1 << 20, work });
  await backends.prepare(undefined, [], () => undefined, false);
  const keyGroups = { start: 0, end: 11 };
  const options = { uid: "u", subtask: 0, keyGroups, maxParallelism: 12, now: () => 0, monotonic: () => clock.monotonic() };
  await expect(backends.open(options)).rejects.toThrow("the disk has gone");
  await backends.close();
  expect(open()).toBe(0);
  await rm(directory, { recursive: true });
});

it("opens nothing any more once it is closed, before it is prepared for the next attempt", async () => {
  const directory = await mkdtemp(join(tmpdir(), "millrace-store-backends-"));
  const { work, open } = countedWork();
  const identity = { runId: "run", lockToken: "token" };
  const backends = new StoreBackends({ files, directory, storage: {} as CheckpointStorage, identity, cacheBytes: 1 << 20, work });
  const keyGroups = { start: 0, end: 11 };
  const options = { subtask: 0, keyGroups, maxParallelism: 12, now: () => 0, monotonic: () => clock.monotonic() };
  await backends.prepare(undefined, [], () => undefined, false);
  await backends.open({ uid: "first of a chain", ...options });
  await backends.close();
  // Whoever builds the chain does not know yet that it was given up.
  await expect(backends.open({ uid: "second of a chain", ...options })).rejects.toThrow("given up");
  expect(open()).toBe(0);
  await backends.prepare(undefined, [], () => undefined, false);
  await backends.open({ uid: "first of a chain", ...options });
  await backends.close();
  await rm(directory, { recursive: true });
});
