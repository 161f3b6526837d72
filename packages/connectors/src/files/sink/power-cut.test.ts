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
  const settings = { ports, runId, ancestorRunIds, parallelism: 2, ...(restored === undefined ? {} : { restored }) };
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
    for (let n = 0; n < recordsPerCheckpoint; n++, next++) await driver.write(next, next % 2);
  }
  await driver.close();
  survivor.finished = end === records;
  if (runId === "a") Object.assign(survivor, { runId: "b", ancestorRunIds: ["a"] });
}

async function linesBelow(files: SimulatedFiles, directory: string): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const name of await files.list(directory)) {
    const path = `${directory}/${name}`;
    if ((await files.stat(path))?.kind === "directory") lines.push(...(await linesBelow(files, path)));
    else if (!name.startsWith("."))
      lines.push(
        ...new TextDecoder()
          .decode(await files.readFile(path))
          .trimEnd()
          .split("\n"),
      );
  }
  return lines.filter((line) => line !== "");
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
        const written = (await linesBelow(files, OUT)).map(Number).toSorted((a, b) => a - b);
        expect(written, `power cut at operation ${index}`).toEqual(Array.from({ length: records }, (_, n) => n));
      }
    });
  }
});
