import { spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { type Finding, formatFinding } from "./tidy/finding.ts";
import { tidyRules } from "./tidy/index.ts";
import { readTree } from "./tidy/source-tree.ts";

// `pnpm check`: everything that is known about the code without running it. One line per step, output only of what failed.

interface Outcome {
  readonly passed: boolean;
  readonly output: string;
  /** Short, beside the step's name. */
  readonly note?: string;
}

interface Step {
  readonly name: string;
  readonly run: () => Promise<Outcome>;
}

const root = resolve(import.meta.dirname, "..");

const steps: readonly Step[] = [
  { name: "types", run: () => tool("tsc", "-p", "tsconfig.json", "--noEmit", "--pretty", "false") },
  { name: "lint and format", run: () => tool("biome", "check", "--max-diagnostics=50", ".") },
  { name: "dead code", run: () => tool("knip", "--no-progress") },
  { name: "tidy", run: tidy },
];

function tool(name: string, ...args: string[]): Promise<Outcome> {
  return new Promise((done, fail) => {
    const child = spawn(join(root, "node_modules", ".bin", name), args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    child.on("error", fail);
    child.on("close", (code) => done({ passed: code === 0, output }));
  });
}

async function tidy(): Promise<Outcome> {
  const tree = readTree(root);
  const findings = tidyRules.flatMap(({ check }) => check(tree));
  const errors = findings.filter((finding) => finding.warning !== true);
  const warnings = findings.length - errors.length;
  const output = lines(process.argv.includes("--warnings") ? findings : errors);
  return { passed: errors.length === 0, output, ...(warnings > 0 && { note: `${warnings} warnings, shown by --warnings` }) };
}

function lines(findings: readonly Finding[]): string {
  return findings.map((finding) => `${formatFinding(finding)}\n`).join("");
}

let failed = 0;
for (const { name, run } of steps) {
  const start = performance.now();
  const { passed, output, note } = await run();
  if (!passed) failed++;
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${passed ? "✓" : "✗"} ${name.padEnd(16)} ${seconds} s${note === undefined ? "" : `  (${note})`}`);
  if (!passed || process.argv.includes("--warnings")) process.stdout.write(output);
}
console.log(`check: ${steps.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
