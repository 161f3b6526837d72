import { createWriter } from "@millrace/codec";
import { assert } from "@millrace/core";
import type { PhysicalEdge, PhysicalPlan } from "@millrace/plan";
import type { ReceivingChannel, SendingChannel } from "../channel/channel.ts";
import { type Channels, LocalChannels } from "../channel/channels.ts";
import { ElementCodec } from "../channel/element-codec.ts";
import { subtaskId } from "../deployment/deployment.ts";
import type { Inbox } from "../worker/worker.ts";
import { ReceiverCredits, SenderCredits } from "./credits.ts";
import { Doorbell, Sleeper } from "./doorbell.ts";
import { channelNumber, type ExchangeMemory, threadOf } from "./exchange-memory.ts";
import { type Frame, FramePool } from "./frame-pool.ts";
import { MORE_FOLLOWS, Outbox } from "./outbox.ts";
import { Reassembly, RemoteReceiver, RemoteSender } from "./remote-channel.ts";
import { type FrameTaker, RingReader, RingWriter } from "./ring.ts";

interface Peer {
  readonly thread: number;
  readonly outbox: Outbox;
  readonly inRing: RingReader;
  readonly doorbell: Doorbell;
  readonly take: FrameTaker;
}

/**
 * One thread's part of the exchange between the threads of a deployment. Rings are emptied at once, whatever the tasks
 * are doing, into a queue for each channel; each channel has credits of its own. So no channel ever waits for another.
 * Channels between subtasks of this thread pass records by reference.
 */
export class ThreadExchange implements Channels, Inbox {
  readonly #physical: PhysicalPlan;
  readonly #memory: ExchangeMemory;
  readonly #thread: number;
  readonly #wake: (subtaskId: string) => void;
  readonly #local: LocalChannels;
  readonly #peers: readonly Peer[];
  readonly #pool = new FramePool();
  /** Of all senders: what it holds has been copied when a push returns. */
  readonly #writer = createWriter(4096);
  readonly #receivers = new Map<number, RemoteReceiver>();
  readonly #blocked = new Set<RemoteSender>();
  #sleeper: Sleeper | undefined;

  /** `wake` lets a subtask of this thread work. */
  constructor(physical: PhysicalPlan, memory: ExchangeMemory, thread: number, wake: (subtaskId: string) => void) {
    this.#physical = physical;
    this.#memory = memory;
    this.#thread = thread;
    this.#wake = wake;
    this.#local = new LocalChannels(wake, false);
    const others = Array.from({ length: memory.threads }, (_, other) => other).filter((other) => other !== thread);
    this.#peers = others.map((other) => {
      const doorbell = new Doorbell(memory.doorbells[other] as SharedArrayBuffer);
      const outRing = new RingWriter(memory.rings[thread * memory.threads + other] as SharedArrayBuffer);
      const inRing = new RingReader(memory.rings[other * memory.threads + thread] as SharedArrayBuffer);
      const reassembly = new Reassembly(this.#pool);
      const take: FrameTaker = (tag, bytes, start, end) => {
        const channel = tag & ~MORE_FOLLOWS;
        const frame = reassembly.add(bytes, start, end, channel === tag);
        if (frame !== undefined) this.#arrived(channel, frame);
      };
      return { thread: other, outbox: new Outbox(outRing, doorbell), inRing, doorbell, take };
    });
  }

  sending(edge: PhysicalEdge, from: number, to: number): SendingChannel {
    const peer = this.#peerOf(to);
    if (peer === undefined) return this.#local.sending(edge, from, to);
    const number = channelNumber(this.#physical, edge, from, to);
    return new RemoteSender(
      new SenderCredits(this.#memory.credits, number, this.#memory.bounds),
      new ElementCodec(this.#writer),
      (encoded) => peer.outbox.send(number, encoded),
      (sender) => this.#blocked.add(sender),
      () => this.#wake(subtaskId(edge.fromTask, from)),
    );
  }

  receiving(edge: PhysicalEdge, from: number, to: number): ReceivingChannel {
    const peer = this.#peerOf(from);
    if (peer === undefined) return this.#local.receiving(edge, from, to);
    const number = channelNumber(this.#physical, edge, from, to);
    const credits = new ReceiverCredits(this.#memory.credits, number, this.#memory.bounds, peer.doorbell);
    const receiver = new RemoteReceiver(credits, this.#pool, () => this.#wake(subtaskId(edge.toTask, to)));
    this.#receivers.set(number, receiver);
    return receiver;
  }

  pump(): void {
    for (const peer of this.#peers) {
      const frames = peer.inRing.drain(peer.take);
      if (frames > 0 && peer.inRing.takeWish()) peer.doorbell.ring();
      peer.outbox.flush();
    }
    for (const sender of this.#blocked) {
      if (!sender.recheck()) continue;
      this.#blocked.delete(sender);
      sender.wake();
    }
  }

  sleep(wake: () => void): void {
    this.#sleeper ??= new Sleeper(this.#memory.doorbells[this.#thread] as SharedArrayBuffer, wake);
    this.#sleeper.sleep();
    this.pump();
  }

  awake(): void {
    this.#sleeper?.awake();
  }

  #arrived(channel: number, frame: Frame): void {
    const receiver = this.#receivers.get(channel);
    assert(receiver !== undefined, `channel ${channel} ends in thread ${this.#thread}`);
    receiver.arrived(frame);
  }

  #peerOf(subtask: number): Peer | undefined {
    const thread = threadOf(subtask, this.#memory.threads);
    return thread === this.#thread ? undefined : this.#peers.find((peer) => peer.thread === thread);
  }
}
