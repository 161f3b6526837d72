import type { CheckpointManifest, CheckpointStorage, DataFile } from "@millrace/contracts";

/** A manifest with what the tests look at, and something in every field. */
export function manifestOf(checkpointId: number, files: readonly DataFile[]): CheckpointManifest {
  return {
    formatVersion: 1,
    engineVersion: "0.1.0",
    kind: "checkpoint",
    jobName: "flights",
    runId: "r1",
    lockToken: "0011223344556677",
    checkpointId,
    triggeredAtMs: 1_700_000_000_000 + checkpointId,
    completedAtMs: 1_700_000_000_500 + checkpointId,
    parallelism: 2,
    maxParallelism: 720,
    planHash: "89abcdef",
    plan: { nodes: [{ uid: "zürich ✈", name: 'quote " and \\ back' }] },
    operators: [
      {
        uid: "count",
        subtasks: [{ subtask: 0, watermark: "min", keyed: { keyGroups: { start: 0, end: 719 }, files }, operatorState: [null, true, -0.5, "x"] }],
      },
    ],
  };
}

/** Reproducible bytes, different for each name. */
export function bytesOf(name: string, length: number): Uint8Array {
  let state = [...name].reduce((sum, character) => Math.imul(sum, 31) + character.charCodeAt(0), 7);
  return Uint8Array.from({ length }, () => {
    state = Math.imul(state, 1_664_525) + 1_013_904_223;
    return state >>> 24;
  });
}

export async function readAll(storage: CheckpointStorage, file: DataFile): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of storage.readData(file)) chunks.push(chunk);
  return Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
}

/** What `work` throws; undefined when it does not. */
export async function errorOf(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  return undefined;
}
