import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { diedEarly, hear } from "./said.ts";
import type { SeenCheckpoint, StateSide, StateSize } from "./side.ts";

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
      const { child, early } = start(size, { work: directory, "checkpoint-ms": 1000 }, (line) => {
        const told = /^seen (\d+)$/.exec(line)?.[1];
        if (told !== undefined) seen = Number(told);
        // It tells of every million.
        if (COMPLETED.test(line) && seen >= size.keys) filled.resolve();
      });
      await Promise.race([filled.promise, early]);
      await killed(child);
    },
    resume: async (directory, { ratePerSecond, checkpointMs }) => {
      const work = `${directory}-resumed`;
      await rm(work, { recursive: true, force: true });
      await mkdir(join(work, "tmp"), { recursive: true });
      const checkpoints: SeenCheckpoint[] = [];
      const output = Promise.withResolvers<number>();
      const known = new Set<string>();
      const restore = await newestCheckpoint(directory);
      const order = { work, restore, rate: ratePerSecond, "checkpoint-ms": checkpointMs };
      const { child, early } = start(size, order, (line) => {
        const first = /"first_row_s":([\d.]+)/.exec(line)?.[1];
        if (first !== undefined) output.resolve(Number(first) * 1000);
        const durationMs = COMPLETED.exec(line)?.[1];
        if (durationMs === undefined) return;
        void newBytes(join(work, "checkpoints"), known).then((bytes) => checkpoints.push({ bytes, durationMs: Number(durationMs) }));
      });
      return {
        firstOutputMs: Promise.race([output.promise, early]),
        died: early,
        checkpoints,
        kill: async () => {
          await killed(child);
          await rm(work, { recursive: true, force: true });
        },
      };
    },
  };
}

type Options = Readonly<Record<string, string | number>>;

function start({ keys, valueBytes, memoryMb }: StateSize, options: Options, line: (text: string) => void) {
  // Of the memory a quarter is RocksDB's, as the engine's default for the other side's cache; the rest is the heap's.
  const managedMb = memoryMb >> 2;
  const all: Options = {
    query: "state",
    state: "rocksdb",
    keys,
    "value-bytes": valueBytes,
    "managed-mb": managedMb,
    events: 0,
    guarded: 1,
    ...options,
  };
  const args = Object.entries(all).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const env = {
    NEXMARK_BUILD: join(tmpdir(), "millrace-nexmark-flink"),
    ...process.env,
    JAVA_HEAP: `${memoryMb - managedMb}m`,
    JAVA_FLAGS: LOG,
  };
  // A group of its own, to be killed as one: the JVM is a child of the script. It ends with its standard input, if this process is killed.
  const child = spawn(join(import.meta.dirname, "../../nexmark/flink/run"), args, { env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
  let last = "";
  hear([child.stdout, child.stderr], (text) => {
    last = text;
    line(text);
  });
  const early = diedEarly(child, () => last);
  early.catch(() => undefined);
  return { child, early };
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

function killed(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once("close", () => resolve());
    process.kill(-(child.pid as number), "SIGKILL");
  });
}
