import { cp, mkdir, readdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { createFileCheckpointStorage } from "@millrace/checkpoint";
import { nodePorts } from "@millrace/core/node";
import { entryToJson } from "@millrace/snapshots";
import { type JobHandle, startJob } from "millrace";
import { changingJob } from "./changing-job.ts";
import { readerOf, referredIn } from "./inspected.ts";

/** A state directory, or a savepoint, as it might stand on a disk when a job starts. */
export interface Exhibit {
  readonly name: string;
  readonly directory: string;
  /** Relative to `directory`: what is restored. */
  readonly savepoint: string | undefined;
  /** Files that may be hit, relative to `directory`. */
  readonly files: readonly string[];
  /** Those that no snapshot and no store refers to. */
  readonly unused: ReadonlySet<string>;
}

export interface Exhibition {
  readonly exhibits: readonly Exhibit[];
  /** The logical content of each snapshot: by checkpoint id. */
  readonly oracles: ReadonlyMap<number, readonly string[]>;
  readonly savepointOracle: readonly string[];
  readonly newest: number;
}

export const PARALLELISM = 2;
const stops = 4;

/** Runs a job with a local store through several stops, and keeps what it left: stores at the newest checkpoint and behind it. */
export async function prepareExhibits(base: string): Promise<Exhibition> {
  const state = join(base, "state");
  const earlier = (stop: number): string => join(base, `earlier-${stop}`);
  for (let stop = 0; stop < stops; stop++) {
    const job = await startJob(changingJob(), { stateDir: state, parallelism: PARALLELISM, checkpointIntervalMs: 60, retained: 4, threads: "off" });
    await untilCheckpoints(job, stop === stops - 1 ? 1 : 2);
    if (stop === stops - 1) await job.savepoint(join(base, "savepoint", "sp"));
    await job.stop();
    await cp(join(state, "local"), earlier(stop), { recursive: true });
  }
  const storage = createFileCheckpointStorage({ files: nodePorts.files, directory: join(state, "checkpoints") });
  const oracles = new Map<number, readonly string[]>();
  for (const id of await storage.list())
    oracles.set(id, await contentOf(join(state, "checkpoints", `chk-${String(id).padStart(6, "0")}.json`), base));
  const bare = join(base, "bare");
  await cp(state, bare, { recursive: true });
  await rm(join(bare, "local"), { recursive: true });
  await mkdir(join(bare, "local"));
  const exhibits = [
    await exhibit("store at the newest checkpoint", state, undefined, ["local", "local", "checkpoints"]),
    await exhibit("no local store", bare, undefined, ["checkpoints"]),
    await exhibit("savepoint", join(base, "savepoint"), "sp", ["sp"]),
  ];
  // Some deltas behind the newest checkpoint, in the same lineage, if no base was made in between.
  for (let stop = 0; stop < stops - 1; stop++) {
    const behind = join(base, `behind-${stop}`);
    await cp(bare, behind, { recursive: true });
    await cp(earlier(stop), join(behind, "local"), { recursive: true });
    exhibits.push(await exhibit(`store as it was ${stops - 1 - stop} stops before`, behind, undefined, ["local", "checkpoints"]));
  }
  return { exhibits, oracles, savepointOracle: await contentOf(join(base, "savepoint", "sp"), base), newest: Math.max(...oracles.keys()) };
}

async function exhibit(name: string, directory: string, savepoint: string | undefined, folders: readonly string[]): Promise<Exhibit> {
  const files: string[] = [];
  for (const folder of folders) {
    for (const entry of await readdir(join(directory, folder), { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) files.push(join(entry.parentPath, entry.name).slice(directory.length + 1));
    }
  }
  const referred = await referredIn(directory);
  // A base in a store is on its way to the next checkpoint: a start that finds one removes it.
  const isUnused = (file: string): boolean =>
    file.startsWith("checkpoints/data/") ? !referred.has(basename(file)) : file.startsWith("local/") && file.endsWith(".base");
  return { name, directory, savepoint, files, unused: new Set(files.filter(isUnused)) };
}

/** All entries of a snapshot, as sorted lines. */
async function contentOf(path: string, base: string): Promise<readonly string[]> {
  const reader = await readerOf(path, base);
  const lines: string[] = [];
  for await (const entries of reader.entries()) for (const entry of entries) lines.push(JSON.stringify(entryToJson(entry)));
  return lines.sort();
}

async function untilCheckpoints(job: JobHandle, count: number): Promise<void> {
  let completed = 0;
  await new Promise<void>((resolve, reject) => {
    job.finished.catch(reject);
    job.on((event) => {
      if (event.kind === "checkpointCompleted" && ++completed === count) resolve();
    });
  });
}
