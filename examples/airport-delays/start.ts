/** Prepares the flights, runs the job on them through the command line, and prints what it found. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { prepare, type Size } from "./prepare.ts";
import { printResults } from "./results.ts";

const { positionals, values } = parseArgs({ allowPositionals: true, options: { resume: { type: "boolean", default: false } } });
const size: Size = positionals[0] === "3m" ? "3m" : "20k";
const root = join(import.meta.dirname, "..", "..");
const out = join("out", `airport-delays-${size}`);

const { flights, airports, count } = await prepare(join(root, ".cache", "flights"), size);
console.log(`${count.toLocaleString("en")} flights in order of their estimated arrival: ${flights}\n`);

const parameters = { flights, airports, windowHours: size === "20k" ? 24 : 1, outOfOrderMinutes: size === "20k" ? 45 : 240, out };
const run = [
  "--conditions=millrace-source",
  join("apps", "cli", "src", "bin.ts"),
  "run",
  join("examples", "airport-delays", "job.ts"),
  ...Object.entries(parameters).flatMap(([name, value]) => ["--param", `${name}=${value}`]),
  ...["--checkpoint-interval", "1s", "--state-dir", join(".millrace", `airport-delays-${size}`)],
  ...(values.resume ? [] : ["--fresh", "--overwrite"]),
];
const { status } = spawnSync(process.execPath, run, { cwd: root, stdio: "inherit" });
if (status !== 0) process.exit(status ?? 1);

await printResults(join(root, out), size === "20k" ? "day" : "hour");
const pnpm = "npx --yes pnpm@10.34.8";
console.log(`results:          ${out}/{delays,alerts,late}
3 million flights: ${pnpm} start 3m
kill and resume:   ${pnpm} start 3m, then kill -9 $(pgrep -f 'bin.ts run') from another terminal, then
                   ${pnpm} start 3m --resume: it goes on from its last checkpoint, and no result is lost or doubled
the plan:          ${pnpm} millrace plan examples/airport-delays/job.ts --param flights=f.csv --param airports=a.csv
every test:        ${pnpm} test`);
