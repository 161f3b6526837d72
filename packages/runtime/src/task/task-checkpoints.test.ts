import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFileCheckpointStorage } from "@millrace/checkpoint";
import type { CheckpointManifest, CheckpointStorage, DataFile, WrittenBase } from "@millrace/contracts";
import { nodePorts } from "@millrace/core/node";
import { afterAll, expect, test } from "vitest";
import { TaskCheckpoints } from "./task-checkpoints.ts";
import type { NodeSnapshot } from "./task-events.ts";
import type { TaskParts } from "./task-parts.ts";

const { files } = nodePorts;
const parent = mkdtempSync(join(tmpdir(), "millrace-task-checkpoints-"));
afterAll(() => rm(parent, { recursive: true }));
let runs = 0;

/** What a task says of one checkpoint. */
type Answer = { readonly nodes: readonly NodeSnapshot[] } | { readonly declined: unknown };

/** The storage of a task; the file named `slow` is not begun before it goes on. */
function slowStorage(storage: CheckpointStorage, slow: string) {
  const reached = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const wait = async (name: string): Promise<void> => {
    if (name !== slow) return;
    reached.resolve();
    await held.promise;
  };
  return {
    slowReached: reached.promise,
    slowGoesOn: (): void => held.resolve(),
    storage: {
      writeData: (...[name, chunks]: Parameters<CheckpointStorage["writeData"]>) => wait(name).then(() => storage.writeData(name, chunks)),
      adoptData: (...[name, file]: Parameters<CheckpointStorage["adoptData"]>) => wait(name).then(() => storage.adoptData(name, file)),
    },
  };
}

/** An operator with a first file of so many bytes, and small ones after it. */
function hostOf(uid: string, node: number, baseBytes: number, writeBase: () => Promise<WrittenBase>) {
  let bytes = baseBytes;
  const backend = {
    keyGroups: { start: 0, end: 127 },
    mostlyChanged: false,
    freeze: () => undefined,
    encodeSlice: () => true,
    takeDelta: () => {
      const chunks = [new Uint8Array(bytes)];
      bytes = 20;
      return { chunks, records: 1 };
    },
    complete: async () => undefined,
    abort: () => undefined,
    writeBase,
  };
  return { uid, node, subtask: 0, watermark: 0, firing: false, operator: {}, backend };
}

/** A task of two keyed operators: the state of `a` stays large, that of `b` wants a new base after the second checkpoint. */
function twoOperators(storage: unknown, writeBase: () => Promise<WrittenBase>) {
  const answers = new Map<number, PromiseWithResolvers<Answer>>();
  const answer = (id: number): PromiseWithResolvers<Answer> => {
    const known = answers.get(id) ?? Promise.withResolvers<Answer>();
    answers.set(id, known);
    return known;
  };
  const nodes = ["a", "b"].map((uid, id) => ({ id, uid }));
  const asked: number[] = [];
  const hosts = [hostOf("a", 0, 10_000, writeBase), hostOf("b", 1, 10, writeBase)];
  const parts = {
    program: { name: "a", head: 0, nodes },
    subtask: 0,
    input: { watermark: 0, snapshot: () => undefined },
    flow: { ended: false, idle: true },
    hosts,
    sinks: [],
    edges: [],
    storage,
    chains: new Map(),
    listener: {
      acknowledged: (id: number, acknowledged: readonly NodeSnapshot[]) => answer(id).resolve({ nodes: acknowledged }),
      declined: (id: number, declined: unknown) => answer(id).resolve({ declined }),
      wantsCheckpoint: (over: number) => void asked.push(over),
    },
  };
  const ignored = (): void => undefined;
  const checkpoints = new TaskCheckpoints(parts as unknown as TaskParts, ignored, ignored);
  const trigger = (checkpointId: number): Promise<Answer> => {
    checkpoints.begin({ kind: "barrier", checkpointId, alignmentTimeoutMs: 0, unaligned: false, suspends: false });
    checkpoints.advance();
    return answer(checkpointId).promise;
  };
  /** The state of `a` has changed much; it asks when the task comes round. */
  const askRepeatedly = (): readonly number[] => {
    Object.assign(hosts[0]?.backend ?? {}, { wantsCheckpoint: true });
    for (let turn = 0; turn < 3; turn++) checkpoints.advance();
    return asked;
  };
  return { checkpoints, trigger, askRepeatedly };
}

