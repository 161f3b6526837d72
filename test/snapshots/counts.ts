import type { SnapshotReader } from "millrace/state";

/** The entries of each state, by `uid state`. */
export async function countsOf(reader: SnapshotReader): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for await (const entries of reader.entries()) {
    for (const { uid, state: name } of entries) counts.set(`${uid} ${name}`, (counts.get(`${uid} ${name}`) ?? 0) + 1);
  }
  return counts;
}
