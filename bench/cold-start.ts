/**
 * `pnpm bench:cold-start`, after `pnpm build`: from the start of a process to the first result on its standard output, a
 * pipe. `millrace run` with everything that it does by default (state directory, lock, control socket, local store,
 * checkpoints) against a bare Node script that computes the same, started in turn; median of the pairs' ratios.
 * Both ends' output is compared in full. Exit code 1 when the ratio is over its bar.
 */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { median } from "./micro/measure.ts";

const bar = 6;
const warmPairs = 2;
const pairs = Math.max(7, Number(process.argv[2] ?? 15));
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

function started(argv: readonly string[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "pipe"] });
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

async function measured(directory: string, input: string): Promise<void> {
  const [ratios, bareMs, ours, whole]: [number[], number[], number[], number[]] = [[], [], [], []];
  for (let pair = 0; pair < warmPairs + pairs; pair++) {
    const reference = await started([bare, input]);
    const state = join(directory, `state-${pair}`);
    const subject = await started([command, "run", job, "--param", `clicks=${input}`, "--state-dir", state]);
    if (sorted(reference.output) !== sorted(subject.output)) throw new Error(`the outputs differ:\n${reference.output}\n${subject.output}`);
    if (pair < warmPairs) continue;
    ratios.push(subject.firstMs / reference.firstMs);
    bareMs.push(reference.firstMs);
    ours.push(subject.firstMs);
    whole.push(subject.wholeMs);
  }
  const ratio = median(ratios);
  console.log(`${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}`);
  console.log(`${ratio <= bar ? "ok  " : "HIGH"} ${ratio.toFixed(2)}  (bar ${bar})  start to first result against a bare script, ${pairs} pairs`);
  console.log(`bare ${median(bareMs).toFixed(0)} ms, millrace run ${median(ours).toFixed(0)} ms; to its end ${median(whole).toFixed(0)} ms`);
  process.exitCode = ratio <= bar ? 0 : 1;
}

const directory = await mkdtemp(join(tmpdir(), "millrace-cold-start-"));
try {
  const input = join(directory, "clicks.jsonl");
  const clicks = Array.from({ length: lines }, (_, i) => ({ user: `user-${(i * 7) % users}`, at: 1_700_000_000_000 + i * 1_000 }));
  await writeFile(input, clicks.map((click) => `${JSON.stringify(click)}\n`).join(""));
  await measured(directory, input);
} finally {
  await rm(directory, { recursive: true, force: true });
}
