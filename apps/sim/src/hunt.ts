import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { messageOf } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";
import { patience } from "@millrace/testkit/drivers";

/** A bug to plant, as flags of a process of its own: a module can be loaded only once. */
export interface Hunted {
  readonly name: string;
  readonly flags: readonly string[];
}

/** For one seed, which takes a fraction of a second: a bug may make it run for ever, which a user would notice, too. */
const PATIENCE_MS = 120_000;

/** How each bug is looked for. */
export interface Hunt {
  /** The last quarter of them with small limits: some code is reached there alone. */
  readonly seeds: number;
  readonly workers: number;
}

/** Plants one bug after the other and looks for it with up to `seeds` seeds. Exit code 0 when at least `needed` are found. */
export async function hunt(bugs: readonly Hunted[], { seeds, workers }: Hunt, needed: number): Promise<number> {
  let found = 0;
  for (const bug of bugs) {
    const tight = Math.floor(seeds / 4);
    const look = (count: number, more: readonly string[]) => runAlone([...bug.flags, ...more, "--seeds", `${count}`, "--workers", `${workers}`]);
    const usual = await look(seeds - tight, []);
    const { isFound, lastLine } = usual.isFound || tight === 0 ? usual : await look(tight, ["--tight"]);
    if (isFound) found++;
    process.stdout.write(`${isFound ? "found    " : "NOT FOUND"} ${bug.name}\n           ${lastLine}\n`);
  }
  process.stdout.write(`${found} of ${bugs.length} planted bugs found, ${needed} needed\n`);
  return found >= needed ? 0 : 1;
}

interface Hunting {
  readonly isFound: boolean;
  readonly lastLine: string;
}

/** What the process of its own says after each seed, see `runSeeds`. */
export interface SeedDone {
  readonly seed: number;
}

async function runAlone(flags: readonly string[]): Promise<Hunting> {
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  const child = spawn(process.execPath, ["--conditions=millrace-source", main, ...flags], { stdio: ["ignore", "pipe", "pipe", "ipc"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8");
    stream?.on("data", (text: string) => {
      output += text;
    });
  }
  let last: number | undefined;
  const waiting = patience(nodePorts.scheduler, PATIENCE_MS, () => `it hangs after seed ${last ?? "none"}`);
  child.on("message", ({ seed }: SeedDone) => {
    last = seed;
    waiting.renew();
  });
  const closed = new Promise<Hunting>((resolve) => {
    child.on("close", (code) => {
      const lastLine = output.trimEnd().split("\n").at(-1) ?? "";
      // Out of memory, or refused to start at all: it shows.
      resolve({ isFound: code !== 1 || !lastLine.endsWith(" 0 failed"), lastLine });
    });
  });
  try {
    return await Promise.race([closed, waiting.over]);
  } catch (error) {
    child.kill("SIGKILL");
    return { isFound: true, lastLine: messageOf(error) };
  } finally {
    waiting.end();
  }
}
