import { type SimulatedFiles, simulatedPorts } from "@millrace/testkit";
import { FaultyFiles, type SinkCheckpoint, SinkDriver } from "@millrace/testkit/drivers";
import { describe, expect, test } from "vitest";
import { type FileSinkOptions, fileSink } from "./file-sink.ts";

const OUT = "/out";
const records = 12;
const recordsPerCheckpoint = 3;
/** Here the first run ends with a savepoint, and another one goes on from that. */
const savepointAt = 6;

/** What outlives a process. */
interface Survivor {
  runId: string;
  /** Of whose snapshot `restored` is, while that is not the run's own. */
  ancestorRunIds: readonly string[];
  restored: SinkCheckpoint | undefined;
  position: number;
  checkpointId: number;
  finished: boolean;
}

const unborn: Survivor = { runId: "a", ancestorRunIds: [], restored: undefined, position: 0, checkpointId: 1, finished: false };

/** Runs until the end, or until the disk's power is cut. */
async function goOn(options: FileSinkOptions<number>, files: FaultyFiles, survivor: Survivor): Promise<void> {
  while (!survivor.finished) await run(options, files, survivor);
}

/** One run, from where it was. */
async function run(options: FileSinkOptions<number>, files: FaultyFiles, survivor: Survivor): Promise<void> {
  const { runId, ancestorRunIds, restored } = survivor;
  const ports = { ...simulatedPorts({ seed: 1 }), files };
  // Another one at nearly each start.
  const parallelism = 1 + (survivor.checkpointId % 3);
  const settings = { ports, runId, ancestorRunIds, parallelism, ...(restored === undefined ? {} : { restored }) };
  const driver = await SinkDriver.open(fileSink<number>(OUT, options), settings, survivor.checkpointId);
  const end = runId === "a" ? savepointAt : records;
  // A checkpoint comes before the first record too: what was restored must outlive the next power cut by itself.
  for (let next = survivor.position; ; ) {
    if (next === records) driver.endInput();
    survivor.checkpointId = driver.checkpointId + 1;
    const checkpoint = await driver.prepare();
    Object.assign(survivor, { restored: checkpoint, position: next, ancestorRunIds: [] });
    await driver.commit(checkpoint);
    if (next === end) break;
    for (let n = 0; n < recordsPerCheckpoint; n++, next++) await driver.write(next, next % parallelism);
  }
  await driver.close();
  survivor.finished = end === records;
  if (runId === "a") Object.assign(survivor, { runId: "b", ancestorRunIds: ["a"] });
}

async function namesBelow(files: SimulatedFiles, directory: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of await files.list(directory)) {
    const path = `${directory}/${name}`;
    if ((await files.stat(path))?.kind === "directory") found.push(...(await namesBelow(files, path)));
    else found.push(path);
  }
  return found;
}

async function linesOf(files: SimulatedFiles, path: string): Promise<readonly string[]> {
  const text = new TextDecoder().decode(await files.readFile(path));
  return text.split("\n").filter((line) => line !== "");
}

const kinds: Readonly<Record<string, FileSinkOptions<number>>> = {
  "a file for each checkpoint": {},
  "small files in partitions": { roll: { bytes: 5 }, partitionBy: (n) => `p${n % 3}` },
  "files that stay open across checkpoints": { roll: { everyCheckpoint: false, bytes: 9 } },
  "files in partitions that stay open": { roll: { everyCheckpoint: false, bytes: 9 }, partitionBy: (n) => `p${n % 3}` },
};

describe("a power cut at any call of the file system, before and after a start from a savepoint, loses and doubles nothing", () => {
  for (const [name, options] of Object.entries(kinds)) {
    test.each(["strict", "random"] as const)(`with ${name} (%s)`, async (mode) => {
      const counting = new FaultyFiles(simulatedPorts({ seed: 1 }).files);
      await goOn(options, counting, { ...unborn });
      for (let index = 0; index < counting.operations; index++) {
        const { files } = simulatedPorts({ seed: index });
        const survivor = { ...unborn };
        for (const at of [index, (index * 7) % 23]) {
          const dying: FaultyFiles = new FaultyFiles(files, (operation) => (operation.index === at ? dying.die() : undefined));
          await goOn(options, dying, survivor).catch(() => {});
          await dying.kill();
          files.crash(mode);
        }
        await goOn(options, new FaultyFiles(files), survivor);
        const names = await namesBelow(files, OUT);
        const visible = names.filter((name) => !name.includes("/."));
        const written = (await Promise.all(visible.map((name) => linesOf(files, name)))).flat();
        written.sort((a, b) => Number(a) - Number(b));
        expect(written, `power cut at operation ${index}`).toEqual(Array.from({ length: records }, (_, n) => String(n)));
        // The run before could be started again, so its files stay.
        const left = names.filter((name) => name.endsWith(".inprogress") && !name.includes("/.part-a-"));
        expect(left, `power cut at operation ${index}`).toEqual([]);
      }
    });
  }
});
