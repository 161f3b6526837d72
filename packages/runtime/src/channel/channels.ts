import type { PhysicalEdge, PhysicalPlan, PhysicalTask } from "@millrace/plan";
import { subtaskId } from "../deployment/deployment.ts";
import { type Channel, LocalChannel, type ReceivingChannel, type SendingChannel } from "./channel.ts";

/** The channels between the subtasks of a deployment, as the subtasks of one thread see them. */
export interface Channels {
  /** The channel from subtask `from` of the edge's sender, which is in this thread, to subtask `to` of its receiver. */
  sending(edge: PhysicalEdge, from: number, to: number): SendingChannel;
  /** The receiving end of that channel; the receiver is in this thread. */
  receiving(edge: PhysicalEdge, from: number, to: number): ReceivingChannel;
}

/** All channels of an edge that subtask `from` sends into. */
export function channelsFrom(channels: Channels, physical: PhysicalPlan, edge: PhysicalEdge, from: number): readonly SendingChannel[] {
  const receivers = parallelismOf(physical, edge.toTask);
  return connected(edge, from, parallelismOf(physical, edge.fromTask), receivers).map((to) => channels.sending(edge, from, to));
}

/** The subtasks that send to subtask `to` through an edge. */
export function sendersTo(physical: PhysicalPlan, edge: PhysicalEdge, to: number): readonly number[] {
  return connected(edge, to, parallelismOf(physical, edge.toTask), parallelismOf(physical, edge.fromTask));
}

/**
 * The subtasks at the other end of an edge that subtask `own` of `count` is connected with. Every one with all, but for
 * `forward`, and for `rescale`, which gives each at the larger end one at the smaller, in runs of nearly equal length.
 */
function connected({ exchange }: PhysicalEdge, own: number, count: number, others: number): readonly number[] {
  if (exchange === "forward") return [own];
  const all = Array.from({ length: others }, (_, other) => other);
  if (exchange !== "rescale") return all;
  if (count >= others) return [Math.floor((own * others) / count)];
  return all.filter((other) => Math.floor((other * count) / others) === own);
}

function parallelismOf(physical: PhysicalPlan, task: number): number {
  return (physical.tasks[task] as PhysicalTask).parallelism;
}

/** Channels between subtasks of one thread. `copies`: records go through the exchange codec, as they would to another thread. */
export class LocalChannels implements Channels {
  readonly #channels = new Map<string, Channel>();
  readonly #wake: (subtaskId: string) => void;
  readonly #copies: boolean;

  constructor(wake: (subtaskId: string) => void, copies: boolean) {
    this.#wake = wake;
    this.#copies = copies;
  }

  sending(edge: PhysicalEdge, from: number, to: number): Channel {
    const key = `${edge.id}:${from}:${to}`;
    const known = this.#channels.get(key);
    if (known !== undefined) return known;
    const listeners = {
      onReadable: () => this.#wake(subtaskId(edge.toTask, to)),
      onWritable: () => this.#wake(subtaskId(edge.fromTask, from)),
    };
    const channel = new LocalChannel(listeners, { copies: this.#copies });
    this.#channels.set(key, channel);
    return channel;
  }

  receiving(edge: PhysicalEdge, from: number, to: number): Channel {
    return this.sending(edge, from, to);
  }
}
