import { MillraceError, type Ports, randomHex } from "@millrace/core";
import { readText, writeJson, writing } from "./files.ts";
import { isElsewhere, judgeHolder, type LockHolder, type LockRecord, lockDirectory, parseLockRecord, socketName } from "./lock-record.ts";
import type { ProcessFacts } from "./process-facts.ts";

/** Processes that start at the same moment give way to each other and try again, after up to eight times this. */
const RETRY_MS = 25;
const TRIES_MAX = 100;

export interface LockOptions {
  readonly ports: Ports;
  readonly processes: ProcessFacts;
  /** The state directory; it exists. */
  readonly directory: string;
  /** For the errors. */
  readonly jobName: string;
  /** Takes over from a holder about which nothing can be told. One that is known to run is never pushed aside. */
  readonly breakLock: boolean;
  /** Whether the holder's control socket answers. */
  readonly probe: (holder: LockRecord) => Promise<boolean>;
}

/** A state directory in this process's hands. */
export interface StateLock {
  readonly token: string;
  /** Whose lock was taken over. */
  readonly recovered: LockRecord | undefined;
  /** Throws STATE_LOCK_LOST when somebody broke it. */
  verify(): Promise<void>;
  /** Gives the directory free. Calls after the first do nothing. */
  release(): Promise<void>;
}

/**
 * Takes the lock of a state directory (law F2), or throws STATE_LOCKED.
 *
 * Every process that wants it puts a file of its own into `lock/`, whole from its first moment, and looks at the others
 * afterwards. It holds the lock if no other lives; else it takes its file back. Of two processes at least one looks after
 * both files are there, so never do both hold it (Dekker's argument). Files have names that are used once, so the file
 * of a dead process can be removed by anyone at any time, and there is no moment at which a live lock could be taken for
 * a dead one. It needs a file system whose listings are current, which NFS between machines is not.
 *
 * Numbers of processes tell nothing across containers. So each process also listens on a socket beside its file, from
 * before it writes that until after it has removed it or died.
 */
export async function acquireLock(options: LockOptions): Promise<StateLock> {
  const { ports, processes, directory } = options;
  const token = randomHex(ports.random, 32);
  await writing(directory, () => ports.files.makeDirectory(lockDirectory(directory), 0o700));
  const listener = await processes.liveness?.listen(lockDirectory(directory), socketName(token));
  const own: LockRecord = {
    formatVersion: 1,
    phase: "claiming",
    host: processes.host,
    namespace: processes.namespace ?? null,
    boot: processes.boot ?? null,
    pid: processes.pid,
    processStart: processes.startTime(processes.pid) ?? null,
    token,
    listens: listener !== undefined,
    acquiredAtMs: ports.clock.now(),
  };
  const giveBack = async (): Promise<void> => {
    try {
      await removeRecord(ports.files, directory, own);
    } finally {
      listener?.close();
    }
  };
  try {
    const dead = await claim(options, own);
    await writeJson(ports.files, linkPath(directory, token), { ...own, phase: "holding" });
    for (const record of dead) await removeRecord(ports.files, directory, record);
    return heldLock(ports.files, linkPath(directory, token), token, dead.find(({ phase }) => phase === "holding") ?? dead[0], giveBack);
  } catch (error) {
    await giveBack().catch(() => undefined);
    throw error;
  }
}

/** The socket first: a record without one is found and removed by the next, a socket without a record by nobody. */
async function removeRecord(files: Ports["files"], directory: string, { token, listens }: LockRecord): Promise<void> {
  if (listens) await writing(directory, () => files.remove(`${lockDirectory(directory)}/${socketName(token)}`));
  await writing(directory, () => files.remove(linkPath(directory, token)));
}

/** The record of the process that holds the lock, now or until it died; undefined when it is free. */
export async function readLock(files: Ports["files"], directory: string): Promise<LockRecord | undefined> {
  const records = (await readRecords(files, directory)).flatMap(({ record }) => record ?? []);
  return records.find(({ phase }) => phase === "holding") ?? records[0];
}

