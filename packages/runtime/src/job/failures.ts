import { runEnding } from "@millrace/checkpoint";
import { errorChain, MillraceError } from "@millrace/core";

/** Something in a local store did not fit its checksum; the checkpoint, verified when it is read, is the truth. */
export function tellsOfDamage(error: unknown): boolean {
  return comesOf(error, "STATE_CORRUPT");
}

/** A checkpoint is damaged. Whoever is to be started from it can't be, however often that is tried. */
export function tellsOfDamagedCheckpoint(error: unknown): boolean {
  return comesOf(error, "CHECKPOINT_CORRUPT");
}

function comesOf(error: unknown, code: string): boolean {
  return errorChain(error).some((cause) => cause instanceof MillraceError && cause.code === code);
}

/** What a run that is not restarted any more fails with: the failure itself where that says all, else why it was the last. */
export function failedForGood(error: unknown, { reason, message }: { readonly reason: string; readonly message: string }): unknown {
  if (reason === "for-good") return runEnding(error) ?? error;
  if (reason === "no-restarts") return error;
  const { where = {}, hint } = error instanceof MillraceError ? error : {};
  return new MillraceError(reason === "poison-record" ? "JOB_POISON_RECORD" : "JOB_RESTARTS", message, { cause: error, where, hint });
}
