import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Result } from "./result.ts";
import type { ResultSchema } from "./schemas.ts";

/** What Apache Flink gave for seed 1 and 100,000 events; q14 at 20 events a second, so that all its classes occur. */
export interface ExpectedResult {
  readonly rows: number;
  readonly checksum: string;
  /** Absent where the result is too large to keep. */
  readonly file?: string;
}

const directory = join(import.meta.dirname, "../expected");
const manifest = JSON.parse(readFileSync(join(directory, "manifest.json"), "utf8")) as { queries: Readonly<Record<string, ExpectedResult>> };

export const expectedEvents = 100_000;

export function expectedOf(query: string): ExpectedResult | undefined {
  return manifest.queries[query];
}

/** The expected rows themselves; undefined where only their checksum is kept. */
export function expectedRows(query: string, schema: ResultSchema): readonly string[] | undefined {
  const file = manifest.queries[query]?.file;
  if (file === undefined) return undefined;
  const result = new Result(schema);
  for (const line of gunzipSync(readFileSync(join(directory, file)))
    .toString()
    .split("\n"))
    if (line !== "") result.add(JSON.parse(line));
  return result.texts();
}
