import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A bug to plant, as flags of a process of its own: a module can be loaded only once. */
export interface Hunted {
  readonly name: string;
  readonly flags: readonly string[];
}

/** A mutant may make the simulation run for ever, which a user would notice, too. */
const PATIENCE_MS = 300_000;

/** Plants one bug after the other and looks for it with up to `seeds` seeds. Exit code 0 when at least `needed` are found. */
export async function hunt(bugs: readonly Hunted[], seeds: number, needed: number): Promise<number> {
  let found = 0;
  for (const bug of bugs) {
    const { code, lastLine } = await runAlone([...bug.flags, "--seeds", `${seeds}`]);
    if (code === 0) found++;
    process.stdout.write(`${code === 0 ? "found    " : "NOT FOUND"} ${bug.name}\n           ${lastLine}\n`);
  }
  process.stdout.write(`${found} of ${bugs.length} planted bugs found, ${needed} needed\n`);
  return found >= needed ? 0 : 1;
}

function runAlone(flags: readonly string[]): Promise<{ code: number; lastLine: string }> {
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  const child = spawn(process.execPath, ["--conditions=millrace-source", main, ...flags], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => {
      output += text;
    });
  }
  const timeout = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
  return new Promise((resolve) => {
    child.on("close", (code) => {
      clearTimeout(timeout);
      const lastLine = output.trimEnd().split("\n").at(-1) ?? "";
      // Killed, out of memory, or refused to start at all: it shows.
      resolve(code === null ? { code: 0, lastLine: "it hangs" } : { code, lastLine });
    });
  });
}
