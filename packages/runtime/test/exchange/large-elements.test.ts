import { expect, it, vi } from "vitest";
import type { StreamElement } from "../../src/channel/element.ts";
import { createExchangeMemory } from "../../src/exchange/exchange-memory.ts";
import { ThreadExchange } from "../../src/exchange/thread-exchange.ts";
import { collectGarbage } from "../collect-garbage.ts";
import { fullMesh } from "./stress.ts";

const CHANNELS = 20;
const BYTES = 4 << 20;

it("memory for the largest element so far is kept once in a thread, not once a channel", async () => {
  const physical = fullMesh(2, CHANNELS);
  const memory = createExchangeMemory(physical, 2);
  const [near, far] = [0, 1].map((thread) => new ThreadExchange(physical, memory, thread, () => undefined)) as [ThreadExchange, ThreadExchange];
  const edges = physical.tasks.flatMap(({ outputs }) => outputs);
  const ways = edges.map((edge) => ({ sending: near.sending(edge, 0, 1), receiving: far.receiving(edge, 0, 1) }));
  const carried = (element: StreamElement): void => {
    for (const { sending, receiving } of ways) {
      sending.push(element);
      for (let taken: StreamElement | undefined; taken === undefined; taken = receiving.poll()) for (const exchange of [near, far]) exchange.pump();
    }
  };
  const used = (): number => {
    collectGarbage();
    return process.memoryUsage().arrayBuffers;
  };
  const before = used();
  carried({ kind: "batch", values: [new Uint8Array(BYTES)], timestamps: [0], marks: [] });
  carried({ kind: "watermark", watermark: 1 });
  // What a collection has found is given back in the background.
  await vi.waitFor(() => expect(used() - before).toBeLessThan((CHANNELS / 2) * BYTES), { timeout: 10_000 });
});
