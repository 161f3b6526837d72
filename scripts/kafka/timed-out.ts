import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { LocalBroker } from "@millrace/kafka/local-broker";
import { readWithJava } from "../../packages/kafka/test/java-reader.ts";
import { aimAt } from "../torture/moments.ts";
import { exitOf, type Place, startVictim, type Target } from "../torture/victim.ts";
import { Feeder } from "./feeder.ts";
import { judge } from "./judge.ts";

const transactionTimeoutMs = 3_000;
const flags = ["--checkpoint-interval", "500ms"];
const triesMax = 40;
const catchUpMs = 90_000;

/**
 * Kills the job between the manifest of a checkpoint and its commit, and leaves it down for longer than its transactions
 * live. With open transactions it must refuse to go on, naming the loss, and go on with --accept-loss, printing the offsets;
 * with writeAhead nothing may be lost.
 */
export async function timedOutTransactions(broker: LocalBroker, base: string): Promise<boolean> {
  const feeder = new Feeder(broker.bootstrap, "input", 2_000);
  feeder.start();
  const parameters = { bootstrap: broker.bootstrap, input: "input", transactionTimeoutMs: String(transactionTimeoutMs) };
  const target: Target = { name: "kafka", job: "scripts/kafka/torture-job.ts", parameters };
  const place: Place = { stateDirectory: join(base, "state"), out: "output", log: join(base, "job.log") };
  let refused = false;
  for (let tries = 1; tries <= triesMax && !refused; tries++) {
    await killAtCommit(target, place);
    await new Promise((resolve) => setTimeout(resolve, transactionTimeoutMs + 1_500));
    const child = startVictim(target, place, flags);
    const outcome = await Promise.race([exitOf(child), new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 8_000))]);
    refused = outcome !== undefined && (await readFile(place.log, "utf8")).includes("KAFKA_TRANSACTION_LOST");
    if (outcome === undefined) {
      child.kill("SIGKILL");
      console.log(`try ${tries}: the kill came after the commit; again`);
    } else console.log(`try ${tries}: the job ended with code ${outcome.code}${refused ? ", naming KAFKA_TRANSACTION_LOST" : ""}`);
  }
  const sent = await feeder.stop();
  const accepting = startVictim(target, place, [...flags, "--accept-loss", "output"]);
  const { printed, judged } = await untilCaughtUp(broker, place, sent);
  accepting.kill("SIGTERM");
  await exitOf(accepting);
  console.log(
    `timed out: refused ${refused}; ${printed} records were printed as lost; ${judged.lost} of ${sent} are missing, ${judged.doubled} doubled`,
  );
  return refused && printed > 0 && judged.lost === printed && judged.doubled === 0;
}

/** What the log says is lost, and what is missing once nothing else is. */
async function untilCaughtUp(broker: LocalBroker, place: Place, sent: number) {
  const deadline = performance.now() + catchUpMs;
  for (;;) {
    const printed = lostRecords(await readFile(place.log, "utf8"));
    const judged = judge(await readWithJava(broker.libs, broker.bootstrap, "output"), sent);
    if ((printed > 0 && judged.lost <= printed) || performance.now() > deadline) return { printed, judged };
  }
}

/** Of the warnings, which name partitions and offsets as `output-0@12..15`. */
function lostRecords(log: string): number {
  const warnings = log.split("\n").filter((line) => line.includes("OUTPUT_LOST"));
  const ranges = warnings.flatMap((line) => [...line.matchAll(/@(\d+)\.\.(\d+)/g)]);
  return ranges.reduce((sum, [, first, last]) => sum + Number(last) - Number(first) + 1, 0);
}

async function killAtCommit(target: Target, place: Place): Promise<void> {
  const child = startVictim(target, place, flags);
  const aim = aimAt("commit", place.stateDirectory, () => 0, 6_000);
  await aim.reached;
  aim.cancel();
  child.kill("SIGKILL");
  await exitOf(child);
}
