import { startJob } from "millrace";
import { bigStateJob } from "../job.ts";
import type { VictimOrder, VictimWord } from "./millrace.ts";

/** Run by `millraceSide`, which kills it. Without a rate it fills the state as fast as it can. */
const { stateDir, keys, valueBytes, memoryMb, ratePerSecond, checkpointMs = 1000 } = JSON.parse(process.argv[2] as string) as VictimOrder;
// Nobody would kill it any more.
process.once("disconnect", () => process.exit(1));
let first = true;
let last = 0;
const say = (word: VictimWord): boolean => process.stdout.write(`${JSON.stringify(word)}\n`);
const job = bigStateJob({
  keys,
  valueBytes,
  records: undefined,
  ...(ratePerSecond === undefined ? {} : { ratePerSecond }),
  every: 1,
  seen: (record) => {
    if (first) say("output");
    first = false;
    last = record;
  },
});
const handle = await startJob(job, { stateDir, memoryBytes: memoryMb * 2 ** 20, checkpointIntervalMs: checkpointMs });
handle.on((event) => {
  if (event.kind === "checkpointCompleted") say({ bytes: event.bytes, durationMs: event.durationMs });
  if (event.kind === "checkpointCompleted" && last >= keys) say("filled");
  if (event.kind === "restarting") process.stderr.write(`${String(event.error)}\n`);
});
await handle.finished;
