import { mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { type FlinkOptions, flinkCommand } from "../../nexmark/flink-harness.ts";
import type { SeenCheckpoint, StateSide, StateSize } from "./side.ts";
import { Resumed, SideProcess } from "./side-process.ts";

/** Flink says of each checkpoint when it is complete, how large all of the state is, and how long it took. */
const COMPLETED = /Completed checkpoint \d+ for job .*checkpointDuration=(\d+) ms/;
const LOG = "-Dorg.slf4j.simpleLogger.log.org.apache.flink.runtime.checkpoint.CheckpointCoordinator=info";

/** Apache Flink with RocksDB, incremental checkpoints, in a JVM of its own for every run: the `state` query of the Nexmark harness. */
export function flinkSide(size: StateSize): StateSide {
  return {
    name: "Flink 2.2.1, RocksDB",
    build: async (directory) => {
      const filled = Promise.withResolvers<void>();
      let seen = 0;
      await mkdir(join(directory, "tmp"), { recursive: true });
      const running = start(size, { work: directory, "checkpoint-ms": 1000 }, (line) => {
        const told = /^seen (\d+)$/.exec(line)?.[1];
        if (told !== undefined) seen = Number(told);
        // It tells of every million.
        if (COMPLETED.test(line) && seen >= size.keys) filled.resolve();
      });
      await Promise.race([filled.promise, running.died]);
      await running.kill();
    },
    resume: async (directory, { ratePerSecond, checkpointMs }) => {
      const work = `${directory}-resumed`;
      await mkdir(join(work, "tmp"), { recursive: true });
      const checkpoints: SeenCheckpoint[] = [];
      const output = Promise.withResolvers<number>();
      const known = new Set<string>();
      const restore = await newestCheckpoint(directory);
      const order = { work, restore, rate: ratePerSecond, "checkpoint-ms": checkpointMs };
      const running = start(size, order, (line) => {
        const first = /"first_row_s":([\d.]+)/.exec(line)?.[1];
        if (first !== undefined) output.resolve(Number(first) * 1000);
        const durationMs = COMPLETED.exec(line)?.[1];
        if (durationMs === undefined) return;
        newBytes(join(work, "checkpoints"), known).then(
          (bytes) => checkpoints.push({ bytes, durationMs: Number(durationMs) }),
          // The directory has gone: nobody looks at its checkpoints any more.
          () => undefined,
        );
      });
      return new Resumed(running, work, output.promise, checkpoints);
    },
  };
}

function start({ keys, valueBytes, memoryMb }: StateSize, options: FlinkOptions, line: (text: string) => void): SideProcess {
  // A quarter of the memory is RocksDB's, the rest the heap's: as the harness has it by default.
  const managedMb = memoryMb >> 2;
  const { command, args, env } = flinkCommand({
    query: "state",
    state: "rocksdb",
    keys,
    "value-bytes": valueBytes,
    "managed-mb": managedMb,
    events: 0,
    // It ends with its standard input, if this process is killed.
    guarded: 1,
    ...options,
  });
  const settings = { JAVA_HEAP: `${memoryMb - managedMb}m`, JAVA_FLAGS: LOG };
  return new SideProcess(command, args, { env: { ...env, ...settings }, stdio: "pipe" }, line);
}

async function newestCheckpoint(directory: string): Promise<string> {
  const root = join(directory, "checkpoints");
  const [job = ""] = await readdir(root);
  const complete: number[] = [];
  for (const name of await readdir(join(root, job))) {
    const id = /^chk-(\d+)$/.exec(name)?.[1];
    if (id !== undefined && (await readdir(join(root, job, name))).includes("_metadata")) complete.push(Number(id));
  }
  if (complete.length === 0) throw new Error(`Flink left no complete checkpoint in ${root}`);
  return join(root, job, `chk-${Math.max(...complete)}`);
}

/** Of the files that were not there before; from now on they are known. */
async function newBytes(directory: string, known: Set<string>): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(directory, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || known.has(path)) continue;
    known.add(path);
    bytes += (await stat(path).catch(() => undefined))?.size ?? 0;
  }
  return bytes;
}
