import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { mergeRecords } from "../../src/runs/merge.ts";
import { MergeHead, type MergeInput } from "../../src/runs/merge-head.ts";
import { joined } from "../../src/runs/pieces.ts";
import { SortedInput, sortFrames } from "../../src/runs/sort-frames.ts";
import { type Change, framesOf, KEY_GROUPS } from "../records.ts";

/** Gives its records one at a time, as a run does that has to be read again after each. */
class SlowInput extends SortedInput {
  override step(): boolean {
    return false;
  }

  override async fill(): Promise<boolean> {
    return super.step();
  }
}

function inputOf(changes: readonly Change[], Input = SortedInput): MergeInput {
  return new Input(sortFrames(joined(framesOf(changes)), KEY_GROUPS));
}

async function merged(inputs: readonly MergeInput[]): Promise<Uint8Array[]> {
  const records: Uint8Array[] = [];
  await mergeRecords(inputs, ({ bytes, frameAt, frameEnd }) => void records.push(bytes.slice(frameAt, frameEnd)));
  return records;
}

describe("a merge of sorted records", () => {
  const key = fc.oneof(fc.constantFrom("0a", "0b", "1", "1a-long-key", "1a-long-key-2", "9"), fc.string({ minLength: 1, maxLength: 3 }));
  const change: fc.Arbitrary<Change> = fc.tuple(key, fc.option(fc.string({ maxLength: 2 }), { nil: undefined }));

  it("gives each key once, in order, with what the newest input says, however many there are", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(change, { maxLength: 12 }), { maxLength: 40 }), fc.boolean(), async (inputs, slowly) => {
        const newest = new Map(inputs.flat());
        const wanted = await merged([inputOf([...newest])]);
        expect(await merged(inputs.map((changes) => inputOf(changes, slowly ? SlowInput : SortedInput)))).toEqual(wanted);
        expect(wanted.length).toBe(newest.size);
      }),
    );
  });

  it("compares a record of many inputs with a few others only", async () => {
    const inputs = Array.from({ length: 300 }, (_, input) =>
      inputOf(Array.from({ length: 20 }, (_, n): Change => [`${n % 10}-${n * 300 + input}`, "v"])),
    );
    const compare = vi.spyOn(MergeHead.prototype, "compare");
    expect((await merged(inputs)).length).toBe(6_000);
    expect(compare.mock.calls.length).toBeLessThan(6_000 * 25);
    compare.mockRestore();
  });
});
