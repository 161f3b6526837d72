import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nodePorts } from "@millrace/core/node";
import { FaultyFiles, type FileOperation, fault, type SinkCheckpoint, SinkDriver } from "@millrace/testkit/drivers";
import { describe, expect, onTestFinished, test } from "vitest";
import { filesBelow, visibleLines } from "../../../test/output.ts";
import { temporaryDirectory } from "../../../test/temporary.ts";
import { type FileSinkOptions, fileSink } from "./file-sink.ts";

const records = 14;
const recordsPerCheckpoint = 4;

/** What outlives a process: the last completed checkpoint, the position in it, and the next checkpoint's id. */
interface Survivor {
  restored: SinkCheckpoint | undefined;
  position: number;
  checkpointId: number;
}

/** Runs the job from where it was, to the end or to its death. */
async function attempt(directory: string, options: FileSinkOptions<number>, files: FaultyFiles, survivor: Survivor): Promise<void> {
  const { restored } = survivor;
  const ports = { ...nodePorts, files };
  const driver = await SinkDriver.open(
    fileSink<number>(directory, options),
    { ports, parallelism: 2, ...(restored === undefined ? {} : { restored }) },
    survivor.checkpointId,
  );
  try {
    for (let next = survivor.position; next < records; ) {
      await driver.write(next, next % 2);
      next++;
      if (next % recordsPerCheckpoint !== 0) continue;
      const checkpoint = await driver.prepare();
      driver.complete(checkpoint);
      Object.assign(survivor, { restored: checkpoint, position: next });
      await driver.commit(checkpoint);
    }
    await driver.finish();
  } finally {
    // The last checkpoint may be complete though its commit died.
    if (driver.completed !== survivor.restored) Object.assign(survivor, { restored: driver.completed, position: records });
    survivor.checkpointId = driver.checkpointId + 1;
    if (!files.killed) await driver.close();
  }
}

function dyingAt(index: number): FaultyFiles {
  const files: FaultyFiles = new FaultyFiles(nodePorts.files, (operation) => (operation.index === index ? files.die() : undefined));
  return files;
}

async function expectWhole(directory: string, options: FileSinkOptions<number>, survivor: Survivor): Promise<void> {
  await attempt(directory, options, new FaultyFiles(nodePorts.files), survivor);
  const written = visibleLines(directory)
    .map(Number)
    .toSorted((a, b) => a - b);
  expect(written).toEqual(Array.from({ length: records }, (_, n) => n));
  expect(filesBelow(directory).filter((name) => name.includes("inprogress"))).toEqual([]);
}

const kinds: Readonly<Record<string, FileSinkOptions<number>>> = {
  "a file for each checkpoint": {},
  "small files in partitions": { roll: { bytes: 5 }, partitionBy: (n) => `p${n % 3}` },
  "files that stay open across checkpoints": { roll: { everyCheckpoint: false, bytes: 9 } },
};

describe("a process that dies at any call of the file system loses and doubles nothing", () => {
  for (const [name, options] of Object.entries(kinds)) {
    test(`with ${name}`, async () => {
      const counting = new FaultyFiles(nodePorts.files);
      await attempt(temporaryDirectory(), options, counting, { restored: undefined, position: 0, checkpointId: 1 });
      for (let index = 0; index < counting.operations; index++) {
        const directory = temporaryDirectory();
        const survivor: Survivor = { restored: undefined, position: 0, checkpointId: 1 };
        // The second attempt dies too, so that recovery itself is interrupted.
        for (const dying of [dyingAt(index), dyingAt((index * 7) % 23)]) {
          await attempt(directory, options, dying, survivor).catch(() => {});
          await dying.kill();
        }
        await expectWhole(directory, options, survivor);
      }
    });
  }
});

describe("a disk that refuses", () => {
  for (const kind of ["handle.write", "handle.sync", "open", "rename", "syncDirectory"] satisfies FileOperation["kind"][]) {
    test(`${kind} fails with SINK_WRITE and what to do, and the resumed job is right`, async () => {
      for (let at = 0; at < 6; at++) {
        const directory = temporaryDirectory();
        let calls = 0;
        const full = new FaultyFiles(nodePorts.files, (operation) =>
          operation.kind === kind && calls++ === at ? fault("ENOSPC", "no space left on device") : undefined,
        );
        const survivor: Survivor = { restored: undefined, position: 0, checkpointId: 1 };
        await expect(attempt(directory, {}, full, survivor)).rejects.toMatchObject({
          code: "SINK_WRITE",
          message: expect.stringContaining("no space left on device"),
          hint: expect.stringContaining("free space"),
        });
        await expectWhole(directory, {}, survivor);
      }
    });
  }

  test("is found before the job starts when the directory can't be written to", async () => {
    const directory = join(temporaryDirectory(), "file");
    writeFileSync(directory, "");
    await expect(SinkDriver.open(fileSink(join(directory, "out")), { ports: nodePorts })).rejects.toMatchObject({ code: "SINK_WRITE" });
    const denied = new FaultyFiles(nodePorts.files, ({ kind }) => (kind === "open" ? fault("EACCES", "permission denied") : undefined));
    await expect(SinkDriver.open(fileSink(temporaryDirectory()), { ports: { ...nodePorts, files: denied } })).rejects.toMatchObject({
      code: "SINK_WRITE",
      hint: expect.stringContaining("right to write"),
    });
  });

  test("for real: a full file system fails the job, and after space was made it goes on", async (context) => {
    const directory = temporaryDirectory();
    const disk = join(directory, "disk");
    if (!mountSmall(disk)) context.skip("mounting a tmpfs needs root: not tested here");
    const ballast = join(disk, "ballast");
    writeFileSync(ballast, Buffer.alloc(200 << 10));
    const out = join(disk, "out");
    const text = "x".repeat(1000);
    const write = async (driver: SinkDriver<string>): Promise<void> => {
      for (let n = 0; n < 100; n++) await driver.write(text);
      await driver.checkpoint();
    };
    const first = await SinkDriver.open(fileSink<string>(out), { ports: nodePorts });
    await expect(write(first)).rejects.toMatchObject({ code: "SINK_WRITE", cause: { code: "ENOSPC" } });
    await first.close();
    rmSync(ballast);
    const second = await SinkDriver.open(fileSink<string>(out), { ports: nodePorts }, 2);
    await write(second);
    await second.finish();
    expect(visibleLines(out)).toEqual(Array.from({ length: 100 }, () => JSON.stringify(text)));
    expect(filesBelow(out).length).toBe(1);
  });
});

/** A file system of 256 KiB at `path`; false when this user may not. */
function mountSmall(path: string): boolean {
  try {
    execFileSync("mkdir", [path]);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", path], { stdio: "ignore" });
  } catch {
    return false;
  }
  onTestFinished(() => {
    execFileSync("umount", [path]);
  });
  return true;
}
