/** Takes savepoints, one after the other, of a job that runs; to be killed: `node savepoint-victim.ts DIRECTORY [SAVEPOINT]`. */
import { join } from "node:path";
import { startJob } from "millrace";
import { fileSink } from "millrace/files";
import { everythingJob, readings } from "./jobs.ts";
import { slowed } from "./support.ts";

const [directory = "", from] = process.argv.slice(2);
const job = await startJob(everythingJob(readings(20_000, 11), slowed(fileSink<string>(join(directory, "out")), 4)), {
  stateDir: join(directory, "state"),
  parallelism: 2,
  checkpointIntervalMs: 20,
  batchSize: 16,
  ...(from === undefined ? {} : { from }),
});
const over = job.finished.then(() => true);
for (;;) {
  const taken = job.savepoint().then(
    () => false,
    () => false,
  );
  if (await Promise.race([over, taken])) break;
}
