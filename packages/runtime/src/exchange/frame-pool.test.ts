import fc from "fast-check";
import { expect, test } from "vitest";
import { type Frame, FramePool } from "./frame-pool.ts";

const lengths = fc.oneof(fc.integer({ min: 1, max: 600 }), fc.constantFrom(255, 256, 257, 1 << 18, (1 << 18) + 1, 300_000));

test("a frame keeps its bytes until it is given back, whatever is taken and given meanwhile", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(lengths, fc.nat({ max: 5 })), { maxLength: 60 }), (steps) => {
      const pool = new FramePool();
      const held: { readonly frame: Frame; readonly mark: number }[] = [];
      steps.forEach(([length, back], step) => {
        const mark = (step % 255) + 1;
        const source = new Uint8Array(length + 16).fill(mark);
        held.push({ frame: pool.copy(source, 8, length + 8), mark });
        expect(held.at(-1)?.frame.length).toBe(length);
        const given = held[back];
        if (given !== undefined) {
          held.splice(back, 1);
          pool.give(given.frame);
        }
        for (const { frame, mark: own } of held) {
          expect([frame.memory[0], frame.memory[frame.length - 1]]).toEqual([own, own]);
        }
      });
    }),
    { numRuns: 50 },
  );
});

test("memory that was given back is used again", () => {
  const pool = new FramePool();
  const first = pool.take(1_000);
  pool.give(first);
  expect(pool.take(700).memory).toBe(first.memory);
  expect(pool.take(700).memory).not.toBe(first.memory);
});
