import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import Table from "cli-table3";

/** Lines of every published file of a sink; CSV headers left out. */
async function lines(directory: string): Promise<string[]> {
  const names = (await readdir(directory).catch(() => [])).filter((name) => name.startsWith("part-")).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(directory, name), "utf8")));
  return texts.flatMap((text, index) => {
    const all = text.split("\n").filter((line) => line !== "");
    return names[index]?.endsWith(".csv") ? all.slice(1) : all;
  });
}

interface Row {
  readonly place: string;
  readonly start: number;
  readonly flights: number;
  readonly mean: number;
  readonly worst: number;
}

function rowOf(line: string): Row {
  const [origin = "", start, flights, mean, worst, city = "", region = ""] = line.split(",");
  return {
    place: `${origin}  ${city === "" ? "(no such airport)" : `${city}, ${region}`}`,
    start: Number(start),
    flights: Number(flights),
    mean: Number(mean),
    worst: Number(worst),
  };
}

/** The windows with the worst mean delay, and what else was found. */
export async function printResults(out: string, window: "day" | "hour"): Promise<void> {
  const rows = (await lines(join(out, "delays"))).map(rowOf);
  const alerts = await lines(join(out, "alerts"));
  const late = await lines(join(out, "late"));
  const busy = rows.filter((row) => row.flights >= 5).sort((a, b) => b.mean - a.mean);
  const table = new Table({
    head: ["airport", window, "flights", "mean delay", "worst"],
    colAligns: ["left", "left", "right", "right", "right"],
    style: { head: [], border: [] },
  });
  for (const row of busy.slice(0, 12)) {
    const time = new Date(row.start)
      .toISOString()
      .slice(0, window === "day" ? 10 : 16)
      .replace("T", " ");
    table.push([row.place, time, row.flights, `${row.mean} min`, `${row.worst} min`]);
  }
  console.log(`\nThe worst of ${rows.length.toLocaleString("en")} airport-${window}s with five flights or more:\n${table.toString()}`);
  console.log(
    `${alerts.length.toLocaleString("en")} alerts (three flights in a row from one airport more than 60 minutes late), ${late.length.toLocaleString("en")} late records set aside.\n`,
  );
}
