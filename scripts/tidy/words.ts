import type { Finding } from "./finding.ts";
import type { SourceTree } from "./source-tree.ts";

interface BannedText {
  readonly pattern: RegExp;
  readonly message: string;
}

/** Patterns are written so that this file doesn't match them. */
const banned: readonly BannedText[] = [
  { pattern: /\b(TO[D]O|FIX[M]E|X[X]X|HA[C]K)\b/, message: "finish it, or open an issue" },
  { pattern: /(^|[\s"'`(=])\/(?:home\/(?!me\/)[a-z]|ro[o]t\/|wor[k]\/|Use[r]s\/[A-Za-z])/, message: "an absolute path of one machine" },
  { pattern: /\b[A-Z]:\\Use[r]s\\/, message: "an absolute path of one machine" },
  {
    pattern: /registry\.(npm[j]s|yarn[p]kg|npm[m]irror)|artifact[o]ry|verdacc[i]o|_auth[T]oken/i,
    message: "names a package registry; that is each machine's own setting",
  },
  { pattern: /biome-ig[n]ore|@ts-ig[n]ore|@ts-noch[e]ck|eslint-dis[a]ble/, message: "silences a check; fix what it says" },
  { pattern: /\b(assist[a]nt|chat\s?b[o]t|language m[o]del|session n[o]tes|as an A[I])\b/i, message: "is no matter of this project" },
];

/** The licence is quoted, the lock file is written by the package manager, the test data is other people's. */
const skipped = /^LICENSE$|(^|\/)fixtures\/|^pnpm-lock\.yaml$/;

export function checkWords(tree: SourceTree): Finding[] {
  const findings: Finding[] = [];
  for (const { path, text } of tree.files) {
    if (skipped.test(path)) continue;
    for (const { pattern, message } of banned) {
      const at = text.search(pattern);
      if (at >= 0)
        findings.push({ path, line: text.slice(0, at + 1).split("\n").length, message: `"${pattern.exec(text)?.[0].trim()}": ${message}` });
    }
  }
  return findings;
}
