/**
 * Derives the input of the job from the `vega-datasets` package: one CSV line a flight, in the order of the *estimated*
 * arrival, so that event time (the scheduled departure) is out of order as it would be in a stream of landings.
 *
 *   estimated arrival = scheduled departure + delay + distance at cruising speed
 *
 * The data has no arrival times: this column is derived, not observed. Local times are taken as UTC.
 */
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, readFile, rename, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { zstdDecompressSync } from "node:zlib";
import { parquetReadObjects } from "hyparquet";
import { asyncBufferFromFile } from "hyparquet/src/node.js";

const cruisingMilesPerHour = 500;
const minuteMs = 60_000;
const rowsPerRead = 250_000;

/** Flights as parallel arrays: three million objects would cost a gigabyte. */
interface FlightTable {
  readonly departedAt: Float64Array;
  readonly arrivedAt: Float64Array;
  readonly delay: Int32Array;
  readonly distance: Int32Array;
  readonly origin: string[];
  readonly destination: string[];
}

export interface PreparedInput {
  readonly flights: string;
  readonly airports: string;
  readonly count: number;
}

export type Size = "20k" | "3m";

/** Writes `<directory>/flights-<size>.csv` unless it is there already, and tells where the airports are. */
export async function prepare(directory: string, size: Size): Promise<PreparedInput> {
  const flights = join(directory, `flights-${size}.csv`);
  const airports = packageFile("airports.csv");
  const count = size === "20k" ? 20_000 : 3_000_000;
  if ((await stat(flights).catch(() => undefined)) !== undefined) return { flights, airports, count };
  await mkdir(directory, { recursive: true });
  const table =
    size === "20k" ? fromJson(await readFile(packageFile("flights-20k.json"), "utf8")) : await fromParquet(packageFile("flights-3m.parquet"), count);
  await writeInOrderOfArrival(table, `${flights}.part`);
  await rename(`${flights}.part`, flights);
  return { flights, airports, count: table.delay.length };
}

function packageFile(name: string): string {
  // The package exports its entry point only; its data lies beside the folder of that.
  return join(dirname(fileURLToPath(import.meta.resolve("vega-datasets"))), "..", "data", name);
}

function newTable(count: number): FlightTable {
  return {
    departedAt: new Float64Array(count),
    arrivedAt: new Float64Array(count),
    delay: new Int32Array(count),
    distance: new Int32Array(count),
    origin: new Array<string>(count),
    destination: new Array<string>(count),
  };
}

function setRow(table: FlightTable, row: number, departedAt: number, delay: number, distance: number, origin: string, destination: string): void {
  table.departedAt[row] = departedAt;
  table.arrivedAt[row] = departedAt + delay * minuteMs + Math.round((distance / cruisingMilesPerHour) * 60) * minuteMs;
  table.delay[row] = delay;
  table.distance[row] = distance;
  table.origin[row] = origin;
  table.destination[row] = destination;
}

function fromJson(text: string): FlightTable {
  const rows = JSON.parse(text) as { date: string; delay: number; distance: number; origin: string; destination: string }[];
  const table = newTable(rows.length);
  rows.forEach((row, index) => {
    const departedAt = Date.parse(`${row.date.replaceAll("/", "-").replace(" ", "T")}:00Z`);
    setRow(table, index, departedAt, row.delay, row.distance, row.origin, row.destination);
  });
  return table;
}

async function fromParquet(path: string, count: number): Promise<FlightTable> {
  const file = await asyncBufferFromFile(path);
  // Node decompresses Zstandard itself; hyparquet brings Snappy only.
  const compressors = { ZSTD: (input: Uint8Array) => new Uint8Array(zstdDecompressSync(input)) };
  const table = newTable(count);
  for (let from = 0; from < count; from += rowsPerRead) {
    const rows = await parquetReadObjects({ file, compressors, rowStart: from, rowEnd: Math.min(count, from + rowsPerRead) });
    rows.forEach((row, index) => {
      const departedAt = (row.date as Date).getTime();
      setRow(table, from + index, departedAt, Number(row.delay), Number(row.distance), String(row.origin), String(row.destination));
    });
  }
  return table;
}

async function writeInOrderOfArrival(table: FlightTable, path: string): Promise<void> {
  const order = Uint32Array.from(table.arrivedAt, (_, index) => index);
  // Equal arrivals stay in the order of the data, so that the file is the same everywhere.
  order.sort((a, b) => (table.arrivedAt[a] as number) - (table.arrivedAt[b] as number) || a - b);
  const out = createWriteStream(path);
  let text = "departed_at,estimated_arrival,delay_minutes,distance_miles,origin,destination\n";
  for (const row of order) {
    text += `${table.departedAt[row]},${table.arrivedAt[row]},${table.delay[row]},${table.distance[row]},${table.origin[row]},${table.destination[row]}\n`;
    if (text.length > 1 << 20) {
      if (!out.write(text)) await once(out, "drain");
      text = "";
    }
  }
  out.end(text);
  await once(out, "finish");
}
