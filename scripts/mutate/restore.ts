import { join } from "node:path";
import { createFileCheckpointStorage, type SnapshotFiles } from "@millrace/checkpoint";
import type { CheckpointManifest, KeyedSnapshot, KeyedStateBackend } from "@millrace/contracts";
import { keyGroupRange } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";
import type { JobGraph } from "@millrace/plan";
import { StoreBackends } from "@millrace/runtime";
import { entryToJson, type SnapshotEntry, SnapshotReader } from "@millrace/snapshots";
import { workHere } from "@millrace/state";
import { chooseStartingPoint, type StartingPoint } from "../../packages/host/src/starting-point.ts";
import { keyedChunks, restoredNode } from "../../packages/runtime/src/job/restored-state.ts";
import { changingStates } from "./changing-job.ts";
import { PARALLELISM } from "./exhibits.ts";

export interface Restored {
  readonly checkpointId: number;
  /** Checkpoints that were passed over, and said so. */
  readonly skipped: number;
  /** Local stores that were filled from the checkpoint. */
  readonly rebuilt: number;
  /** All entries that the backends hold, as sorted lines. */
  readonly content: readonly string[];
  /** The same of one operator, read key by key with the job's own handles. */
  readonly read: readonly string[];
}

const keyedUids = ["kept", "windows"];

/** Restores as a start of the job does, and reads back everything. Throws what the start, or the first access, would throw. */
export async function restore(
  graph: JobGraph,
  directory: string,
  savepoint: string | undefined,
  keys: readonly string[],
  storesTrusted: boolean,
): Promise<Restored> {
  const { files } = nodePorts;
  const storage = createFileCheckpointStorage({ files, directory: join(directory, "checkpoints") });
  const point = await chooseStartingPoint({
    ports: nodePorts,
    storage,
    graph,
    readByRestore: undefined,
    decision: savepoint === undefined ? resume : { kind: "new", from: undefined, previous: undefined, abandons: undefined },
    from: savepoint === undefined ? undefined : { kind: "path", path: join(directory, savepoint) },
    begunFrom: undefined,
  });
  if (point === undefined) throw new Error("nothing was found to restore");
  const others: CheckpointManifest[] = [];
  for (const id of await storage.list())
    others.push(
      ...(await storage.readManifest(id).then(
        (manifest) => [manifest],
        () => [],
      )),
    );
  const { runId, lockToken } = point.manifest;
  const backends = new StoreBackends({
    files,
    directory: join(directory, "local"),
    storage,
    identity: { runId, lockToken },
    cacheBytes: 1 << 20,
    work: () => workHere(files),
  });
  try {
    if (!storesTrusted) backends.distrust();
    await backends.prepare(point.manifest, others, () => PARALLELISM, false);
    const opened: { uid: string; backend: KeyedStateBackend }[] = [];
    for (const uid of keyedUids) {
      for (let subtask = 0; subtask < PARALLELISM; subtask++)
        opened.push({ uid, backend: await openBackend(point, uid, subtask, backends, storage) });
    }
    const kept = opened.filter(({ uid }) => uid === "kept").map(({ backend }) => backend);
    const read = readByKey(kept, keys);
    const content = await dumpAll(point.manifest, opened);
    for (const { backend } of opened) await backend.close();
    return { checkpointId: point.manifest.checkpointId, skipped: point.skipped.length, rebuilt: backends.rebuilt.length, content, read };
  } finally {
    await backends.close();
  }
}

const resume = {
  kind: "resume" as const,
  runId: "run",
  attempt: 2,
  checkpointId: undefined,
  lineage: [{ from: 1, to: Number.POSITIVE_INFINITY }],
  previous: {
    runId: "run",
    attempt: 1,
    startedAtMs: 0,
    startedFrom: null,
    restoredFrom: null,
    firstCheckpointId: 1,
    checkpointsFrom: 1,
    lockToken: "",
    end: undefined,
    endedAtMs: undefined,
    reason: undefined,
  },
};

