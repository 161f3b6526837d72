import type { ReadLine } from "../../packages/kafka/test/java-reader.ts";
import type { Output } from "./torture-job.ts";

export interface Judgement {
  readonly expected: number;
  readonly lost: number;
  readonly doubled: number;
  /** Keys whose counts do not go 1, 2, 3, … in the order of the partition. */
  readonly outOfOrder: number;
}

/** Each id from 0 to `sent` − 1 once; each key's counts in order, in one partition. */
export function judge(lines: readonly ReadLine[], sent: number): Judgement {
  const seen = new Uint32Array(sent);
  const counts = new Map<string, { partition: number; count: number }>();
  const disordered = new Set<string>();
  let strange = 0;
  for (const { partition, value } of lines) {
    const { id, key, count } = JSON.parse(value) as Output;
    if (id >= 0 && id < sent) seen[id] = (seen[id] as number) + 1;
    else strange++;
    const before = counts.get(key) ?? { partition, count: 0 };
    if (before.partition !== partition || count !== before.count + 1) disordered.add(key);
    counts.set(key, { partition, count });
  }
  let lost = 0;
  let doubled = strange;
  for (const times of seen) {
    if (times === 0) lost++;
    else doubled += times - 1;
  }
  return { expected: sent, lost, doubled, outOfOrder: disordered.size };
}
