import { describe, expect, it } from "vitest";
import { LocalChannel, type ReceivingChannel, type SendingChannel } from "../../src/channel/channel.ts";
import type { BarrierElement, StreamElement } from "../../src/channel/element.ts";
import { ElementCodec } from "../../src/channel/element-codec.ts";
import { creditsMemory, ReceiverCredits, SenderCredits } from "../../src/exchange/credits.ts";
import type { Doorbell } from "../../src/exchange/doorbell.ts";
import { FramePool } from "../../src/exchange/frame-pool.ts";
import { RemoteReceiver, RemoteSender } from "../../src/exchange/remote-channel.ts";

interface Ends {
  readonly sending: SendingChannel;
  readonly receiving: ReceivingChannel;
  /** How often the sender has been told that there is room. */
  readonly told: () => number;
}

const implementations: Readonly<Record<string, () => Ends>> = {
  "within a thread"() {
    let told = 0;
    const channel = new LocalChannel({ onReadable() {}, onWritable: () => void told++ }, { capacity: 4 });
    return { sending: channel, receiving: channel, told: () => told };
  },
  "between threads"() {
    let told = 0;
    const [memory, bounds, pool] = [creditsMemory(1), { records: 64, bytes: 1 << 20 }, new FramePool()];
    const doorbell = { ring: () => void told++ } as unknown as Doorbell;
    const receiving = new RemoteReceiver(new ReceiverCredits(memory, 0, bounds, doorbell), pool, () => undefined);
    const blocked: RemoteSender[] = [];
    const sending = new RemoteSender(
      new SenderCredits(memory, 0, bounds),
      new ElementCodec(),
      (encoded) => receiving.arrived(pool.copy(encoded, 0, encoded.length)),
      (sender) => void blocked.push(sender),
      () => undefined,
    );
    const full = (): boolean => {
      for (const sender of blocked) sender.recheck();
      return sending.full;
    };
    return {
      sending: {
        push: (element) => sending.push(element),
        get full() {
          return full();
        },
      },
      receiving,
      told: () => told,
    };
  },
};

const watermark = (time: number): StreamElement => ({ kind: "watermark", watermark: time });
const barrier = (checkpointId: number): BarrierElement => ({
  kind: "barrier",
  checkpointId,
  alignmentTimeoutMs: 0,
  unaligned: true,
  suspends: false,
});

describe.each(Object.entries(implementations))("a channel %s", (_name, open) => {
  it("takes barriers out that are of no effect any more, and tells a sender that there is room", () => {
    const { sending, receiving, told } = open();
    for (const element of [watermark(1), barrier(1), barrier(2), watermark(2), barrier(3)]) sending.push(element);
    expect(sending.full).toBe(true);
    receiving.forget(2);
    expect(sending.full).toBe(false);
    expect(told()).toBe(1);
    expect([receiving.poll(), receiving.poll(), receiving.poll(), receiving.poll()]).toEqual([watermark(1), watermark(2), barrier(3), undefined]);
  });

  it("does not take in a barrier that is of no effect", () => {
    const { sending, receiving } = open();
    const heard: number[] = [];
    receiving.arrivals = { barrier: ({ checkpointId }) => heard.push(checkpointId) > 10, other: () => undefined };
    for (let checkpointId = 1; checkpointId <= 10; checkpointId++) sending.push(barrier(checkpointId));
    expect(heard).toHaveLength(10);
    expect(sending.full).toBe(false);
    sending.push(watermark(1));
    sending.push(barrier(11));
    expect([receiving.poll(), receiving.poll(), receiving.poll()]).toEqual([watermark(1), barrier(11), undefined]);
  });
});
