/**
 * `pnpm bench:micro [name…] [--once]`: every figure is a ratio of two sides timed in turn in one process (at least 7 slices,
 * median); each bench has a process of its own. Exit code 1 when a figure is under its bar, or when a bench fails.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { machine } from "../machine.ts";
import { orUsage } from "../usage.ts";
import type { Figure } from "./measure.ts";
import { once } from "./turns.ts";

const all = ["async", "batch", "cep", "chain", "channel", "codec", "joins", "state", "timers", "window"];
const usage = `pnpm bench:micro [name…] [--once]

Ratios of two sides timed in turn in one process: ${all.join(", ")}. Exit code 1 when one is under its bar, or when a bench fails.
With --once each side runs once or twice, cold, and nothing is judged but that both do the same.`;
const wanted = orUsage(usage, () => {
  const names = process.argv.slice(2).filter((name) => !name.startsWith("--child=") && name !== "--once");
  const unknown = names.find((name) => !all.includes(name));
  if (unknown !== undefined) throw new Error(`there is no bench ${unknown}`);
  return names;
});
const child = process.argv.find((argument) => argument.startsWith("--child="));

if (child !== undefined) {
  const bench = (await import(`./${child.slice("--child=".length)}.ts`)) as { run(): Promise<Figure[]> };
  process.stdout.write(JSON.stringify(await bench.run()));
} else {
  console.log(machine());
  const bad = (wanted.length > 0 ? wanted : all).map(shown).reduce((sum, count) => sum + count);
  process.exitCode = bad === 0 ? 0 : 1;
}

/** Runs a bench and prints its figures. How many are bad; a bench that fails is one. */
function shown(name: string): number {
  const { status, stdout } = spawnSync(
    process.execPath,
    ["--conditions=millrace-source", "--expose-gc", import.meta.filename, `--child=${name}`, ...(once ? ["--once"] : [])],
    { maxBuffer: 1 << 26, encoding: "utf8", cwd: join(import.meta.dirname, ".."), stdio: ["ignore", "pipe", "inherit"] },
  );
  if (status !== 0) {
    console.log(`FAILED${" ".repeat(37)}${name}`);
    return 1;
  }
  let under = 0;
  for (const figure of JSON.parse(stdout.slice(stdout.lastIndexOf("[{"))) as Figure[]) {
    const word = once ? "ran " : figure.ratio >= figure.bar ? "ok  " : "LOW ";
    if (word === "LOW ") under++;
    const time = Number.isFinite(figure.nanoseconds) ? `${figure.nanoseconds.toFixed(0).padStart(7)} ns` : "          ";
    console.log(`${word} ${figure.ratio.toFixed(2).padStart(7)}  (bar ${figure.bar})  ${time}  ${name}: ${figure.name}`);
  }
  return under;
}
