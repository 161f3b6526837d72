import { exitCodes } from "../exit-codes.ts";
import { failingWith } from "../failure.ts";
import type { Io } from "../io.ts";
import { type Paint, paintFor } from "../paint.ts";
import { tableLines } from "../table.ts";
import type { JobDiffFlags } from "./diff-job.ts";
import { openTarget, readingSnapshot } from "./snapshot-target.ts";

/** Against a job's module: what a restore would do. Against another snapshot: how the state in both differs. */
export async function diffCommand(from: string, to: string, flags: JobDiffFlags, io: Io): Promise<number> {
  if (!/\.[mc]?[jt]s$/.test(to)) return diffSnapshots(from, to, flags, io);
  const { diffJobCommand } = await import("./diff-job.ts");
  return diffJobCommand(from, to, flags, io);
}

async function diffSnapshots(from: string, to: string, flags: JobDiffFlags, io: Io): Promise<number> {
  const first = await openTarget(from, flags, io);
  const second = await openTarget(to, {}, io).catch((error: unknown) => {
    first.release();
    throw error;
  });
  try {
    return await failingWith(exitCodes.checkpoint, async () => {
      const { compareSnapshots } = await import("@millrace/snapshots");
      const places = `${first.reader.path} or ${second.reader.path}`;
      const differences = await readingSnapshot(places, () => compareSnapshots(first.reader, second.reader));
      if (flags.json === true) io.stdout.write(`${JSON.stringify(differences, null, 2)}\n`);
      else for (const line of lines(differences, paintFor(io, io.stdout))) io.stdout.write(`${line}\n`);
      return exitCodes.ok;
    });
  } finally {
    first.release();
    second.release();
  }
}

function lines(differences: Awaited<ReturnType<typeof import("@millrace/snapshots").compareSnapshots>>, paint: Paint): readonly string[] {
  if (differences.length === 0) return ["neither holds keyed state"];
  const count = (number: number, style: "green" | "red" | "yellow"): string => (number === 0 ? "–" : paint(style, String(number)));
  const titles = ["uid", "state", "kind", "added", "removed", "changed", "same"].map((title) => ({ title: paint("dim", title) }));
  const rows = differences.map(({ uid, state, kind, added, removed, changed, same }) => [
    uid,
    state,
    kind,
    count(added, "green"),
    count(removed, "red"),
    count(changed, "yellow"),
    String(same),
  ]);
  return tableLines(titles, rows);
}
