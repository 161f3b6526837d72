/**
 * Draws programs that nobody has seen, runs them on Apache Flink and on this engine, and compares what both emit:
 * `pnpm differential --rounds 10000`. Exit code 1 on any difference that is not on purpose.
 */
import { appendFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { explain, MillraceError, seededRandom } from "@millrace/core";
import { bareKinds, jobKinds, jobVariation } from "@millrace/sim";
import { checkCases, kindRunners, type SemanticsCase, type Variation, variations } from "@millrace/testkit";
import { anyWhole, whole } from "../../bench/option-values.ts";
import { orUsage } from "../../bench/usage.ts";
import { Oracle, type Program } from "./oracle.ts";
import { shrink } from "./shrink.ts";
import { drawCase, isWidened } from "./widen/widen.ts";

const kindNames = Object.keys(kindRunners);
const wayNames = [...Object.keys(variations), "job"];
const usage = `Runs new random programs on Apache Flink and on this engine, and compares what both emit.

  pnpm differential [--rounds 1000] [--seed N] [--kinds window,process,…] [--variations plain,job,…] [--out FILE]

  --rounds N     programs, dealt out over the kinds; default 1000
  --seed N       decides the programs and how they are run; printed, default random. Seed 1 gives the recorded cases
                 Every second program of other seeds is widened with what Flink's side never draws
  --kinds LIST   ${kindNames.join(", ")}; default all
  --variations   ${wayNames.join(", ")}; default all. Kinds that cannot be run in any of them are left out, and named
  --out FILE     appends the smallest case of each difference, with Flink's output, for pnpm semantics FILE

A program runs as it is (plain), with an output that is full after each record (yields), with restores from a snapshot
between random calls (restores), or as a whole job in a simulated world, with checkpoints, crashes, failing disks and functions
(job), in turn. Not as jobs, but bare only:
${Object.entries(bareKinds)
  .map(([kind, why]) => `  ${kind}: ${why}`)
  .join("\n")}
 A difference is shrunk. Flink's side needs JDK 17 and Maven, and is built at its first start.
Ends with 0 when nothing differs, 1 when something does, 2 when the command cannot be run.`;

const options = orUsage(usage, readOptions);

interface Tally {
  rounds: number;
  widened: number;
  deviating: number;
  different: number;
}

interface Options {
  readonly seed: number;
  readonly rounds: number;
  readonly kinds: readonly string[];
  /** Kinds that were asked for in no way that they can be run in. */
  readonly notRun: readonly string[];
  readonly ways: readonly string[];
  readonly out: string | undefined;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "1000" },
      seed: { type: "string", default: String(2 + (Date.now() % 1_000_000_000)) },
      kinds: { type: "string", default: kindNames.join(",") },
      variations: { type: "string", default: wayNames.join(",") },
      out: { type: "string" },
    },
  });
  const seed = whole("--seed", values.seed, anyWhole);
  const rounds = whole("--rounds", values.rounds);
  const asked = values.kinds.split(",");
  const ways = values.variations.split(",");
  for (const way of ways) if (!wayNames.includes(way)) throw refusal(`there is no variation ${way}; there are ${wayNames.join(", ")}`);
  for (const kind of asked) if (!kindNames.includes(kind)) throw refusal(`there is no kind ${kind}; there are ${kindNames.join(", ")}`);
  const kinds = asked.filter((kind) => possibleWays(kind, ways).length > 0);
  const notRun = [...new Set(asked)].filter((kind) => !kinds.includes(kind));
  if (kinds.length === 0) throw refusal(`nothing is left to run: ${notRun.join(", ")} cannot be run as job`);
  return { seed, rounds, kinds, notRun, ways, out: values.out };
}

async function main({ seed, rounds, kinds, notRun, ways }: Options): Promise<void> {
  console.log(`differential: seed ${seed}, ${rounds} rounds, ${kinds.join(", ")}`);
  for (const kind of notRun) console.log(`${kind}: not run as job, ${bareKinds[kind]}`);
  await using oracle = new Oracle();
  const random = seededRandom(seed);
  const tallies = new Map(kinds.map((kind): [string, Tally] => [kind, { rounds: 0, widened: 0, deviating: 0, different: 0 }]));
  for (let round = 0; round < rounds; round++) {
    const kind = kinds[round % kinds.length] as string;
    const tally = tallies.get(kind) as Tally;
    const drawn = await drawCase(oracle, seed, kind, tally.rounds++);
    const newVariation = variationOf(kind, ways, tally.rounds, random.uint32());
    if (drawn !== undefined) await runOne(oracle, drawn, newVariation, tally);
    else console.log(`${kind} ${tally.rounds - 1} of seed ${seed}: Flink comes to no end with it, and it is left out`);
    if (process.stdout.isTTY && round % 20 === 0) process.stdout.write(`\r${round} of ${rounds} `);
  }
  if (process.stdout.isTTY) process.stdout.write("\r");
  for (const [kind, { rounds, widened, deviating, different }] of tallies) {
    console.log(`${kind}: ${rounds} rounds, ${widened} of them widened, ${different} differ, ${deviating} deviate on purpose`);
    if (different > 0) process.exitCode = 1;
  }
}

async function runOne(oracle: Oracle, drawn: SemanticsCase, newVariation: () => Variation, tally: Tally): Promise<void> {
  if (isWidened(drawn)) tally.widened++;
  const outcome = await outcomeOf(drawn, newVariation);
  if (outcome.deviates) tally.deviating++;
  if (outcome.difference === undefined) return;
  tally.different++;
  console.log(`${newVariation().name}: ${outcome.difference.slice(0, 2_000)}`);
  // A smaller program that differs as it is, when the found one did not, shows something else.
  const differsPlainly = await differs(drawn, variations.plain);
  const smallest = await shrink(drawn, async (program: Program) => {
    const recorded = await oracle.run(program);
    const shows = recorded !== undefined && (await differs(recorded, newVariation)) && (await differs(recorded, variations.plain)) === differsPlainly;
    return shows ? recorded : undefined;
  });
  console.log(`the smallest that differs:\n${JSON.stringify(smallest)}\n${(await outcomeOf(smallest, newVariation)).difference?.slice(0, 2_000)}`);
  if (options.out !== undefined) appendFileSync(options.out, `${JSON.stringify(smallest)}\n`);
}

async function outcomeOf(recorded: SemanticsCase, newVariation: () => Variation): Promise<{ difference: string | undefined; deviates: boolean }> {
  const [report] = await checkCases([recorded], newVariation);
  return { difference: report?.differences[0], deviates: (report?.deviates.length ?? 0) > 0 };
}

async function differs(recorded: SemanticsCase, newVariation: () => Variation): Promise<boolean> {
  return (await outcomeOf(recorded, newVariation)).difference !== undefined;
}

/** In turn by rounds of a kind; a new one for each run, because one that restores goes by its own random numbers. */
function variationOf(kind: string, ways: readonly string[], round: number, seed: number): () => Variation {
  const possible = possibleWays(kind, ways);
  switch (possible[round % possible.length]) {
    case "job":
      return () => jobVariation(seed);
    case "restores":
      return () => variations.restores(seed);
    case "yields":
      return variations.yields;
    default:
      return variations.plain;
  }
}

function possibleWays(kind: string, ways: readonly string[]): readonly string[] {
  return ways.filter((way) => way !== "job" || jobKinds.has(kind));
}

function refusal(message: string): MillraceError {
  return new MillraceError("DIFFERENTIAL_USAGE", message);
}

try {
  await main(options);
} catch (error) {
  console.error(explain(error));
  process.exitCode = 2;
}
