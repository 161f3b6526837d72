import { seededRandom } from "@millrace/core";
import { describe, expect, test } from "vitest";
import { DefaultPartitioner, murmur2, partitionOfKey } from "./partitioner.ts";

describe("partitions are chosen as Kafka's clients choose them", () => {
  // From the tests of Kafka's own Utils.murmur2.
  test.each([
    ["21", -973932308],
    ["foobar", -790332482],
    ["a-little-bit-long-string", -985981536],
    ["a-little-bit-longer-string", -1486304829],
    ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971],
    ["abc", 479470107],
  ])("murmur2 of %s", (key, hash) => {
    expect(murmur2(Buffer.from(key))).toBe(hash);
  });

  test("a string and its bytes have one partition", () => {
    for (const key of ["", "a", "äöü", "😀"]) expect(partitionOfKey(key, 7)).toBe(partitionOfKey(Buffer.from(key), 7));
  });

  test("records without a key stay together for about a batch", () => {
    const partitioner = new DefaultPartitioner(seededRandom(1), 1_000);
    const chosen = Array.from({ length: 200 }, () => partitioner.choose(null, 100, 50));
    const changes = chosen.filter((partition, index) => index > 0 && partition !== chosen[index - 1]).length;
    expect(changes).toBeLessThanOrEqual(20);
    expect(new Set(chosen).size).toBeGreaterThan(5);
  });
});
