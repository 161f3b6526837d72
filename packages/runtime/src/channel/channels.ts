import { assert } from "@millrace/core";
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
  if (edge.exchange === "forward") return [channels.sending(edge, from, from)];
  if (edge.exchange === "global") return [channels.sending(edge, from, 0)];
  const receivers = (physical.tasks[edge.toTask] as PhysicalTask).parallelism;
  return Array.from({ length: receivers }, (_, to) => channels.sending(edge, from, to));
}

/** The subtasks that send to subtask `to` through an edge. */
export function sendersTo(physical: PhysicalPlan, edge: PhysicalEdge, to: number): readonly number[] {
  if (edge.exchange === "forward") return [to];
  // Only subtask 0 gets anything through a global edge; others would wait for ever.
  assert(edge.exchange !== "global" || to === 0, "a global edge ends at subtask 0");
  return Array.from({ length: (physical.tasks[edge.fromTask] as PhysicalTask).parallelism }, (_, from) => from);
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
