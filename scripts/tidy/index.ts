import { checkCycles } from "./cycles.ts";
import { checkDeterminism } from "./determinism.ts";
import type { Finding } from "./finding.ts";
import { checkLayers } from "./layers.ts";
import { checkSizes } from "./sizes.ts";
import type { SourceTree } from "./source-tree.ts";
import { checkWords } from "./words.ts";

/** The rules of the house that no linter knows; each is a sentence that holds for the whole tree. */
export const tidyRules: readonly { readonly sentence: string; readonly check: (tree: SourceTree) => Finding[] }[] = [
  { sentence: "packages import downwards only, and only what their package.json names", check: checkLayers },
  { sentence: "no module imports itself in a circle", check: checkCycles },
  { sentence: "time, chance, files and sockets are touched by adapters only", check: checkDeterminism },
  { sentence: "files stay under 500 lines and functions under 70", check: checkSizes },
  { sentence: "no file holds unfinished business, paths of one machine or a silenced check", check: checkWords },
];
