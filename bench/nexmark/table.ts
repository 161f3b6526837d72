import type { Measurement } from "./measure.ts";

const columns = ["query", "state", "p", "side", "events", "events/s", "CPU s/M", "RSS MB", "× hand", "× flink"] as const;
const widths = [6, 6, 3, 10, 12, 12, 9, 8, 8, 8];

export function tableHead(): string {
  return line([...columns]);
}

export function tableLine(one: Measurement): string {
  return line([
    one.query,
    one.state,
    String(one.parallelism),
    one.side,
    String(one.events),
    grouped(one.eventsPerSecond),
    one.cpuSecondsPerMillion.toFixed(3),
    String(one.peakRssMb),
    ratio(one.ratios.hand),
    ratio(one.ratios.flink),
  ]);
}

/** Geometric means and least ratios of the engine, of the queries without state and of those with each kind. */
export function tableFoot(all: readonly Measurement[]): string[] {
  const lines: string[] = [];
  for (const state of ["none", "heap", "disk"] as const) {
    for (const peer of ["hand", "flink"]) {
      const ratios = all
        .flatMap((one) => (one.side === "millrace" && one.state === state ? [one.ratios[peer] ?? Number.NaN] : []))
        .filter(Number.isFinite);
      if (ratios.length === 0) continue;
      const mean = Math.exp(ratios.reduce((sum, value) => sum + Math.log(value), 0) / ratios.length);
      const kind = state === "none" ? "without state" : `state on ${state === "heap" ? "the heap" : "disk"}`;
      lines.push(`${kind}, against ${peer}: geometric mean ${mean.toFixed(2)}, least ${Math.min(...ratios).toFixed(2)}, of ${ratios.length} queries`);
    }
  }
  return lines;
}

function line(cells: readonly string[]): string {
  return cells.map((cell, index) => (index < 4 ? cell.padEnd(widths[index] as number) : cell.padStart(widths[index] as number))).join(" ");
}

function ratio(value: number | undefined): string {
  return value === undefined ? "" : value.toFixed(2);
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
