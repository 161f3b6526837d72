import { existsSync, type FSWatcher, watch } from "node:fs";
import { join } from "node:path";

/** When a process is killed. Each is aimed at a phase that recovery must survive. */
export type Moment = "anywhere" | "restore" | "checkpoint" | "commit" | "base" | "garbage" | "merge" | "migration";
/** Those of any job; a migration comes with an upgrade. */
export const moments: readonly Moment[] = ["anywhere", "restore", "checkpoint", "commit", "base", "garbage", "merge"];

/** What is watched, and which of the changes there are meant. */
const signs = {
  checkpoint: { folder: ["checkpoints", "data"], of: () => true },
  commit: { folder: ["checkpoints"], of: (name: string, there: boolean) => there && /^chk-\d+\.json$/.test(name) },
  base: { folder: ["checkpoints", "data"], of: (name: string, there: boolean) => there && /\.base(\.tmp)?$/.test(name) },
  garbage: { folder: ["checkpoints"], of: (name: string, there: boolean) => !there && /^chk-\d+\.json$/.test(name) },
  merge: { folder: ["local", "slot-0"], of: (name: string) => name.endsWith(".run") },
  migration: { folder: ["local"], of: () => true },
} as const;

export interface Aim {
  /** Resolves when the moment has come, or when `giveUpMs` have passed without it. */
  readonly reached: Promise<void>;
  cancel(): void;
}

/**
 * Waits for a moment of a process that has just been started on `stateDirectory`.
 * restore: soon after the start. checkpoint: soon after a data file of a checkpoint began to be written.
 * commit: soon after a manifest appeared, while sinks publish. base: while a new base is being written. garbage: while what an old
 * checkpoint alone needed is removed. merge: while runs of the local store are written, merged or removed. migration: soon after
 * the local store began to be filled.
 * anywhere: after a random time.
 */
export function aimAt(moment: Moment, stateDirectory: string, random: () => number, giveUpMs: number): Aim {
  let watcher: FSWatcher | undefined;
  let timer: NodeJS.Timeout | undefined;
  let finish: () => void = () => undefined;
  const reached = new Promise<void>((resolve) => {
    finish = resolve;
    const after = (ms: number) => {
      clearTimeout(timer);
      timer = setTimeout(resolve, ms);
    };
    if (moment === "anywhere") return after(random() * giveUpMs);
    if (moment === "restore") return after(40 + random() * 500);
    after(giveUpMs);
    const sign = signs[moment];
    const folder = join(stateDirectory, ...sign.folder);
    const skip = moment === "migration" || moment === "base" ? 0 : Math.floor(random() * 6);
    let seen = 0;
    try {
      watcher = watch(folder, { recursive: moment === "migration" }, (_event, name) => {
        if (!sign.of(name ?? "", existsSync(join(folder, name ?? ""))) || seen++ < skip) return;
        watcher?.close();
        after(random() * (moment === "migration" ? 60 : 12));
      });
    } catch {
      // The directory is not there before the first checkpoint: then any moment will do.
      after(random() * giveUpMs);
    }
  });
  return {
    reached,
    cancel() {
      watcher?.close();
      clearTimeout(timer);
      finish();
    },
  };
}
