import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";

const root = join(import.meta.dirname, "..", "..");

/** A job under torture. */
export interface Target {
  readonly name: string;
  readonly job: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** Parameters of the version that the job is upgraded from, at its first kill. */
  readonly before?: Readonly<Record<string, string>>;
  /** Flags of every start. */
  readonly flags?: readonly string[];
}

export interface Place {
  readonly stateDirectory: string;
  readonly out: string;
  readonly log: string;
}

/** Starts `millrace run` on the target in a process of its own. */
export function startVictim(target: Target, place: Place, extra: readonly string[]): ChildProcess {
  const parameters = Object.entries({ ...target.parameters, out: place.out }).flatMap(([name, value]) => ["--param", `${name}=${value}`]);
  const cli = join(root, "apps", "cli", "src", "bin.ts");
  const child = spawn(
    process.execPath,
    [
      "--conditions=millrace-source",
      cli,
      "run",
      join(root, target.job),
      "--state-dir",
      place.stateDirectory,
      ...parameters,
      ...(target.flags ?? []),
      ...extra,
    ],
    {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const log = createWriteStream(place.log, { flags: "a" });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  return child;
}

export function exitOf(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  return new Promise((resolve) => child.once("exit", (code, signal) => resolve({ code, signal })));
}

/** Resolves with the time at which a published file that was not there before appears. */
export async function firstNewOutput(out: string, stopped: () => boolean): Promise<number | undefined> {
  const names = async () =>
    (await readdir(out, { recursive: true, withFileTypes: true }).catch(() => []))
      .filter((entry) => entry.isFile() && !entry.name.startsWith(".") && !entry.name.startsWith("_"))
      .map((entry) => join(entry.parentPath, entry.name));
  const before = new Set(await names());
  while (!stopped()) {
    if ((await names()).some((name) => !before.has(name))) return performance.now();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return undefined;
}
