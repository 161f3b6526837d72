/**
 * `pnpm bench:cold-start`, after `pnpm build`: from the start of a process to the first result on its standard output, a
 * pipe. `millrace run` with everything that it does by default (state directory, lock, control socket, local store,
 * checkpoints) against a bare Node script that computes the same, started in turn; median of the pairs' ratios. Once with
 * the compiled code that Node has kept from earlier runs, as every run but the first has it, and once with none, as the
 * first run of a new version. Both ends' output is compared in full. Exit code 1 when a ratio is over its bar.
 */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { machine } from "./machine.ts";
import { median } from "./micro/measure.ts";
import { whole } from "./option-values.ts";
import { orUsage } from "./usage.ts";

const bar = 6;
const warmPairs = 2;
const usage = `pnpm bench:cold-start [pairs], after pnpm build

From the start of a process to its first result, millrace run beside a bare Node script that computes the same. At least 7 pairs,
15 unless told. Exit code 1 when a ratio is over its bar.`;
const pairs = orUsage(usage, () => whole("pairs", process.argv[2] ?? "15", 7));
const lines = 1_000;
const users = 20;

const here = import.meta.dirname;
const command = join(here, "../packages/millrace/bin/millrace.js");
const job = join(here, "cold-start/job.ts");
const bare = join(here, "cold-start/bare.mjs");

interface Outcome {
  readonly firstMs: number;
  readonly wholeMs: number;
  readonly output: string;
}

function started(argv: readonly string[], environment: NodeJS.ProcessEnv = process.env): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "pipe"], env: environment });
    let firstMs = Number.NaN;
    let output = "";
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => {
      if (output === "") firstMs = performance.now() - start;
      output += chunk.toString("latin1");
    });
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0 && output !== "") resolve({ firstMs, wholeMs: performance.now() - start, output });
      else reject(new Error(`${argv.join(" ")} ended with code ${code}:\n${said}`));
    });
  });
}

/** Order within a window is nobody's promise. */
function sorted(output: string): string {
  return output.split("\n").sort().join("\n");
}

interface Measured {
  readonly name: string;
  /** The environment of a subject, given a directory of its own. */
  readonly environment: (own: string) => NodeJS.ProcessEnv;
}

const kept: Measured = { name: "compiled code kept", environment: () => process.env };
const none: Measured = { name: "first run", environment: (own) => ({ ...process.env, NODE_COMPILE_CACHE: join(own, "compiled") }) };

async function measured(directory: string, input: string, { name, environment }: Measured): Promise<boolean> {
  const [ratios, bareMs, ours, whole]: [number[], number[], number[], number[]] = [[], [], [], []];
  for (let pair = 0; pair < warmPairs + pairs; pair++) {
    const reference = await started([bare, input]);
    const own = await mkdtemp(join(directory, "pair-"));
    const argv = [command, "run", job, "--param", `clicks=${input}`, "--state-dir", join(own, "state")];
    const subject = await started(argv, environment(own));
    if (sorted(reference.output) !== sorted(subject.output)) throw new Error(`the outputs differ:\n${reference.output}\n${subject.output}`);
    if (pair < warmPairs) continue;
    ratios.push(subject.firstMs / reference.firstMs);
    bareMs.push(reference.firstMs);
    ours.push(subject.firstMs);
    whole.push(subject.wholeMs);
  }
  const ratio = median(ratios);
  console.log(
    `${ratio <= bar ? "ok  " : "HIGH"} ${ratio.toFixed(2)}  (bar ${bar})  start to first result against a bare script, ${name}, ${pairs} pairs`,
  );
  console.log(`     bare ${median(bareMs).toFixed(0)} ms, millrace run ${median(ours).toFixed(0)} ms; to its end ${median(whole).toFixed(0)} ms`);
  return ratio <= bar;
}

const directory = await mkdtemp(join(tmpdir(), "millrace-cold-start-"));
try {
  const input = join(directory, "clicks.jsonl");
  const clicks = Array.from({ length: lines }, (_, i) => ({ user: `user-${(i * 7) % users}`, at: 1_700_000_000_000 + i * 1_000 }));
  await writeFile(input, clicks.map((click) => `${JSON.stringify(click)}\n`).join(""));
  console.log(machine());
  const good = [await measured(directory, input, kept), await measured(directory, input, none)];
  process.exitCode = good.every(Boolean) ? 0 : 1;
} finally {
  await rm(directory, { recursive: true, force: true });
}
