/** Runs a job until it has ended in the given way, and then just returns: `node leaving.ts DIRECTORY END`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { boundedOutOfOrderness, datagen, defineJob, startJob, t, tumbling } from "millrace";
import { fileSink } from "millrace/files";

const [directory = "", end = ""] = process.argv.slice(2);
const definition = defineJob("leaving", (env) => {
  env
    .from(datagen({ generate: (n: number) => n, ...(end === "finished" ? { count: 1_000 } : {}), ratePerSecond: 20_000 }), {
      uid: "numbers",
      watermarks: boundedOutOfOrderness(10, (n) => n),
    })
    .map((n) => {
      if (end === "failed" && n === 300) throw new Error("as it should");
      return n;
    })
    .keyBy((n) => n % 3)
    .window(tumbling(100))
    .reduce((a, b) => a + b, { uid: "sums", codec: t.integer() })
    .to(fileSink(join(directory, "out")), { uid: "out" });
});
const job = await startJob(definition, {
  stateDir: join(directory, "state"),
  parallelism: 2,
  checkpointIntervalMs: 10,
  restart: { kind: "none" },
  signal: new AbortController().signal,
});
if (end === "stopped" || end === "cancelled") {
  await new Promise((resolve) => setTimeout(resolve, 50));
  await (end === "stopped" ? job.stop() : job.cancel());
}
const result = await job.finished.then(
  (finished) => finished.end,
  () => "failed",
);
writeFileSync(join(directory, "ended"), result);
