import { isCorrupt } from "@millrace/checkpoint";
import { assert, type Files, makeDurableDirectory, type Ports } from "@millrace/core";
import { type ActiveRun, type BegunDecision, beginRun, historyPath, setAsidePath } from "./active-run.ts";
import { type ControlRecord, readControl, writeControl } from "./control.ts";
import { writing } from "./files.ts";
import { checkJobName } from "./job-name.ts";
import { acquireLock, type StateLock } from "./lock.ts";
import type { LockRecord } from "./lock-record.ts";
import { claimMeta, refuseForeign } from "./meta.ts";
import type { ProcessFacts } from "./process-facts.ts";
import { type RunRecord, readRuns } from "./run-history.ts";

export interface StateDirectoryOptions {
  readonly ports: Ports;
  readonly processes: ProcessFacts;
  /** Absolute, e.g. `/home/me/project/.millrace/airport-delays`. Made when it is missing. */
  readonly path: string;
  readonly jobName: string;
  readonly engineVersion: string;
  /** `--break-lock`. */
  readonly breakLock: boolean;
  /** Whether a control socket answers. */
  readonly probe: (control: ControlRecord) => Promise<boolean>;
}

/**
 * A job's state directory in the hands of this process (law F2). It holds `meta.json`, `lock/`, `control.json`,
 * `runs.jsonl`, `checkpoint-ids.json`, `checkpoints/`, those of abandoned runs as `checkpoints.<run id>/`, `savepoints/`
 * and `local/`.
 */
export interface StateDirectory extends AsyncDisposable {
  readonly path: string;
  readonly checkpoints: string;
  readonly savepoints: string;
  /** Local stores; may be wiped at any time while no job runs. */
  readonly local: string;
  readonly lockToken: string;
  /** Whose stale lock was recovered, to be told to the user. */
  readonly recovered: LockRecord | undefined;
  /** As they were when the directory was opened; input of `decideRun`. */
  readonly runs: readonly RunRecord[];
  /**
   * Writes the start of the run into the history; `restoredFrom` is what `decideRestore` chose. A new run wipes local
   * state. One that abandons another puts that one's checkpoints aside first: look for them under `setAsidePath` then.
   */
  beginRun(decision: BegunDecision, restoredFrom: number | undefined): Promise<ActiveRun>;
  setAsidePath(runId: string): string;
  /** Tells others where the control socket is. */
  recordControl(socketPath: string): Promise<void>;
  /** Throws STATE_LOCK_LOST when another process has broken the lock. To be asked before anything of the job's is written or removed. */
  verifyLock(): Promise<void>;
  /** Gives the lock back. Calls after the first do nothing. */
  close(): Promise<void>;
}

/** Opens and locks a state directory. Throws STATE_LOCKED, STATE_OTHER_JOB, STATE_FOREIGN, STATE_VERSION, STATE_CORRUPT, STATE_WRITE, JOB_NAME. */
export async function openStateDirectory(options: StateDirectoryOptions): Promise<StateDirectory> {
  const { ports, processes, path, jobName, engineVersion } = options;
  const { files } = ports;
  checkJobName(jobName);
  await makePrivateDirectory(files, path);
  await refuseForeign(files, path);
  const probe = async (holder: LockRecord) => {
    const control = await controlOf(files, path);
    return control !== undefined && control.lockToken === holder.token && options.probe(control);
  };
  const lock = await acquireLock({ ports, processes, directory: path, jobName, breakLock: options.breakLock, probe });
  try {
    await claimMeta(files, path, { formatVersion: 1, jobName, engineVersion, createdAtMs: ports.clock.now() });
    return openedDirectory(options, lock, await readRuns(files, historyPath(path)));
  } catch (error) {
    await lock.release().catch(() => undefined);
    throw error;
  }
}

function openedDirectory({ ports, processes, path }: StateDirectoryOptions, lock: StateLock, runs: readonly RunRecord[]): StateDirectory {
  let begun = false;
  return {
    path,
    checkpoints: `${path}/checkpoints`,
    savepoints: `${path}/savepoints`,
    local: `${path}/local`,
    lockToken: lock.token,
    recovered: lock.recovered,
    runs,
    beginRun: (decision, restoredFrom) => {
      assert(!begun, "one run for each opening of a state directory");
      begun = true;
      return beginRun(ports, path, lock, decision, restoredFrom);
    },
    setAsidePath: (runId) => setAsidePath(path, runId),
    recordControl: (socketPath) => writeControl(ports.files, path, { formatVersion: 1, socketPath, pid: processes.pid, lockToken: lock.token }),
    verifyLock: () => lock.verify(),
    close: () => lock.release(),
    [Symbol.asyncDispose]: () => lock.release(),
  };
}

/** A damaged record tells of no socket that might answer. */
async function controlOf(files: Files, path: string): Promise<ControlRecord | undefined> {
  try {
    return await readControl(files, path);
  } catch (error) {
    if (isCorrupt(error)) return undefined;
    throw error;
  }
}

async function makePrivateDirectory(files: Files, path: string): Promise<void> {
  await writing(path, () => makeDurableDirectory(files, path, 0o700));
}
