import { join } from "node:path";
import { readings } from "../engine/jobs.ts";
import { startNoted, until } from "../engine/support.ts";
import { expectedState, knownStateJob } from "./known-state.ts";

const input = readings(3_000, 5).map((reading, index) => ({ ...reading, value: index % 23 }));

/** Where the savepoint lies of a job that has read all of its input. */
export async function knownSavepoint(directory: string): Promise<string> {
  const { job } = await startNoted(knownStateJob(input), join(directory, "state"), { checkpointIntervalMs: 20, parallelism: 2 });
  await until(() => (job.status().operators.find((operator) => operator.uid === "kept")?.recordsIn ?? 0) === input.length);
  const { savepoint } = await job.stop({ savepoint: join(directory, "known") });
  return savepoint?.path ?? "";
}

/** The entries of each state in it, by `uid state`; the keyed node may have another uid. */
export const expectedCounts = (uid = "kept") => {
  const counts = new Map<string, number>();
  for (const line of expectedState(input)) {
    const [first, name] = line.split(" ");
    const place = first === "tops" ? "tops accumulators" : `${uid} ${name}`;
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  return counts;
};