/** The task in a thread of its own, whose storage is not that of the coordinator; a base ends when it is told to. */
function begin(slow: string) {
  const directory = join(parent, `run-${++runs}`);
  const storageOf = (): CheckpointStorage => createFileCheckpointStorage({ files, directory: `${directory}/checkpoints` });
  const coordinator = storageOf();
  const { storage, slowReached, slowGoesOn } = slowStorage(storageOf(), slow);
  const base = Promise.withResolvers<WrittenBase>();
  const { checkpoints, trigger, askRepeatedly } = twoOperators(storage, () => base.promise);
  /** The coordinator's part, once the task has acknowledged: the checkpoint exists, and garbage goes. */
  const complete = async (checkpointId: number, acknowledged: Promise<Answer>): Promise<CheckpointManifest> => {
    const manifest = manifestOf(checkpointId, await acknowledged);
    await coordinator.writeManifest(manifest);
    await checkpoints.complete(checkpointId);
    for (const id of await coordinator.list()) if (id < checkpointId) await coordinator.removeManifest(id);
    await coordinator.collectGarbage([manifest]);
    return manifest;
  };
  const baseEnds = async (): Promise<void> => {
    const path = `${directory}/1.base`;
    const handle = await files.open(path, "write");
    await handle.write(new Uint8Array(30));
    await handle.close();
    base.resolve({ checkpointId: 2, file: { path, bytes: 30, checksum: "00043eb5" } });
    await base.promise;
  };
  const baseFails = async (error: Error): Promise<void> => {
    base.reject(error);
    await base.promise.catch(() => undefined);
  };
  return { checkpoints, coordinator, trigger, askRepeatedly, complete, slowReached, slowGoesOn, baseEnds, baseFails };
}

function manifestOf(checkpointId: number, answer: Answer): CheckpointManifest {
  if ("declined" in answer) throw answer.declined;
  return { checkpointId, operators: answer.nodes.map(({ uid, snapshot }) => ({ uid, subtasks: [snapshot] })) } as unknown as CheckpointManifest;
}

function filesOf(manifest: CheckpointManifest, uid: string): readonly string[] {
  const found: readonly DataFile[] = manifest.operators.find((operator) => operator.uid === uid)?.subtasks[0]?.keyed?.files ?? [];
  return found.map(({ name }) => name);
}

test("a checkpoint that was given up and is still being written moves no base: the next ones find it", async () => {
  const { checkpoints, coordinator, trigger, complete, slowGoesOn, slowReached, baseEnds } = begin("a-0-000003.delta");
  await complete(1, trigger(1));
  await complete(2, trigger(2));
  void trigger(3);
  await slowReached;
  checkpoints.abort(3);
  // The fourth has written all that it refers to before the base is there, and is complete after the late files of the third.
  const fourth = trigger(4);
  await fourth;
  await baseEnds();
  slowGoesOn();
  await checkpoints.filesSettled;
  await complete(4, fourth);
  const fifth = await complete(5, trigger(5));
  expect(filesOf(fifth, "b")).toEqual(["b-0-000002.base", "b-0-000004.delta", "b-0-000005.delta"]);
  await coordinator.verify(fifth);
});

test.each([
  ["has been moved", "none"],
  ["is being moved", "b-0-000002.base"],
])("a base that %s by a checkpoint which is then given up is the next one's, and no garbage", async (_what, slow) => {
  const { checkpoints, coordinator, trigger, complete, slowGoesOn, slowReached, baseEnds } = begin(slow);
  await complete(1, trigger(1));
  await complete(2, trigger(2));
  await baseEnds();
  const third = trigger(3);
  await Promise.race([third, slowReached]);
  checkpoints.abort(3);
  const fourth = trigger(4);
  slowGoesOn();
  await complete(4, fourth);
  const fifth = await complete(5, trigger(5));
  expect(filesOf(fifth, "b")).toEqual(["b-0-000002.base", "b-0-000004.delta", "b-0-000005.delta"]);
  await coordinator.verify(fifth);
});

test("what a base could not be written for is told by the next checkpoint, not lost on one that was given up", async () => {
  const { checkpoints, trigger, complete, slowGoesOn, slowReached, baseFails } = begin("a-0-000003.delta");
  await complete(1, trigger(1));
  await complete(2, trigger(2));
  void trigger(3);
  await slowReached;
  checkpoints.abort(3);
  await baseFails(new Error("no space left"));
  slowGoesOn();
  await checkpoints.filesSettled;
  expect(await trigger(4)).toEqual({ declined: new Error("no space left") });
});

test("state asks for a checkpoint once after each that is over", async () => {
  const { checkpoints, trigger, complete, askRepeatedly } = begin("none");
  expect(askRepeatedly()).toEqual([0]);
  await complete(1, trigger(1));
  expect(askRepeatedly()).toEqual([0, 1]);
  await trigger(2);
  expect(askRepeatedly()).toEqual([0, 1]);
  checkpoints.abort(2);
  expect(askRepeatedly()).toEqual([0, 1, 2]);
});

test("what a checkpoint has overtaken is one of the files that a task waits for before it is closed", async () => {
  const { checkpoints, slowGoesOn, slowReached } = begin("a-0-000001.inflight");
  const place = { from: "in", output: "", input: 0, sender: 0 } as const;
  const overtaken = [{ place, time: { watermark: 0, idle: false }, age: 0, elements: [new Uint8Array(10)] }];
  checkpoints.begin(
    { kind: "barrier", checkpointId: 1, alignmentTimeoutMs: 0, unaligned: true, suspends: false },
    { inFlight: Promise.resolve(overtaken) },
  );
  checkpoints.advance();
  await slowReached;
  let settled = false;
  const closing = checkpoints.filesSettled.then(() => {
    settled = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(settled).toBe(false);
  slowGoesOn();
  await closing;
});
