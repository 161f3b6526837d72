import type { ChannelPlace, Key } from "@millrace/contracts";
import { checkKey, keyGroupOf, subtaskOf, WATERMARK_MIN } from "@millrace/core";
import type { PhysicalEdge } from "@millrace/plan";
import type { ChainControl } from "../chain/code.ts";
import { createEdgeWriter, type EdgeWriter } from "../channel/edge-writer.ts";
import { InputGate } from "../task/gate.ts";
import { ageAfter, type RestoredEdge, restoredInFlight } from "./restored-in-flight.ts";
import { maxParallelismAt, planNode, restoredFiles, restoredOf, type TaskOrder, type TaskWiring } from "./task-order.ts";

export function edgeWriterOf(order: TaskOrder, edge: PhysicalEdge, control: ChainControl): EdgeWriter {
  return createEdgeWriter({
    exchange: edge.exchange,
    channels: order.channelsTo(edge),
    subtask: order.subtask,
    keyOf: keySelectorOf(order, edge),
    partitioner: order.settings.graph.partitioners?.[edge.toNode]?.[edge.input],
    random: order.settings.ports.random,
    maxParallelism: maxParallelismAt(order, edge.toNode),
    batchRecords: order.settings.batchRecords,
    control,
  });
}

/** The gate of a task that gets its records from other tasks, with what an earlier checkpoint overtook on the way to it. */
export async function gateOf(order: TaskOrder, { code, flow, wake, greet }: TaskWiring): Promise<InputGate> {
  const { settings, physical, subtask, restored } = order;
  const channels = physical.inputs.flatMap((edge) => {
    const senders = order.sendersOf(edge);
    return order.channelsFrom(edge).map((channel, index) => {
      const place: ChannelPlace = { ...wayOf(order, edge), sender: senders[index] as number };
      return { channel, place, finished: hasFinished(order, edge, place), overtakable: order.isOvertakable(edge) };
    });
  });
  const uid = planNode(order.settings.graph.plan, physical.head).uid;
  const edges = physical.inputs.map((edge) => ({ ...wayOf(order, edge), owns: ownsOf(order, edge) }));
  const gate = { uid, subtask, parallelism: physical.parallelism, edges };
  return new InputGate({
    channels,
    code,
    flow,
    scheduler: settings.ports.scheduler,
    wake,
    greet,
    exactlyOnce: settings.exactlyOnce,
    restored: restored === undefined ? [] : await restoredInFlight(restored, restoredFiles(settings, restored), gate),
    age: restored === undefined ? 0 : ageAfter(restored, uid),
    reached: restoredOf(order, physical.head)?.watermark ?? WATERMARK_MIN,
  });
}

/** An edge as a snapshot names it. */
function wayOf(order: TaskOrder, edge: PhysicalEdge): Omit<ChannelPlace, "sender"> {
  return { from: planNode(order.settings.graph.plan, edge.fromNode).uid, output: edge.output, input: edge.input };
}

function hasFinished(order: TaskOrder, edge: PhysicalEdge, { from, sender }: ChannelPlace): boolean {
  const olds = order.restored?.operators.find(({ uid }) => uid === from)?.subtasks ?? [];
  if (olds.length === order.parallelismOf(edge.fromTask)) return olds[sender]?.finished === true;
  return olds.length > 0 && olds.every(({ finished }) => finished === true);
}

function ownsOf(order: TaskOrder, edge: PhysicalEdge): RestoredEdge["owns"] {
  const { physical, subtask } = order;
  const maxParallelism = maxParallelismAt(order, edge.toNode);
  const keyOf = edge.exchange === "hash" ? keySelectorOf(order, edge) : undefined;
  if (keyOf === undefined) return undefined;
  return (value) => subtaskOf(keyGroupOf(checkKey(keyOf(value)), maxParallelism), maxParallelism, physical.parallelism) === subtask;
}

function keySelectorOf(order: TaskOrder, edge: PhysicalEdge): ((value: unknown) => Key) | undefined {
  const body = order.settings.graph.bodies[edge.toNode];
  return body?.kind === "operator" ? body.keySelectors[edge.input] : undefined;
}
