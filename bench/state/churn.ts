import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createFileCheckpointStorage } from "@millrace/checkpoint";
import { t } from "@millrace/codec";
import { state } from "@millrace/contracts";
import { limits } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";
import { createStoreBackend, type KeyedBackend, LocalStore } from "@millrace/state";
import { storeThread } from "@millrace/state/node";
import { mix } from "./job.ts";

const CACHE_BYTES = 256 << 20;
const READS_AT_ONCE = 64;
/** Checkpoints of small changes are over before their stalls can be told: so many are taken, up to so many changes. */
const CHECKPOINTS_MAX = 20;
const CHANGES_MAX = 1_000_000;
/** Changes between two checkpoints while the state is being filled. */
const FILLED_AT_ONCE = 250_000;

export interface ChurnPoint {
  readonly keys: number;
  /** Of the keys, changed since the checkpoint before. */
  readonly churn: number;
  readonly bytes: number;
  /** From the barrier to the local store's marker. */
  readonly durationMs: number;
  /** The event loop's delay meanwhile and while keys are changed, beyond the timer's own millisecond. */
  readonly stallP99Ms: number;
  readonly stallMaxMs: number;
}

/** Checkpoints for each share of the keys that has changed, the mean of bytes and duration, with everything that a job does for it: encode, write, apply, while keys are read. */
export async function measureChurn(keys: number, churns: readonly number[]): Promise<readonly ChurnPoint[]> {
  const directory = await mkdtemp(join(tmpdir(), "millrace-churn-"));
  const { files } = nodePorts;
  const storage = createFileCheckpointStorage({ files, directory: join(directory, "checkpoints") });
  const store = await LocalStore.open(join(directory, "slot-0"), { files, work: storeThread() });
  const backend = await createStoreBackend({
    uid: "churn",
    subtask: 0,
    keyGroups: { start: 0, end: 719 },
    maxParallelism: 720,
    now: () => 0,
    monotonic: () => performance.now(),
    store,
    cacheBytesMax: () => CACHE_BYTES,
    filled: false,

    apply: async (checkpoint, header, chunks) => {
      await store.add("churn", header, chunks);
      await store.setMarker({ kind: "applied", checkpoint });
    },
  });
  const { value } = backend.states({ value: state.value(t.integer()) });
  let id = 0;
  let looks = 0;
  /** Records between two slices: they read any keys, also such as are no longer in memory. */
  const work = (): void => {
    for (let n = 0; n < READS_AT_ONCE; n++) {
      backend.setCurrentKey(mix(looks++) % keys);
      value.value();
    }
  };
  const checkpoint = (): Promise<number> => during(takeCheckpoint(backend, storage, ++id), work);
  let touches = 0;
  const touch = async (key: number): Promise<void> => {
    backend.setCurrentKey(key);
    value.update((value.value() ?? 0) + 1);
    if (++touches % 256 === 0) await turn();
  };
  for (let key = 0; key < keys; key++) {
    await touch(key);
    if (key % FILLED_AT_ONCE === FILLED_AT_ONCE - 1) await checkpoint();
  }
  await checkpoint();
  const points: ChurnPoint[] = [];
  for (const churn of churns) {
    const changed = Math.round(keys * churn);
    const checkpoints = Math.max(1, Math.min(CHECKPOINTS_MAX, Math.floor(CHANGES_MAX / changed)));
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    let bytes = 0;
    let durationMs = 0;
    for (let round = 0; round < checkpoints; round++) {
      for (let n = 0; n < changed; n++) await touch(changed === keys ? n : mix(round * changed + n) % keys);
      const start = performance.now();
      bytes += (await checkpoint()) / checkpoints;
      durationMs += (performance.now() - start) / checkpoints;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    delay.disable();
    points.push({ keys, churn, bytes: Math.round(bytes), durationMs, stallP99Ms: delay.percentile(99) / 1e6 - 1, stallMaxMs: delay.max / 1e6 - 1 });
    process.stderr.write(`${JSON.stringify(points.at(-1))}\n`);
  }
  await backend.close();
  await store.close();
  await rm(directory, { recursive: true, force: true });
  return points;
}

async function takeCheckpoint(backend: KeyedBackend, storage: ReturnType<typeof createFileCheckpointStorage>, id: number): Promise<number> {
  backend.freeze(id, false);
  while (!backend.encodeSlice(limits.sliceMs)) await turn();
  const { bytes } = await storage.writeData(`churn-${id}`, backend.takeDelta().chunks);
  await backend.complete(id);
  return bytes;
}

/** Works until a promise is settled. */
async function during<T>(promise: Promise<T>, work: () => void): Promise<T> {
  let over = false;
  const settled = promise.finally(() => {
    over = true;
  });
  while (!over) {
    work();
    await turn();
  }
  return settled;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
