/** One run of a query as a job: `node run-millrace.ts ORDER`, the order as JSON; prints the run as JSON. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startJob } from "millrace";
import { nexmarkJob } from "../job.ts";
import { discardingRows, rowsInFile } from "../rows.ts";
import type { SideOrder } from "./side.ts";
import { Stopwatch } from "./stopwatch.ts";

const { query, generator, premade, state, parallelism, checkpointIntervalMs, out } = JSON.parse(process.argv[2] ?? "") as SideOrder;
const stopwatch = new Stopwatch(generator.events);
const job = nexmarkJob({
  query,
  generator,
  premade,
  rowsOf: (subtask) => (out === undefined ? discardingRows() : rowsInFile(subtask === 0 ? out : `${out}.${subtask}`)),
  mark: stopwatch.mark,
  marked: () => stopwatch.start(),
  ended: (rows) => stopwatch.stop(rows),
});
const stateDir = await mkdtemp(join(tmpdir(), "millrace-nexmark-"));
try {
  const options = checkpointIntervalMs === 0 ? { ephemeral: true } : { stateDir, checkpointIntervalMs };
  const handle = await startJob(job, { ...options, parallelism, backend: state });
  await handle.finished;
  console.log(JSON.stringify(stopwatch.result()));
} finally {
  await rm(stateDir, { recursive: true, force: true });
}
