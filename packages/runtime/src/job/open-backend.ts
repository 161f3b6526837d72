import { takenIn } from "@millrace/checkpoint";
import type { KeyedStateBackend } from "@millrace/contracts";
import { keyGroupRange } from "@millrace/core";
import type { OperatorBody } from "@millrace/plan";
import { migrateRecords } from "@millrace/state";
import { migrationOf, restoreOf } from "../restore/migrations.ts";
import type { KeyedChain } from "../task/task-checkpoint.ts";
import { keyedChunks } from "./restored-state.ts";
import { maxParallelismAt, planNode, restoredFiles, restoredOf, type TaskOrder } from "./task-order.ts";

/**
 * The keyed state of a node, with what is restored in it; undefined: it has none. It is added to `opened` as soon as it has to be closed, and to
 * `chains` the files that deltas may follow.
 */
export async function openBackend(
  order: TaskOrder,
  node: number,
  chains: Map<number, KeyedChain>,
  opened: KeyedStateBackend[],
): Promise<KeyedStateBackend | undefined> {
  const { settings, physical, subtask } = order;
  const body = settings.graph.bodies[node] as OperatorBody;
  if (body.keySelectors.length === 0 || body.keyedState === "none") return undefined;
  const { uid } = planNode(order.settings.graph.plan, node);
  const maxParallelism = maxParallelismAt(order, node);
  const { clock } = settings.ports;
  const { backend, filled, needsBase } = await settings.backends.open({
    uid,
    subtask,
    keyGroups: keyGroupRange(subtask, maxParallelism, physical.parallelism),
    maxParallelism,
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
  });
  opened.push(backend);
  const restored = restoredOf(order, node);
  if (order.restored !== undefined && restored !== undefined) {
    const data = restoredFiles(settings, order.restored);
    const chunks = keyedChunks(data, restored.keyed);
    const migration = order.migrated === undefined ? undefined : migrationOf(settings.graph, order.migrated, uid, clock.now());
    if (!filled) await takenIn(data, restored.keyed, () => backend.restore(migration === undefined ? chunks : migrateRecords(chunks, migration)));
    const migrated = order.migrated !== undefined && restoreOf(order.migrated.plan, uid)?.outcome === "migrated";
    const own = restored.ownChain && !needsBase && !migrated ? restored.keyed[0] : undefined;
    if (own !== undefined) chains.set(node, { files: own.files });
  }
  return backend;
}
