import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { explain, MillraceError } from "@millrace/core";
import { jobKinds, jobVariation } from "@millrace/sim";
import { checkCases, type KindReport, parseCases, type SemanticsCase, type Variation, variations } from "@millrace/testkit";

const ways: Readonly<Record<string, (seed: number) => Variation>> = { ...variations, job: jobVariation };

const usage = `Runs recorded programs of Apache Flink on this engine, and compares what both emit.

  pnpm semantics FILE... [--variation NAME] [--seed N] [--differences N]

  FILE                 cases, one JSON object a line; .gz is unpacked. The recorded ones: test/semantics/cases/*.jsonl.gz
  --variation NAME     ${Object.keys(ways).join(", ")} or all; default plain. job: each program as a whole job with crashes
                       and restores (kinds that can be one: ${[...jobKinds].join(", ")})
  --seed N             where random variations restore and crash; default 1
  --differences N      how many differences of a kind are printed; default 20

Ends with 0 when no case failed, 1 when one did, 2 when the command cannot be run. Cases that differ from Flink on purpose
deviate; their classes are printed with the reason.
Kinds that are not built are reported as skipped.`;

interface Options {
  readonly files: readonly string[];
  readonly names: readonly string[];
  readonly seed: number;
  readonly differencesMax: number;
}

function readOptions(): Options | undefined {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: "boolean" },
      variation: { type: "string", default: "plain" },
      seed: { type: "string", default: "1" },
      differences: { type: "string", default: "20" },
    },
  });
  if (values.help === true) return undefined;
  const names = Object.keys(ways).filter((name) => values.variation === "all" || values.variation === name);
  const seed = Number(values.seed);
  const differencesMax = Number(values.differences);
  if (positionals.length === 0) throw refusal("no file of cases is given");
  if (names.length === 0) throw refusal(`there is no variation ${values.variation}`);
  if (!Number.isSafeInteger(differencesMax)) throw refusal(`--differences takes a number, not ${values.differences}`);
  if (!Number.isSafeInteger(seed)) throw refusal(`--seed takes a whole number, not ${values.seed}`);
  return { files: positionals, names, seed, differencesMax };
}

function refusal(message: string): MillraceError {
  return new MillraceError("SEMANTICS_USAGE", message, { hint: "see pnpm semantics --help" });
}

function readCases(file: string): SemanticsCase[] {
  const bytes = readFileSync(file);
  return parseCases((file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8"));
}

function print(report: KindReport, variation: string, differencesMax: number): void {
  const { kind, passed, deviates, differences, skipped } = report;
  for (const difference of differences.slice(0, differencesMax)) console.log(difference.slice(0, 2_000));
  if (differences.length > differencesMax) console.log(`… and ${differences.length - differencesMax} more`);
  for (const { name, reason, ids } of deviates) console.log(`${name}, ${ids.length} cases: ${reason}`);
  const deviating = deviates.reduce((sum, one) => sum + one.ids.length, 0);
  const verdict = skipped > 0 ? `${skipped} skipped, not built yet` : `${passed} passed, ${deviating} deviate, ${differences.length} failed`;
  console.log(`${kind} (${variation}): ${verdict}`);
}

async function main(): Promise<void> {
  const options = readOptions();
  if (options === undefined) {
    console.log(usage);
    return;
  }
  const cases = options.files.flatMap(readCases);
  for (const name of options.names) {
    const way = ways[name] as (seed: number) => Variation;
    const runnable = name === "job" ? cases.filter(({ kind }) => jobKinds.has(kind)) : cases;
    const reports = await checkCases(runnable, () => way(options.seed));
    for (const report of reports) print(report, name, options.differencesMax);
    if (reports.some((report) => report.differences.length > 0)) process.exitCode = 1;
  }
}

try {
  await main();
} catch (error) {
  console.error(explain(error));
  process.exitCode = 2;
}
