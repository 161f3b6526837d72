import { MillraceError, messageOf } from "@millrace/core";

const hints: Readonly<Record<string, string>> = {
  ENOSPC: "free space on that file system and run again: the job goes on from its last checkpoint",
  EDQUOT: "raise the quota or free space and run again: the job goes on from its last checkpoint",
  EACCES: "give this user the right to write there, or choose another directory",
  EPERM: "give this user the right to write there, or choose another directory",
  EROFS: "the file system is read-only: mount it for writing, or choose another directory",
  ENOTDIR: "a part of the path is a file: choose another directory",
  EMFILE: "raise the limit of open files (ulimit -n)",
};

/** Wraps an error of the file system as SINK_WRITE with what to do; a MillraceError stays as it is. */
export function writeError(what: string, path: string, error: unknown): MillraceError {
  if (error instanceof MillraceError) return error;
  const code = (error as { readonly code?: unknown } | null)?.code;
  const hint = (typeof code === "string" ? hints[code] : undefined) ?? "see the cause; the job goes on from its last checkpoint when it is run again";
  return new MillraceError("SINK_WRITE", `${path} can't be ${what}: ${messageOf(error)}`, { hint, cause: error });
}

export function committableLost(path: string, what: string): MillraceError {
  return new MillraceError("SINK_COMMITTABLE_LOST", `${path} ${what}: records that a checkpoint holds for written are lost`, {
    hint: "put the file back if it was moved or changed by hand, and give the sink its directory back if that was changed (to fork a job give the sink another uid, and --allow-drop the old one); if it is gone for good, start from an older snapshot or over with --fresh",
  });
}
