import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { buildJob } from "@millrace/api";
import { MillraceError, messageOf, seededRandom } from "@millrace/core";
import { whole } from "../../bench/option-values.ts";
import { orUsage } from "../../bench/usage.ts";
import { changingJob } from "./changing-job.ts";
import { type Exhibit, prepareExhibits } from "./exhibits.ts";
import { inspected } from "./inspected.ts";
import { linkTree } from "./link-tree.ts";
import { type MutationKind, mutate, mutationKinds } from "./mutation.ts";
import { expectedRead, type Restored, restore } from "./restore.ts";

const usage = `pnpm mutate [--rounds 1000] [--seed N] [--keep]

Damages checkpoints, savepoints and local stores at random (a bit flipped, a file cut, bytes zeroed, replaced or swapped, a file
grown or missing), restores as a start of a job does, and reads back all state. Every damage must be found, or the state must be
that of the snapshot. Ends with 0 then, 1 otherwise, 2 when the command cannot be run. Example: pnpm mutate --rounds 200 --seed 7`;

const { rounds, seed, keep } = orUsage(usage, () => {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "1000" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      keep: { type: "boolean", default: false },
    },
  });
  return { rounds: whole("--rounds", values.rounds), seed: whole("--seed", values.seed, 0), keep: values.keep };
});

/**
 * refused: a named error, nothing was restored. older: the damaged checkpoint was passed over, and the one before it restored
 * exactly. healed: the damage was found at an access, and the store filled anew. rebuilt: it was found when the store was opened,
 * and the store was filled from the checkpoint. inspected: the restore did not need the file, and `inspect` names it. gone: an older checkpoint
 * is no longer there. unused: nothing refers to the file any more. unseen: the state is right, but nothing tells of the damage. wrong: state came out that no
 * snapshot has. unnamed: an error that is not one of ours.
 */
const outcomes = ["refused", "older", "healed", "rebuilt", "inspected", "gone", "unused", "unseen", "wrong", "unnamed"] as const;
type Outcome = (typeof outcomes)[number];
type Tally = Record<Outcome, number>;
const isFault = (outcome: Outcome): boolean => outcome === "unseen" || outcome === "wrong" || outcome === "unnamed";

let lastError = "";
const random = (() => {
  const source = seededRandom(seed);
  return () => source.uint32() / 2 ** 32;
})();
const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
const base = await mkdtemp(join(tmpdir(), "millrace-mutate-"));
console.log(`mutate: seed ${seed}, ${rounds} rounds`);
const { exhibits, oracles, savepointOracle, newest } = await prepareExhibits(base);
const { graph, allKeys } = {
  graph: buildJob(changingJob()),
  allKeys: [...new Set([...oracles.values()].flatMap((content) => expectedRead(content).keys))],
};
console.log(`mutate: ${oracles.size} checkpoints with ${oracles.get(newest)?.length} entries in the newest`);
/** Without those whose stores are too old to be used at all. */
const shown: Exhibit[] = [];
for (const exhibit of exhibits) {
  // A copy, as in each round: a store that is opened may merge its files.
  const copy = join(base, "whole");
  linkTree(exhibit.directory, copy);
  const found = await restored(exhibit, copy, true);
  await rm(copy, { recursive: true, force: true, maxRetries: 5 });
  if (typeof found === "string") throw new Error(`${exhibit.name} is not even whole without damage: ${found}`);
  if (found.rebuilt === 0 || !exhibit.files.some((file) => file.startsWith("local"))) shown.push(exhibit);
}
console.log(`mutate: ${shown.map(({ name, files }) => `${name} (${files.length} files)`).join(", ")}`);

const counts = new Map<string, Tally>();
const faults: string[] = [];
for (let round = 0; round < rounds; round++) await oneRound(round);
report();
if (!keep && faults.length === 0) await rm(base, { recursive: true });
else console.log(`kept: ${base}`);
process.exit(faults.length === 0 ? 0 : 1);

