import type { Finding } from "./finding.ts";
import type { SourceTree } from "./source-tree.ts";

const fileLinesWarned = 300;
const fileLinesMax = 500;
const functionLinesMax = 70;

interface LongFunction {
  readonly path: string;
  readonly name: string;
  readonly lines: number;
}

/** Functions over the limit, at their present length. The list only shrinks: no entry is added, none grows. */
const longFunctions: readonly LongFunction[] = [];

export function checkSizes(tree: SourceTree, allowed: readonly LongFunction[] = longFunctions): Finding[] {
  return [...checkFiles(tree), ...checkFunctions(tree, allowed)];
}

function checkFiles(tree: SourceTree): Finding[] {
  const findings: Finding[] = [];
  for (const { path, text } of tree.files) {
    if (!tree.modules.has(path)) continue;
    const lines = text.split("\n").length - 1;
    if (lines > fileLinesMax) findings.push({ path, message: `${lines} lines, over ${fileLinesMax}: this is two files` });
    else if (lines > fileLinesWarned) findings.push({ path, message: `${lines} lines, over ${fileLinesWarned}`, warning: true });
  }
  return findings;
}

function checkFunctions(tree: SourceTree, allowed: readonly LongFunction[]): Finding[] {
  const findings: Finding[] = [];
  const seen = new Set<LongFunction>();
  for (const [path, module] of tree.modules) {
    for (const { name, line, lines } of module.functions) {
      if (lines <= functionLinesMax) continue;
      const entry = allowed.find((candidate) => candidate.path === path && candidate.name === name);
      if (entry !== undefined) seen.add(entry);
      const max = entry?.lines ?? functionLinesMax;
      if (lines > max) findings.push({ path, line, message: `${name} has ${lines} lines, over ${max}: this is two functions` });
      if (lines < max) findings.push({ path, line, message: `${name} has shrunk to ${lines} lines; lower its entry in scripts/tidy/sizes.ts` });
    }
  }
  const stale = allowed.filter((entry) => !seen.has(entry));
  return [...findings, ...stale.map(({ path, name }) => ({ path, message: `${name} is short now; remove its entry from scripts/tidy/sizes.ts` }))];
}
