/**
 * `pnpm bench:micro [name…]`: every figure is a ratio of two sides timed in turn in one process (at least 7 slices,
 * median); each bench has a process of its own. Exit code 1 when a figure is under its bar.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { machine } from "../machine.ts";
import { orUsage } from "../usage.ts";
import type { Figure } from "./measure.ts";

const all = ["async", "batch", "cep", "chain", "channel", "codec", "joins", "state", "timers", "window"];
const usage = `pnpm bench:micro [name…]

Ratios of two sides timed in turn in one process: ${all.join(", ")}. Exit code 1 when one is under its bar.`;
const wanted = orUsage(usage, () => {
  const names = process.argv.slice(2).filter((name) => !name.startsWith("--child="));
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
  let under = 0;
  for (const name of wanted.length > 0 ? wanted : all) {
    const out = execFileSync(process.execPath, ["--conditions=millrace-source", "--expose-gc", import.meta.filename, `--child=${name}`], {
      maxBuffer: 1 << 26,
      encoding: "utf8",
      cwd: join(import.meta.dirname, ".."),
    });
    for (const figure of JSON.parse(out.slice(out.lastIndexOf("[{"))) as Figure[]) {
      const good = figure.ratio >= figure.bar;
      if (!good) under++;
      const time = Number.isFinite(figure.nanoseconds) ? `${figure.nanoseconds.toFixed(0).padStart(7)} ns` : "          ";
      console.log(`${good ? "ok  " : "LOW "} ${figure.ratio.toFixed(2).padStart(7)}  (bar ${figure.bar})  ${time}  ${name}: ${figure.name}`);
    }
  }
  process.exitCode = under === 0 ? 0 : 1;
}
