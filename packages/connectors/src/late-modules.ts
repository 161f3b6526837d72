import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

// Loaded by the first who needs them: most jobs read no CSV and name no glob, and would start 5 ms later with each.

export function csvParse(): typeof import("csv-parse/sync") {
  return require("csv-parse/sync");
}

export function picomatch(): typeof import("picomatch") {
  return require("picomatch");
}
