import { MillraceError, messageOf } from "@millrace/core";

/** CHECKPOINT_CORRUPT: `file` is torn, cut, altered, exchanged or gone. `expected` and `found` say what differs. */
export function corrupt(file: string, expected: string, found: string): MillraceError {
  return new MillraceError("CHECKPOINT_CORRUPT", `the checkpoint file ${file} is damaged: expected ${expected}, found ${found}`, {
    hint: "bring the file back from a copy, or start from an older checkpoint with --from chk-N",
  });
}

/** CHECKPOINT_WRITE: the disk is full, not writable or failing. Nothing stands under the name of `file`. */
export function writeFailed(file: string, cause: unknown): MillraceError {
  return new MillraceError("CHECKPOINT_WRITE", `cannot write the checkpoint file ${file}: ${messageOf(cause)}`, { hint: hintFor(cause), cause });
}

/** CHECKPOINT_IN_DOUBT: the manifest `file` could neither be made durable nor be taken back. `cause`: why not the former. */
export function inDoubt(file: string, cause: unknown): MillraceError {
  return new MillraceError("CHECKPOINT_IN_DOUBT", `whether the checkpoint file ${file} exists can't be told: ${messageOf(cause)}`, {
    hint: "check the disk that holds the state directory, then start the job again: it goes on from what is found there",
    cause,
  });
}

/** CHECKPOINT_NOT_JSON: what stands at `path` of a snapshot is lost or another thing when it is read again. */
export function notJson(path: string, value: unknown): MillraceError {
  return new MillraceError("CHECKPOINT_NOT_JSON", `${path} of the checkpoint is ${describe(value)}, which does not survive JSON`, {
    hint: "snapshots of sources, sinks and operators are JSON: write dates and big integers as strings, infinities as words",
  });
}

function describe(value: unknown): string {
  if (typeof value === "object" && value !== null) return `a ${value.constructor.name}`;
  return typeof value === "number" || value === undefined ? String(value) : `a ${typeof value}`;
}

/** CHECKPOINT_READ: the file could not be read for a reason outside of it; it may well be whole. */
export function readFailed(file: string, cause: unknown): MillraceError {
  return new MillraceError("CHECKPOINT_READ", `cannot read the checkpoint file ${file}: ${messageOf(cause)}`, { hint: hintFor(cause), cause });
}

/** Node's code of a failed file operation, e.g. `ENOENT`. */
export function systemCode(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}

/** A savepoint may be anywhere: which place is meant stands in the message. */
function hintFor(cause: unknown): string {
  switch (systemCode(cause)) {
    case "ENOSPC":
    case "EDQUOT":
      return "the disk is full: free some space there, or name another place (--state-dir, of a savepoint --path)";
    case "EACCES":
    case "EPERM":
      return "give this user the right to read and write there";
    case "EROFS":
      return "the file system is read-only: mount it for writing, or name another place (--state-dir, of a savepoint --path)";
    case "EMFILE":
    case "ENFILE":
      return "too many files are open: raise the limit with ulimit -n";
    default:
      return "check that place, and the disk that holds it";
  }
}
