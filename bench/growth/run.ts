/** `pnpm bench growth`: what a job costs as its state, its churn, its chain and its windows grow. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { machine } from "../machine.ts";
import { lastLineOf } from "../nexmark/sides/side.ts";
import { oneOf, positive, someOf, wholes } from "../option-values.ts";
import { runBench } from "../run-bench.ts";
import { orUsage } from "../usage.ts";
import { plot, short } from "./plot.ts";
import { type Axis, axes, type Point, type PointOrder } from "./points.ts";
import { trendOf } from "./trend.ts";

const usage = `What a job costs as it grows: a table and a plot for each axis, and the growth by name.

  pnpm bench growth [--axes keys,churn,operators,windows] [--keys 10000,…] [--seconds 9]

  --axes LIST      ${Object.entries(axes)
    .map(([name, { title }]) => `${name}: ${title}`)
    .join("\n                   ")}
  --keys LIST      values of the axis keys; default ${axes.keys.values.join(",")}. 10,000,000 keys take 2 GB of disk and some minutes
  --backend NAME   disk (default) or heap
  --seconds S      of each point after the state is filled; default 9, the first third is warm-up
  --plots DIR      where the plots go; default bench/growth/plots
  --json           one JSON object a point`;

const figures = {
  cpuNanosPerRecord: "processor time a record, ns",
  recordsPerSecond: "records a second",
  checkpointMs: "duration of a checkpoint, ms",
  checkpointBytes: "bytes of a checkpoint",
  stallMs: "processor time of the slowest 256 records, ms",
  recoveryMs: "start of the stopped job to its first new result, ms",
} as const;
const figureNames = Object.keys(figures) as (keyof typeof figures)[];

const axisNames = Object.keys(axes) as Axis[];

const options = orUsage(usage, () => {
  const { values } = parseArgs({
    options: {
      axes: { type: "string", default: axisNames.join(",") },
      keys: { type: "string", default: axes.keys.values.join(",") },
      backend: { type: "string", default: "disk" },
      seconds: { type: "string", default: "9" },
      plots: { type: "string", default: join(import.meta.dirname, "plots") },
      json: { type: "boolean", default: false },
    },
  });
  return {
    ...values,
    axes: someOf("--axes", values.axes, axisNames),
    keys: wholes("--keys", values.keys),
    backend: oneOf("--backend", values.backend, ["disk", "heap"]),
    seconds: positive("--seconds", values.seconds),
  };
});

async function main(): Promise<void> {
  if (!options.json) console.log(machine());
  mkdirSync(options.plots, { recursive: true });
  for (const axis of options.axes) await measureAxis(axis);
}

async function measureAxis(axis: Axis): Promise<void> {
  const points: Point[] = [];
  for (const value of axis === "keys" ? options.keys : axes[axis].values) {
    const order: PointOrder = { axis, value, backend: options.backend, seconds: options.seconds };
    const args = ["--conditions=millrace-source", join(import.meta.dirname, "run-point.ts"), JSON.stringify(order)];
    const point = withNaN((await lastLineOf(process.execPath, args)) as Point);
    points.push(point);
    if (options.json) console.log(JSON.stringify(point));
  }
  report(axis, points);
}

/** JSON has no NaN. */
function withNaN(point: Point): Point {
  return Object.fromEntries(Object.entries(point).map(([name, value]) => [name, value ?? Number.NaN])) as unknown as Point;
}

function report(axis: Axis, points: readonly Point[]): void {
  const { title, unit } = axes[axis];
  const series = figureNames.map((name) => ({ name: figures[name], points: points.map((point): [number, number] => [point.value, point[name]]) }));
  writeFileSync(join(options.plots, `${axis}.svg`), plot(title, unit, series));
  if (options.json) return;
  console.log(`\n${title}`);
  console.log(["".padEnd(54), ...points.map(({ value }) => short(value).padStart(9)), "growth"].join(" "));
  for (const { name, points: line } of series) {
    if (line.every(([, y]) => Number.isNaN(y))) continue;
    console.log([name.padEnd(54), ...line.map(([, y]) => (Number.isNaN(y) ? "" : short(y)).padStart(9)), trendOf(line)].join(" "));
  }
}

await runBench(main);