async function oneRound(round: number): Promise<void> {
  const exhibit = pick(shown);
  const file = pick(exhibit.files);
  const kind = pick<MutationKind>(mutationKinds);
  const copy = join(base, "round");
  linkTree(exhibit.directory, copy);
  const mutation = await mutate(join(copy, file), kind, random);
  if (mutation !== undefined) {
    const place = file.startsWith("local") ? "local store" : file.startsWith("sp") ? "savepoint" : "checkpoints";
    // Before the restore: that may put a store in order.
    const noticed = place === "local store" ? false : await inspected(copy);
    const result = await restored(exhibit, copy, true);
    const outcome = typeof result === "string" ? result : noticed || hidden(exhibit, mutation.kind, file, result);
    const tally = counts.get(place) ?? emptyTally();
    tally[outcome]++;
    counts.set(place, tally);
    if (isFault(outcome)) {
      const kept = join(base, `fault-${faults.length + 1}`);
      if (faults.length < 20) await cp(copy, kept, { recursive: true });
      faults.push(`round ${round}: ${exhibit.name}, ${file}: ${mutation.what}: ${outcome} ${lastError} (${relative(base, kept)})`);
      console.log(faults.at(-1));
    }
  }
  await rm(copy, { recursive: true, force: true, maxRetries: 5 });
  if ((round + 1) % 500 === 0) console.log(`mutate: ${round + 1} of ${rounds}`);
}

/** The newest snapshot, read back as it was; or what became of it. */
async function restored(exhibit: Exhibit, directory: string, storesTrusted: boolean): Promise<Restored | Outcome> {
  lastError = "";
  let result: Restored;
  try {
    result = await restore(graph, directory, exhibit.savepoint, allKeys, storesTrusted);
  } catch (error) {
    lastError = messageOf(error);
    if (!(error instanceof MillraceError)) {
      lastError = error instanceof Error ? (error.stack ?? lastError) : lastError;
      return "unnamed";
    }
    // As the job does: it restarts, and does not believe the stores again.
    if (error.code !== "STATE_CORRUPT" || !storesTrusted) return "refused";
    const again = await restored(exhibit, directory, false);
    return typeof again === "string" ? again : "healed";
  }
  const oracle = exhibit.savepoint === undefined ? oracles.get(result.checkpointId) : savepointOracle;
  if (oracle === undefined || !same(result.content, oracle) || !same(result.read, expectedRead(oracle).read)) return "wrong";
  return exhibit.savepoint === undefined && result.checkpointId !== newest ? "older" : result;
}

/** Why damage that no snapshot tells of did no harm. */
function hidden(exhibit: Exhibit, kind: MutationKind, file: string, { rebuilt }: Restored): Outcome {
  if (file.startsWith("local") && rebuilt > 0) return "rebuilt";
  if (kind === "missing" && /chk-\d+\.json$/.test(file)) return "gone";
  return exhibit.unused.has(file) ? "unused" : "unseen";
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, index) => line === b[index]);
}

function report(): void {
  const total = emptyTally();
  for (const [place, tally] of [...counts].sort()) {
    for (const outcome of outcomes) total[outcome] += tally[outcome];
    console.log(`mutate: ${place}: ${line(tally)}`);
  }
  console.log(
    `mutate: seed ${seed}, ${rounds} rounds: ${line(total)}; ${faults.length === 0 ? "every damage found, none restored silently wrong" : `${faults.length} FAULTS`}`,
  );
}

function emptyTally(): Tally {
  return Object.fromEntries(outcomes.map((outcome) => [outcome, 0])) as Tally;
}

function line({ refused, older, healed, rebuilt, inspected: named, gone, unused, unseen, wrong, unnamed }: Tally): string {
  const bad = unseen + wrong + unnamed === 0 ? "" : `, ${unseen} UNSEEN, ${wrong} WRONG, ${unnamed} with an unnamed error`;
  return `${refused} refused, ${older} an older checkpoint taken, ${healed} found at an access and healed, ${rebuilt} found at the start and rebuilt, ${named} not needed but named by inspect, ${gone} checkpoints gone, ${unused} in files that nothing refers to${bad}`;
}
