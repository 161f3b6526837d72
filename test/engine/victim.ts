/** Runs a job on files in a directory, to be killed: `node victim.ts DIRECTORY PARALLELISM`. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { startJob } from "millrace";
import { fileSink } from "millrace/files";
import { everythingJob, readings } from "./jobs.ts";

const [directory = "", parallelism = "1"] = process.argv.slice(2);
const checkpoints = !existsSync(join(directory, "no-checkpoints"));
const job = await startJob(everythingJob(readings(60_000, 11), fileSink<string>(join(directory, "out"), { format: "jsonLines" })), {
  stateDir: join(directory, "state"),
  parallelism: Number(parallelism),
  checkpointIntervalMs: checkpoints ? 20 : 600_000,
  batchSize: 16,
});
await job.finished;
