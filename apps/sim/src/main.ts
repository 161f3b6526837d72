import { availableParallelism } from "node:os";
import { Command, InvalidArgumentError, Option } from "commander";
import { type Canary, canaries } from "./canaries/canaries.ts";
import { drawMutants } from "./canaries/mutants.ts";
import { plant, type SourceChange } from "./canaries/plant.ts";
import { hunt } from "./hunt.ts";
import { runSeeds } from "./run-seeds.ts";
import { tighten } from "./tight.ts";

const program = new Command("sim")
  .description(
    "Runs random jobs in a simulated world with crashes, failing disks and jumping clocks, and compares what they publish with a run without any.",
  )
  .showHelpAfterError()
  // 1 says that a seed failed.
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .option("--seeds <count>", "how many seeds to run", oneOrMore, 1_000)
  .option("--first <seed>", "the first of them", wholeNumber, 1)
  .option("--workers <count>", "threads that run them; results come in the order of the seeds all the same", oneOrMore, availableParallelism())
  .option("--tight", "with limits so small that dozens of elements fill pages of state", false)
  .addOption(
    new Option("--seed <seed>", "run this one, tell its story, and check that it replays bit for bit")
      .argParser(wholeNumber)
      .conflicts(["seeds", "first"]),
  )
  .option("--canary <name>", "plant a bug, and see which seed finds it")
  .addOption(
    new Option("--canaries", "plant each known bug in turn; each must be found within --seeds, the last quarter of them --tight").conflicts([
      "seed",
      "first",
      "canary",
      "mutants",
      "mutant",
    ]),
  )
  .addOption(
    new Option("--mutants <count>", "break the runtime and the checkpoints at random in so many ways, one after the other")
      .argParser(oneOrMore)
      .conflicts(["seed", "first", "canary", "mutant"]),
  )
  .option("--mutant-seed <seed>", "draws the mutants", wholeNumber, 1)
  .addOption(new Option("--mutant <index>", "plant the mutant of that index alone").argParser(wholeNumber).conflicts("canary"))
  .addHelpText(
    "after",
    `
Exit code 0: nothing was found (or, with a planted bug, it was found); 1: a seed failed (or a planted bug was not found); 2: the command
cannot be run.

Examples:
  pnpm sim --seeds 1000
  pnpm sim --seed 4711
  pnpm sim --tight --seeds 1000
  pnpm sim --canary commit-before-manifest
  pnpm sim --canaries
  pnpm sim --mutants 10 --mutant-seed 3`,
  );

program.parse();
const options = program.opts<{
  seeds: number;
  first: number;
  workers: number;
  tight: boolean;
  seed?: number;
  canary?: string;
  canaries?: boolean;
  mutants?: number;
  mutantSeed: number;
  mutant?: number;
}>();

const size = options.tight ? ["--tight"] : [];
if (options.canaries === true) {
  process.exitCode = await hunt(
    canaries.map(({ name }) => ({ name, flags: ["--canary", name, ...size] })),
    options,
    canaries.length,
  );
} else if (options.mutants !== undefined) {
  const mutants = drawMutants(options.mutantSeed, options.mutants);
  const flags = (index: number): string[] => ["--mutant", `${index}`, "--mutant-seed", `${options.mutantSeed}`, ...size];
  const hunted = mutants.map(({ place, find, replace }, index) => ({ name: `${place}  ${find.trim()} → ${replace.trim()}`, flags: flags(index) }));
  process.exitCode = await hunt(hunted, options, Math.ceil(mutants.length * 0.8));
} else {
  const changes = changesAskedFor();
  if (options.seed !== undefined) {
    plant(changes);
    if (options.tight) tighten();
    const { tellSeed } = await import("./tell-seed.ts");
    process.exitCode = await tellSeed(options.seed);
  } else {
    const { first, seeds: count, workers, tight } = options;
    process.exitCode = await runSeeds({ first, count, threads: workers, changes, tight, untilFound: changes.length > 0 });
  }
}

function changesAskedFor(): readonly SourceChange[] {
  const { canary, mutant } = options;
  if (canary !== undefined) return canaryOf(canary).changes;
  return mutant === undefined ? [] : drawMutants(options.mutantSeed, mutant + 1).slice(mutant);
}

function canaryOf(wanted: string): Canary {
  const found = canaries.find(({ name }) => name === wanted);
  return found ?? program.error(`there is no canary ${wanted}; there are: ${canaries.map(({ name }) => name).join(", ")}`);
}

function oneOrMore(text: string): number {
  const number = wholeNumber(text);
  if (number === 0) throw new InvalidArgumentError("1 is the least");
  return number;
}

function wholeNumber(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError("a whole number is needed");
  return Number(text);
}
