import { readdirSync, readFileSync } from "node:fs";
import { seededRandom } from "@millrace/core";
import { Chance } from "../world/chance.ts";
import { besideTheResults, harmless } from "./harmless/index.ts";
import { repositoryRoot, type SourceChange } from "./plant.ts";

/** Where mutants are made: what moves records and what makes checkpoints. */
const folders = [
  "packages/runtime/src/task",
  "packages/runtime/src/job",
  "packages/runtime/src/channel",
  "packages/checkpoint/src/protocol",
  "packages/checkpoint/src/storage",
];

/** One way to break a line. `$1` and so on are the pattern's groups. */
const breakages: readonly { readonly pattern: RegExp; readonly replace: string }[] = [
  { pattern: / < /, replace: " <= " },
  { pattern: / <= /, replace: " < " },
  { pattern: / > /, replace: " >= " },
  { pattern: / >= /, replace: " > " },
  { pattern: / === /, replace: " !== " },
  { pattern: / !== /, replace: " === " },
  { pattern: / && /, replace: " || " },
  { pattern: / \|\| /, replace: " && " },
  { pattern: / \+ 1\b/, replace: "" },
  { pattern: /Math\.min\(/, replace: "Math.max(" },
  { pattern: /Math\.max\(/, replace: "Math.min(" },
  { pattern: /= true;/, replace: "= false;" },
  { pattern: /= false;/, replace: "= true;" },
  { pattern: /^(\s+)(await )?[\w.#?]+\([^=]*\);$/, replace: "$1;" },
];

export interface Mutant extends SourceChange {
  /** E.g. `packages/runtime/src/task/gate.ts:61`. */
  readonly place: string;
}

/** Mutants drawn from all places where a breakage fits, but for those that are known to change no result; the same for the same seed and source. */
export function drawMutants(seed: number, count: number): Mutant[] {
  const all = allMutants().filter((mutant) => !harmless.some((known) => isSame(known, mutant)));
  const chance = new Chance(seededRandom(seed));
  const chosen: Mutant[] = [];
  while (chosen.length < Math.min(count, all.length)) {
    const one = chance.pick(all);
    if (!chosen.includes(one)) chosen.push(one);
  }
  return chosen;
}

export function allMutants(): Mutant[] {
  return folders.flatMap(mutantsOf).filter(({ path }) => !besideTheResults.includes(path));
}

export function isSame(known: SourceChange, { path, find, replace }: SourceChange): boolean {
  return known.path === path && known.find === find.trim() && known.replace === replace.trim();
}

function mutantsOf(folder: string): Mutant[] {
  const names = readdirSync(`${repositoryRoot}${folder}`).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
  return names.flatMap((name) => {
    const path = `${folder}/${name}`;
    const text = readFileSync(`${repositoryRoot}${path}`, "utf8");
    return text.split("\n").flatMap((line, index) =>
      breakages.flatMap(({ pattern, replace }): Mutant[] => {
        if (isInert(line) || !pattern.test(behaviour(line)) || text.split(line).length !== 2) return [];
        return [{ path, find: line, replace: line.replace(pattern, replace), place: `${path}:${index + 1}` }];
      }),
    );
  });
}

/** The part of a line before what it tells people: an error's text, its hint, a warning, why something was passed over. */
function behaviour(line: string): string {
  return line.split(/\bthrow |\b(?:hint|message|reason): |\bwarn\(/, 1)[0] as string;
}

/** Comments, types, imports, texts and what chooses between them, and assertions, which are not there to be seen from outside. */
function isInert(line: string): boolean {
  return /^\s*(\*|\/\/|\/\*|import|export type|readonly|unreachable\(|`|$)/.test(line) || line.includes("assert(") || line.includes('? "" : `');
}