async function openBackend(
  { manifest, snapshot }: StartingPoint,
  uid: string,
  subtask: number,
  backends: StoreBackends,
  storage: ReturnType<typeof createFileCheckpointStorage>,
): Promise<KeyedStateBackend> {
  const { maxParallelism } = manifest;
  const keyGroups = keyGroupRange(subtask, maxParallelism, PARALLELISM);
  const { backend, filled } = await backends.open({ uid, subtask, keyGroups, maxParallelism, now: () => 0, monotonic: () => 0 });
  const operator = manifest.operators.find((candidate) => candidate.uid === uid);
  if (operator !== undefined && !filled) {
    const { keyed } = restoredNode(manifest.kind, operator, subtask, PARALLELISM, keyGroups);
    await backend.restore(keyedChunks(snapshot ?? storage, keyed));
  }
  return backend;
}

/** As a job reads: by key, through the cache, from the store. */
function readByKey(backends: readonly KeyedStateBackend[], keys: readonly string[]): readonly string[] {
  const lines: string[] = [];
  for (const backend of backends) {
    const { last, seen, values } = backend.states(changingStates);
    for (const key of keys) {
      backend.setCurrentKey(key);
      const value = last.value();
      if (value !== undefined) lines.push(`last ${key} ${value}`);
      for (const [name, n] of seen.entries()) lines.push(`seen ${key} ${name} ${n}`);
      for (const [index, n] of values.get().entries()) lines.push(`values ${key} ${index} ${n}`);
    }
  }
  return lines.sort();
}

/** What the next base would hold. */
async function dumpAll(manifest: CheckpointManifest, opened: readonly { uid: string; backend: KeyedStateBackend }[]): Promise<readonly string[]> {
  const dumps = new Map<string, readonly Uint8Array[]>();
  const parts = new Map<string, KeyedSnapshot[]>();
  for (const [index, { uid, backend }] of opened.entries()) {
    backend.freeze(1_000_000, true);
    // Copies of the store are made in the background.
    while (!backend.encodeSlice(1)) await new Promise((resolve) => setImmediate(resolve));
    const chunks: Uint8Array[] = [];
    for await (const chunk of backend.takeDelta().chunks) chunks.push(chunk.slice());
    const name = `dump-${index}`;
    dumps.set(name, chunks);
    const file = { name, bytes: chunks.reduce((sum, chunk) => sum + chunk.length, 0), checksum: "" };
    parts.set(uid, [...(parts.get(uid) ?? []), { keyGroups: backend.keyGroups, files: [file] }]);
  }
  const operators = [...parts].map(([uid, keyed]) => ({ uid, subtasks: keyed.map((part, subtask) => ({ subtask, keyed: part })) }));
  const files: SnapshotFiles = {
    path: "dump",
    manifest: { ...manifest, operators },
    async *readData({ name }) {
      yield* dumps.get(name) ?? [];
    },
    verify: async () => undefined,
  };
  const reader = new SnapshotReader(files, { files: nodePorts.files, directory: "unused", memoryBytesMax: Number.POSITIVE_INFINITY });
  const lines: string[] = [];
  for await (const entries of reader.entries()) for (const entry of entries) lines.push(JSON.stringify(entryToJson(entry)));
  return lines.sort();
}

/** What reading by key must give, from a snapshot's lines. */
export function expectedRead(content: readonly string[]): { readonly keys: readonly string[]; readonly read: readonly string[] } {
  const keys = new Set<string>();
  const read: string[] = [];
  for (const line of content) {
    const { uid, state, key, value, mapKey, index } = JSON.parse(line) as SnapshotEntry;
    if (uid !== "kept") continue;
    keys.add(String(key));
    if (state === "last") read.push(`last ${key} ${value}`);
    if (state === "seen") read.push(`seen ${key} ${mapKey} ${value}`);
    if (state === "values") read.push(`values ${key} ${index} ${value}`);
  }
  return { keys: [...keys], read: read.sort() };
}
