import type { SinkContext } from "@millrace/contracts";

type Named = Pick<SinkContext, "jobName" | "uid">;

/** Names a sink of a job: neither names nor uids have a slash in them. */
export function defaultPrefix({ jobName, uid }: Named): string {
  return `millrace-${jobName}/${uid}`;
}

/**
 * As it was before checkpoints of a sink held a `WriterState`: two jobs could have one. It is looked at for what a run
 * left open that goes on from such a checkpoint.
 */
export function formerPrefix({ jobName, uid }: Named): string {
  return `millrace-${jobName}-${uid}`;
}

/** In every checkpoint of a writer: whose transactions an attempt may have left open. A type, not an interface, because it is Json. */
export type WriterState = { readonly prefix: string };