/** Gives the records of dead processes that it was taken from. */
async function claim(options: LockOptions, own: LockRecord): Promise<readonly LockRecord[]> {
  const { ports, directory } = options;
  const path = linkPath(directory, own.token);
  for (let tries = 1; ; tries++) {
    await writeJson(ports.files, path, { ...own });
    const { rival, dead } = await lookAround(options, own.token);
    if (rival === undefined) return dead;
    await writing(path, () => ports.files.remove(path));
    if (rival.phase === "holding" || tries === TRIES_MAX) throw await heldBy(options, rival);
    const jitter = 1 + (ports.random.uint32() % 8);
    await new Promise<void>((resolve) => {
      ports.scheduler.after(RETRY_MS * jitter, resolve);
    });
  }
}

interface Surroundings {
  /** One that lives, or may live. */
  readonly rival: LockRecord | undefined;
  readonly dead: readonly LockRecord[];
}

async function lookAround(options: LockOptions, ownToken: string): Promise<Surroundings> {
  const { ports, processes, directory, breakLock, probe } = options;
  const dead: LockRecord[] = [];
  let rival: LockRecord | undefined;
  for (const { path, record } of await readRecords(ports.files, directory)) {
    if (record === undefined) throw unreadable(path);
    if (record.token === ownToken) continue;
    const holder = await judgeHolder(record, directory, processes);
    if (holder === "live" || holder === "contained" || (await probe(record)) || (holder !== "stale" && !breakLock)) {
      if (rival?.phase !== "holding") rival = record;
    } else {
      dead.push(record);
    }
  }
  return { rival, dead };
}

async function readRecords(
  files: Ports["files"],
  directory: string,
): Promise<readonly { readonly path: string; readonly record: LockRecord | undefined }[]> {
  const records: { path: string; record: LockRecord | undefined }[] = [];
  for (const name of await files.list(lockDirectory(directory))) {
    if (!name.endsWith(".json")) continue;
    const path = `${lockDirectory(directory)}/${name}`;
    const text = await readText(files, path);
    if (text !== undefined) records.push({ path, record: parseLockRecord(text) });
  }
  return records;
}

async function heldBy(options: LockOptions, rival: LockRecord): Promise<MillraceError> {
  const { processes, jobName, directory, probe } = options;
  const holder: LockHolder = (await probe(rival)) ? "live" : await judgeHolder(rival, directory, processes);
  const here = isElsewhere(rival, processes) ? ` of another container on ${rival.host}` : "";
  const where = rival.host === processes.host ? here : ` on ${rival.host}`;
  const since = new Date(rival.acquiredAtMs).toISOString();
  const runs = rival.phase === "holding" ? "is being run" : "is being started";
  const what = holder === "live" || holder === "contained" ? runs : "was locked";
  return new MillraceError("STATE_LOCKED", `the job ${jobName} in ${directory} ${what} by process ${rival.pid}${where} since ${since}`, {
    hint: hintFor(rival, holder),
    where: { job: jobName },
  });
}

function hintFor({ pid }: LockRecord, holder: LockHolder): string {
  switch (holder) {
    case "live":
      return `look at it with: ps -fp ${pid}; one run of a job at a time`;
    case "contained":
      return "its container runs on this machine; one run of a job at a time";
    case "foreign":
      return "its process can't be seen from here: when you know that it is gone, take over with --break-lock";
    case "uncertain":
      return `look at it with: ps -fp ${pid}; when that is no run of this job, take over with --break-lock`;
    case "stale":
      return "it has ended in the meantime: try again";
  }
}

function heldLock(files: Ports["files"], path: string, token: string, recovered: LockRecord | undefined, giveBack: () => Promise<void>): StateLock {
  let released = false;
  return {
    token,
    recovered,
    verify: async () => {
      if (!released && (await files.stat(path)) !== undefined) return;
      throw new MillraceError("STATE_LOCK_LOST", `the lock ${path} was taken away from this run`, {
        hint: "another run was started with --break-lock; this one stops without writing more",
      });
    },
    release: async () => {
      if (released) return;
      released = true;
      await giveBack();
    },
  };
}

function unreadable(path: string): MillraceError {
  return new MillraceError("STATE_LOCKED", `the lock ${path} cannot be understood; it may be that of a newer Millrace`, {
    hint: "when no run of this job is active anywhere, remove the file",
  });
}

function linkPath(directory: string, token: string): string {
  return `${lockDirectory(directory)}/${token}.json`;
}
