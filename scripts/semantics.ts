import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { explain, MillraceError, messageOf } from "@millrace/core";
import { bareKinds, jobKinds, jobVariation } from "@millrace/sim";
import { checkCases, type KindReport, parseCases, type SemanticsCase, type Variation, variations } from "@millrace/testkit";
import { anyWhole, whole } from "../bench/option-values.ts";
import { orUsage } from "../bench/usage.ts";

const ways: Readonly<Record<string, (seed: number) => Variation>> = { ...variations, job: jobVariation };

const usage = `Runs recorded programs of Apache Flink on this engine, and compares what both emit.

  pnpm semantics FILE... [--variation NAME] [--seed N] [--differences N]

  FILE                 cases, one JSON object a line; .gz is unpacked. The recorded ones: test/semantics/cases/*.jsonl.gz
  --variation NAME     ${Object.keys(ways).join(", ")} or all; default plain. job: each program as a whole job with crashes
                       and restores (kinds that can be one: ${[...jobKinds].join(", ")})
  --seed N             where random variations restore and crash; default 1
  --differences N      how many differences of a kind are printed; default 20

Ends with 0 when no case failed, 1 when one did, 2 when the command cannot be run. Cases that differ from Flink on purpose
deviate; their classes are printed with the reason. A file that holds anything but cases of known kinds, or none, is refused
before any case is run.`;

const options = orUsage(usage, readOptions);

interface Options {
  readonly files: readonly string[];
  readonly names: readonly string[];
  readonly seed: number;
  readonly differencesMax: number;
}

function readOptions(): Options {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      variation: { type: "string", default: "plain" },
      seed: { type: "string", default: "1" },
      differences: { type: "string", default: "20" },
    },
  });
  const names = Object.keys(ways).filter((name) => values.variation === "all" || values.variation === name);
  if (positionals.length === 0) throw refusal("no file of cases is given");
  if (names.length === 0) throw refusal(`there is no variation ${values.variation}`);
  const seed = whole("--seed", values.seed, anyWhole);
  const differencesMax = whole("--differences", values.differences, 0);
  return { files: positionals, names, seed, differencesMax };
}

function refusal(message: string, cause?: unknown): MillraceError {
  return new MillraceError("SEMANTICS_USAGE", message, { cause });
}

function readCases(file: string): SemanticsCase[] {
  const cases = parseCases(readText(file), file);
  if (cases.length === 0) throw refusal(`${file} holds no case: nothing was run`);
  return cases;
}

function readText(file: string): string {
  try {
    const bytes = readFileSync(file);
    return (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  } catch (error) {
    throw refusal(`${file} cannot be read: ${messageOf(error)}`, error);
  }
}

function print(report: KindReport, variation: string, differencesMax: number): void {
  const { kind, passed, deviates, differences } = report;
  for (const difference of differences.slice(0, differencesMax)) console.log(difference.slice(0, 2_000));
  if (differences.length > differencesMax) console.log(`… and ${differences.length - differencesMax} more`);
  for (const { name, reason, ids } of deviates) console.log(`${name}, ${ids.length} cases: ${reason}`);
  const deviating = deviates.reduce((sum, one) => sum + one.ids.length, 0);
  console.log(`${kind} (${variation}): ${passed} passed, ${deviating} deviate, ${differences.length} failed`);
}

async function main({ files, names, seed, differencesMax }: Options): Promise<void> {
  const cases = files.flatMap(readCases);
  let ran = 0;
  for (const name of names) {
    const way = ways[name] as (seed: number) => Variation;
    const { runnable = [], bare = [] } = Object.groupBy(cases, ({ kind }) => (name === "job" && !jobKinds.has(kind) ? "bare" : "runnable"));
    const reports = await checkCases(runnable, () => way(seed));
    for (const report of reports) print(report, name, differencesMax);
    for (const [kind, { length }] of Map.groupBy(bare, ({ kind }) => kind)) console.log(`${kind} (${name}): ${length} not run, ${bareKinds[kind]}`);
    if (reports.some((report) => report.differences.length > 0)) process.exitCode = 1;
    ran += runnable.length;
  }
  if (ran === 0) throw refusal("no case can be run as job: nothing was run");
}

try {
  await main(options);
} catch (error) {
  console.error(explain(error));
  process.exitCode = 2;
}
