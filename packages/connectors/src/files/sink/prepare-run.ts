import { posix } from "node:path";
import type { SinkContext } from "@millrace/contracts";
import { type Files, MillraceError, makeDurableDirectory } from "@millrace/core";
import { writeError } from "./errors.ts";
import { findParts, hiddenName, type PartNames } from "./names.ts";
import { markRoot } from "./sink-root.ts";

export type OutputMode = "refuse" | "overwrite" | "append";

/**
 * Makes the directory, tries whether it can be written to, and deals with files of earlier runs: refused with
 * SINK_OUTPUT_EXISTS, kept beside the new ones (append), or removed (overwrite). Only files that a sink with this
 * prefix made count; others are never touched, nor are those below another sink's directory. A run that goes on finds its
 * own files and leaves all as it is, and so does one that was restored from a snapshot of another with that one's files.
 */
export async function prepareDirectory(context: SinkContext, directory: string, names: PartNames, mode: OutputMode): Promise<void> {
  const { files } = context.ports;
  await accessed(directory, () => tryWriting(files, directory, names));
  await dealWithEarlier(context, directory, names, mode);
  // Whoever is refused leaves no mark: the directory may be a partition of another sink's.
  await accessed(directory, () => markRoot(files, directory, names));
}

async function dealWithEarlier(context: SinkContext, directory: string, names: PartNames, mode: OutputMode): Promise<void> {
  const { files } = context.ports;
  if (context.resumed || (mode === "append" && !context.overwrite)) return;
  const own = new Set([context.runId, ...(context.ancestorRunIds ?? [])]);
  const earlier = (await findParts(files, directory, names)).filter((part) => !own.has(part.runId));
  if (earlier.length === 0) return;
  if (!context.overwrite && mode === "refuse") throw outputExists(directory, earlier);
  for (const part of earlier) {
    const path = posix.join(directory, part.partition, part.inProgress ? hiddenName(part.name) : part.name);
    await files.remove(path).catch((error: unknown) => {
      throw writeError("removed", path, error);
    });
  }
}

async function tryWriting(files: Files, directory: string, names: PartNames): Promise<void> {
  await makeDurableDirectory(files, directory);
  const probe = posix.join(directory, names.probeName);
  const handle = await files.open(probe, "write");
  await handle.close();
  await files.remove(probe);
}

async function accessed(directory: string, access: () => Promise<void>): Promise<void> {
  try {
    await access();
  } catch (error) {
    throw writeError("written to", directory, error);
  }
}

function outputExists(directory: string, earlier: readonly { readonly runId: string; readonly inProgress: boolean }[]): MillraceError {
  const runs = [...new Set(earlier.map(({ runId }) => runId))];
  const named = runs.length === 1 ? `run ${runs[0]}` : `${runs.length} earlier runs, the last by name ${runs.toSorted().at(-1)}`;
  if (earlier.every(({ inProgress }) => inProgress)) {
    return new MillraceError("SINK_OUTPUT_EXISTS", `${directory} holds hidden files that ${named} has not published`, {
      hint: `if nobody goes on with ${runs.length === 1 ? "it" : "them"}, --overwrite removes those files (their names begin with a dot)`,
    });
  }
  return new MillraceError("SINK_OUTPUT_EXISTS", `${directory} holds the output of ${named}`, {
    hint: 'choose another directory, or --overwrite to remove those files, or mode: "append" to keep them beside the new ones',
  });
}
