import type { CheckpointManifest, CheckpointStorage, Key } from "@millrace/contracts";
import { assert, checkKey, keyGroupOf, subtaskOf } from "@millrace/core";
import type { LogicalPlan, PhysicalEdge, PlanNode } from "@millrace/plan";
import type { ChainCode, ChainControl } from "../chain/code.ts";
import { createEdgeWriter, type EdgeWriter } from "../channel/edge-writer.ts";
import type { TaskSettings } from "../deployment/task-settings.ts";
import { InputGate } from "../task/gate.ts";
import type { WatermarkFlow } from "../task/watermark-flow.ts";
import type { TaskOrder } from "./build-task.ts";
import { type GatePlace, restoredInFlight } from "./restored-in-flight.ts";

export function edgeWriterOf(order: TaskOrder, edge: PhysicalEdge, control: ChainControl): EdgeWriter {
  return createEdgeWriter({
    exchange: edge.exchange,
    channels: order.channelsTo(edge),
    subtask: order.subtask,
    keyOf: keySelectorOf(order, edge),
    maxParallelism: order.maxParallelism,
    batchRecords: order.settings.batchRecords,
    control,
  });
}

/** The gate of a task that gets its records from other tasks, with what an earlier checkpoint overtook on the way to it. */
export async function gateOf(
  order: TaskOrder,
  places: readonly GatePlace[],
  code: ChainCode,
  flow: WatermarkFlow,
  wake: () => void,
): Promise<InputGate> {
  const { settings, physical, subtask, restored } = order;
  const channels = physical.inputs.flatMap((edge) =>
    order.channelsFrom(edge).map((channel) => ({ channel, input: edge.input, overtakable: edge.exchange !== "forward" })),
  );
  const uid = planNode(order.settings.graph.plan, physical.head).uid;
  const gate = { uid, subtask, parallelism: physical.parallelism, channels: places };
  return new InputGate({
    channels,
    code,
    flow,
    scheduler: settings.ports.scheduler,
    wake,
    exactlyOnce: settings.exactlyOnce,
    restored: restored === undefined ? [] : await restoredInFlight(restored, restoredFiles(settings, restored), gate),
  });
}

/** Where the data files of the snapshot are that is restored. */
export function restoredFiles({ storage, restoredData }: TaskSettings, restored: CheckpointManifest): Pick<CheckpointStorage, "readData"> {
  const files = restored.kind === "savepoint" ? restoredData : storage;
  assert(files !== undefined, "what is restored can be read");
  return files;
}

/** The channels of an edge as a snapshot names them, in the order of the gate. */
export function gatePlaces(order: TaskOrder, edge: PhysicalEdge): readonly GatePlace[] {
  const { maxParallelism, physical, subtask } = order;
  const keyOf = edge.exchange === "hash" ? keySelectorOf(order, edge) : undefined;
  const owns =
    keyOf === undefined
      ? undefined
      : (value: unknown) => subtaskOf(keyGroupOf(checkKey(keyOf(value)), maxParallelism), maxParallelism, physical.parallelism) === subtask;
  const senders = order.sendersOf(edge);
  return senders.map((sender) => ({
    from: planNode(order.settings.graph.plan, edge.fromNode).uid,
    output: edge.output,
    input: edge.input,
    sender,
    senders: order.parallelismOf(edge.fromTask),
    owns,
  }));
}

function keySelectorOf(order: TaskOrder, edge: PhysicalEdge): ((value: unknown) => Key) | undefined {
  const body = order.settings.graph.bodies[edge.toNode];
  return body?.kind === "operator" ? body.keySelectors[edge.input] : undefined;
}

export function planNode(plan: LogicalPlan, node: number): PlanNode {
  const found = plan.nodes[node];
  assert(found !== undefined, `node ${node} is in the plan`);
  return found;
}
